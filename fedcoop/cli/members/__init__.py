"""Commands for the register: `member`, `token`."""
