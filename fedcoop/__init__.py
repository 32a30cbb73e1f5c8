"""fedcoop: the server that cooperatives run to decide and share together in the fediverse."""

__version__ = "0.1.0"
