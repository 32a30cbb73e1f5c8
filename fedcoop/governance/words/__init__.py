"""Rules, choices and votes in sentences, for pages and posts.

No rule is decided here; which numbers may be shown is in `motions.visibility`.
"""
