"""One decision: its options, settings and requirements, its ballots and choices, its life from opening to annulment, and what a
method must provide (governance.md 2 to 6).

How ballots become a result is in `counting` and `ranked`.
"""
