"""Announcements of members: written, changed, taken back.

Comments on a proposal are in `proposals`.
"""
