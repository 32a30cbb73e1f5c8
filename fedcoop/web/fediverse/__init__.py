"""Pages of what comes from other servers: the desk, polls of other co-ops, what is said of a linked account."""
