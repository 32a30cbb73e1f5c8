"""Steps around a vote, each a form on a page of its own."""
