"""Reactions that tell other servers: each makes an activity row and one delivery row per inbox, and no connection."""
