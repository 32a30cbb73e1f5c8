"""The members' list, a member's settings and profile, the office, as pages show them."""
