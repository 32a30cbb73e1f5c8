"""The register changes: members, classes, groups, standing, merged numbers, accounts and their links.

Founding an instance is in `instance`.
"""
