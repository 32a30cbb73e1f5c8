"""What stands around a vote, and the register of decisions, as pages show them.

One motion as a whole is in `motions`.
"""
