"""Pages of announcements, and whom a text mentions."""
