"""What is done after a vote: outcomes stated, advice and objections answered, errata, petitions, the next round.

What the count itself causes is in `motions.after_count`.
"""
