"""Who speaks for whom, as pages show it."""
