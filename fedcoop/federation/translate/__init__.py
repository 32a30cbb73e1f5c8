"""Wire values ↔ domain values, without storage and without network."""
