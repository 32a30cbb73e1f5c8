"""Rows of what follows a vote: further votes, petitions, statements, answers, the register of decisions."""
