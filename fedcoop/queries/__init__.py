"""Read-only questions, shaped for pages and interfaces: each is one plain function of a unit of work."""
