"""The register of members: status, classes and their weights, electorates, the co-op's bylaws, and what an office may do
(governance.md 3, 15).

The roll of one vote is in `rolls`.
"""
