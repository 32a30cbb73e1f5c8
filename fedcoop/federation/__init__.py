"""Everything said between servers: wire shapes, signatures, the inbox, publishing and delivery (federation.md)."""
