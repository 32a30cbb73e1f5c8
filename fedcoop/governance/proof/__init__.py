"""What lets anybody check a result: the chained log, receipts, public lots, draws, the recount file, the audit of what is
stored (governance.md 5, 10, 12).

Counting itself is in `counting`.
"""
