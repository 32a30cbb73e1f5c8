"""What follows a vote: further votes, rounds of consent, petitions, answers to objections and advice, the register of decisions
(governance.md 2, 7.4, 7.5).

How a vote closes is in `motions`.
"""
