"""Pages of passing on votes."""
