"""Ranked ballots: which rankings stand, instant runoff, the single transferable vote, options compared one against one, and how
a ballot travelled (governance.md 7.11 to 7.16).

Files of ballots are in `ballot_files`.
"""
