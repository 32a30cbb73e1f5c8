"""Commands that need no instance: `count`, `recount`."""
