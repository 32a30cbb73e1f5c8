"""Rows of members, classes, accounts and sessions.

Rolls of votes are in `motions`.
"""
