"""Pages of people: signing in, linked accounts, members, profiles, the registrar's office."""
