"""Rows of proposals, versions, amendments, comments and templates."""
