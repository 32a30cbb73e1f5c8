"""Rows of lots, draws and recount files.

The log of a motion is in `motions`.
"""
