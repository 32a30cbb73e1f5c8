"""Commands for other servers: `peer`, `fediverse`."""
