"""Pure rules of sign-ins, passwords, linked accounts and keys."""
