"""Stored results are audited, people are drawn by lot.

A motion's own lot is in `motions`.
"""
