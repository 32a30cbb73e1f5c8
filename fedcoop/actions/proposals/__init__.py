"""A proposal is written, discussed, amended, sponsored, put to the vote, withdrawn; templates are kept.

The vote itself is in `motions`.
"""
