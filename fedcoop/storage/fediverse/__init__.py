"""Rows about other servers: actors, keys, follows, notes, their polls, votes sent and received, visits.

Queues of activities are in `storage.queues`.
"""
