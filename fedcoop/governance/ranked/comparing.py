"""What the two methods share that compare options one against one: settings, status quo, words (governance.md 7.14)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from fedcoop.governance.motions.method import Part, Sentence, extra_int, least, reaches, threshold_words
from fedcoop.governance.motions.motion import Option, Settings, Threshold
from fedcoop.governance.motions.outcomes import Requirement
from fedcoop.governance.motions.tallies import Count
from fedcoop.governance.ranked.condorcet import Pairs, condorcet_winner
from fedcoop.governance.ranked.rankers import RankedMethod, if_quorum, number_word
from fedcoop.governance.ranked.ranking import extra_key
from fedcoop.kernel.errors import MotionRefused

UNRANKED = ("last", "no_opinion")
MAJORITY = Threshold(Fraction(1, 2), strict=True)


class Comparison(RankedMethod):
    """`unranked` says what leaving out means; `status_quo` (a key) must be beaten by the threshold, one against one."""

    loops = ""

    def loops_of(self, settings: Settings) -> str:
        """Return in words what happens where wins go round in a circle."""
        return self.loops

    def extra_keys(self) -> Mapping[str, type]:
        """Return the shared ones, `unranked` and `status_quo`."""
        return {**super().extra_keys(), "unranked": str, "status_quo": str}

    def reads(self) -> Mapping[str, str]:
        """Return the threshold: that against the status quo."""
        return {"threshold": "threshold"}

    def threshold_of(self, settings: Settings) -> Threshold | None:
        """Return what must prefer the winner to the status quo, where one is set: more than half if nothing else is said."""
        return (settings.threshold or MAJORITY) if extra_key(settings, "status_quo") else None

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused as for all rankings, and `unranked`, `threshold`."""
        super().validate(options, settings)
        if settings.extra.get("unranked", "last") not in UNRANKED:
            raise MotionRefused("unranked", f"unranked is one of: {', '.join(UNRANKED)}.")
        if settings.threshold is not None and not extra_key(settings, "status_quo"):
            raise MotionRefused("threshold", "A threshold here is one against the status quo: set status_quo too.")

    def requirements(self, count: Count, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
        """Return how the winner, or who came closest, did against the status quo."""
        against, key = count.facts.get("status_quo", {}), extra_key(settings, "status_quo")
        if not against:
            return ()
        names, threshold = {option.key: option.name for option in options}, settings.threshold or MAJORITY
        tried = count.elected or sorted(
            against, key=lambda other: (against[other]["against"] - against[other]["for"], other)
        )
        have, opposed = against[tried[0]]["for"], against[tried[0]]["against"]
        met = have + opposed > 0 and reaches(have, have + opposed, threshold)
        need = least(have + opposed, threshold) if have + opposed else 1
        work = f"{names[tried[0]]} against {names[key]}: {have} to {opposed}. {need} were needed."
        title = f"{threshold_words(threshold).capitalize()} prefer it to {names[key]}"
        return (Requirement("status-quo", title, met=met, have=have, need=need, work=work),)

    def facts(self, pairs: Pairs, against: Mapping[str, Any]) -> dict[str, Any]:
        """Return the figures of both methods."""
        found: dict[str, Any] = {"pairs": pairs.table, "valid": pairs.valid, "blank": pairs.blank}
        if winner := condorcet_winner(pairs.table):
            found["condorcet_winner"] = winner
        return {**found, "status_quo": dict(against)} if against else found

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "The choice that beats each of the others, compared two by two, wins. …", with the status quo where it is set."""
        seats, quo = extra_int(settings, "seats", 1), extra_key(settings, "status_quo")
        name = next((option.name for option in options if option.key == quo), "")
        place = "wins" if seats == 1 else f"comes first, and the first {number_word(seats)} win"
        parts = [
            Part("The choice that "),
            Part("beats each of the others", bold=True),
            Part(f", compared two by two, {place}"),
        ]
        if quo:
            parts += [Part(", if "), Part(threshold_words(settings.threshold or MAJORITY), bold=True)]
            parts.append(Part(f" prefer it to “{name}”"))
        joined = if_quorum(settings, eligible)
        if quo and joined:
            joined[0] = Part(", and ")
        return (*parts, *joined, Part(f". {self.loops_of(settings)}"))
