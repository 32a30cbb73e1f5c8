"""One motion as a reader sees it: numbers, names, roll, lot, places, calendar file.

What is hidden from whom is decided in `governance/motions/visibility.py`.
"""
