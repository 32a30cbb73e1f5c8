"""Who speaks for whom: standing delegations by scope, proxies for one vote, and who is represented by whose ballot
(governance.md 8).

The ballots themselves are in `motions`.
"""
