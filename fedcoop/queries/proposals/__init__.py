"""Proposals before their vote, amendments and templates, as a reader sees them."""
