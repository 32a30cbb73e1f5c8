"""Consensus: agree, abstain, stand aside, block, with limits on the last two (governance.md 7.6)."""

from fedcoop.governance.counting.agreement import Agreement, Stances
from fedcoop.governance.motions.motion import Option


class Consensus(Agreement):
    """One stance out of four."""

    key = "consensus"
    title = "Consensus"
    icon = "people"
    stances = Stances(agree=("agree",), aside=("stand_aside",), block="block")

    def default_options(self) -> tuple[Option, ...]:
        """Return the four stances."""
        return (
            Option("agree", "Agree"),
            Option("abstain", "Abstain", "Counts as taking part"),
            Option("stand_aside", "Stand aside", "I disagree and will not carry it out, but I do not stop it"),
            Option("block", "Block", "It must not happen; say why"),
        )


METHOD = Consensus()
