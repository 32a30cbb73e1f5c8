"""Commands for proposals and templates."""
