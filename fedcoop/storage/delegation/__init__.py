"""Rows of delegations and proxies."""
