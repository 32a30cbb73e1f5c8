"""Pages of proposals, their drafts, steps and settings, and of templates."""
