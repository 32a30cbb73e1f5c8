"""Who may vote in one motion, frozen when it opened: the roll, the reasons for having no vote, the rules of weights
(governance.md 3, 9).

The register behind it is in `members`.
"""
