"""What deciding over the fediverse asks of the rules: what is published and locked, when to look at a poll again, what an
outage may have cost (federation.md 12, 18).

The wire itself is in `federation`.
"""
