"""Commands for announcements."""
