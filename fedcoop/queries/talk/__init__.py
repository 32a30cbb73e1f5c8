"""Announcements and replies as pages show them."""
