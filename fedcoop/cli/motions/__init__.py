"""Commands for votes: `motion`, `delegation`, `sortition`."""
