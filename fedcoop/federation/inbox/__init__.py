"""What happens with an activity that came in: who said it, may they, and what it changes (federation.md 8)."""
