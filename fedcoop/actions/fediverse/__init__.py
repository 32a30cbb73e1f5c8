"""What other servers say and what we say to them: follows, mirrors of their votes, votes from afar, the desk, outages.

Signatures, parsing and sending are in `federation`.
"""
