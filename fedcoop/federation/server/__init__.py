"""What other servers can ask of us and post to us: inboxes, actors, objects, collections, discovery (federation.md 2, 4, 8)."""
