"""Delegations and proxies are granted, taken back and used.

The rule is in `governance/delegation`.
"""
