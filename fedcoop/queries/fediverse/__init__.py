"""Polls of other servers, linked accounts and the desk, as pages show them."""
