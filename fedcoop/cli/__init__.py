"""The command line: what an operator does, and what scripts rely on (interface.md 2). Holds no rule; it calls actions."""
