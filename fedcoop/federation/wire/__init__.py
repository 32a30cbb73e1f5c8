"""Pure codecs of the wire: JSON under limits, and typed values of what it says (federation.md 10, 12, 13)."""
