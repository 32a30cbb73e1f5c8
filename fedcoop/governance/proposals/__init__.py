"""A text before its vote: drafts, versions, paragraphs, amendments, and the templates it starts from (governance.md 2, 2.1).

What is decided on it is in `motions`.
"""
