"""A result as its page shows it: verdict, bars, tables, rounds, lines.

Counting is in `governance`; the page around it is in `motions`.
"""
