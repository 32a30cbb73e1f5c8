"""Pages of a vote: its ballot, its rolls, its lot, what those do who run it.

Results are in `results`, what follows a vote in `follow_ups`.
"""
