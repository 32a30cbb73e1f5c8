"""The instance itself: founded, held after a restore, kept clean, its processes known.

People are in `members`.
"""
