"""Pages that belong to nobody in particular: the first page, how to join, pictures."""
