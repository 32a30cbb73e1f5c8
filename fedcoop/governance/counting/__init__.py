"""From ballots to a result where no ranking is counted: tallies, ties, seats, weights, budgets, time polls, agreement with
limits (governance.md 6 to 11).

Ranked ballots are in `ranked`, each method in a file of `methods`.
"""
