"""Gradients of agreement: eight named steps from endorsement to veto, shown as a distribution (governance.md 7.6).

Decided by the rule of consensus: the first three steps agree, who will take no part stands aside, a veto blocks.
"""

from fedcoop.governance.counting.agreement import Agreement, Stances
from fedcoop.governance.motions.motion import Option


class Gradients(Agreement):
    """One step out of eight."""

    key = "gradients"
    title = "Gradients of agreement"
    icon = "people"
    form = "one"
    stances = Stances(
        agree=("endorse", "support", "reservations"),
        aside=("stand_aside", "not_involved"),
        block="veto",
        agree_verb="endorse, support or agree",
        aside_verb="stand aside or take no part",
        nobody_blocks="nobody vetoes",
    )

    def default_options(self) -> tuple[Option, ...]:
        """Return the eight steps, the strongest support first."""
        return (
            Option("endorse", "Endorse", "I stand behind all of it"),
            Option("support", "Support, with a small point", "I would word or weigh something differently"),
            Option("reservations", "Agree, with reservations", "I can live with it"),
            Option("abstain", "Abstain", "I have no view; it counts as taking part"),
            Option("stand_aside", "Stand aside", "I do not like it, and do not hold the others up"),
            Option("go_along", "Disagree, and go along", "I am against it and will carry it out with the others"),
            Option("not_involved", "Disagree, and take no part", "I am against it and will not help to carry it out"),
            Option(
                "veto", "Veto", "It must not happen; say why", prompt="What would be harmed, and what would settle it?"
            ),
        )


METHOD = Gradients()
