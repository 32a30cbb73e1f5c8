"""Signatures as pure functions: HTTP (draft-cavage-12, RFC 9421) and object integrity proofs (federation.md 5 and 6)."""
