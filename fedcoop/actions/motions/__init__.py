"""A motion is opened, voted on, closed, counted, extended, annulled.

What comes after it is in `follow_ups`, votes from other servers in `fediverse`.
"""
