"""Rows of motions, rolls, ballots, logs and outcomes.

Proposals are in `proposals`, what follows a vote in `follow_ups`.
"""
