"""Other servers, asked by us: which addresses are allowed, the one connection, documents, actors, their keys, handles."""
