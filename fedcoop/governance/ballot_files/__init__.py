"""Files of ballots of other programs: BLT, Pabulib, JSON and tables, read, counted and written (interface.md 2).

Recount files of our own are in `proof`.
"""
