"""Shared ground of all pages: who asks, forms and what was typed, rendering, formats, static files, fixed words.

It knows no page.
"""
