"""Looking at other servers without being told to: linked actors daily, outboxes after an outage, polls around their close."""
