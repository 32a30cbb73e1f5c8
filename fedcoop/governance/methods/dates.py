"""Time poll: instants with a duration; yes, if need be, or no to each (governance.md 7.18).

Order: fewest "no" among required participants, then the highest score, then most "yes", then the earliest. Those who are
required stand on the roll with a class of their own (`roll.mark`), so that the order can be recounted from the file.
"""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from fedcoop.governance.counting import times
from fedcoop.governance.members.electorate import REQUIRED
from fedcoop.governance.motions.choices import Choice, Scores, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import (
    BaseMethod,
    Part,
    Sentence,
    needed,
    plural,
    quorum_requirement,
    scores_of,
)
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.tallies import Count, Pile, Round, Tally, Tie
from fedcoop.kernel.errors import BallotRefused, MotionRefused

YES, MAYBE, NO = 2, 1, 0


class Dates(BaseMethod):
    """An answer to each time; what is left empty is a no."""

    key = "dates"
    title = "Time poll"
    icon = "cal"
    own_options = True
    shape = Shape.SCORES
    form = "dates"
    binding = False

    def read_option(self, key: str, text: str, settings: Mapping[str, str]) -> Option:
        """Return the time of `2026-09-22T18:00+02:00/2h`, or of `2026-09-22 18:00/2h` on the clocks of the setting `zone`.

        Raises MotionRefused (`options`, `zone`).
        """
        return times.option_of(key, text, times.zone_of(settings.get("zone", times.UTC_NAME)))

    def defaults(self) -> Settings:
        """Return what binds nobody."""
        return Settings(binding=False)

    def extra_keys(self) -> Mapping[str, type]:
        """Return `required` (names of those who must be able to come) and `zone` (an IANA name)."""
        return {"required": str, "zone": str}

    def named_members(self, settings: Settings) -> Mapping[str, tuple[str, ...]]:
        """Return who must be able to come."""
        return {"required": names_of(str(settings.extra.get("required", "")))}

    def marked(self, settings: Settings) -> tuple[str, ...]:
        """Return the same: the roll marks them."""
        return self.named_members(settings)["required"]

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `zone`)."""
        if len(options) < 2:
            raise MotionRefused("options", "Give at least two times.")
        times.zone_of(str(settings.extra.get("zone", times.UTC_NAME)))
        for option in options:
            times.check_time(option)
        if len({(option.starts_at, option.minutes) for option in options}) != len(options):
            raise MotionRefused("options", "The same time stands there twice.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`option`, `range`, `too-few`)."""
        answers, known = scores_of(choice), {option.key for option in options}
        if not answers:
            raise BallotRefused("too-few", "Answer at least one of the times.")
        if not known.issuperset(answers):
            raise BallotRefused("option", "That time is not among the choices.")
        if not {YES, MAYBE, NO}.issuperset(answers.values()):
            raise BallotRefused("range", "An answer is 2 for yes, 1 for if need be, 0 for no.")

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return all times in their order, with the answers to each; equal ones by lot."""
        rows = {option.key: _row(option, piles) for option in options}
        groups = _groups(options, rows)
        ties = tuple(
            Tie(group, lot.order(group), "lot", "the order of equal times") for group in groups if len(group) > 1
        )
        order = {tie.among: tie.order for tie in ties}
        ranking = tuple(key for group in groups for key in order.get(group, group))
        totals = {key: Fraction(row["score"]) for key, row in rows.items()}
        return Count(
            elected=ranking[:1],
            ranking=groups,
            rounds=(Round(kind="first", totals=totals),),
            ties=ties,
            facts={"answers": rows},
        )

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return the first time of the order; no result while nobody can come to any."""
        quorum = quorum_requirement(tally, settings)
        requirements = () if quorum is None else (quorum,)
        if quorum is not None and not quorum.met:
            return Outcome(code=OutcomeCode.INQUORATE, requirements=requirements)
        if tally.count is None or not any(tally.counts.values()):
            return Outcome(code=OutcomeCode.NO_RESULT, requirements=requirements)
        first = tally.count.elected[0]
        note = _note(tally.count.facts["answers"][first], required=REQUIRED in tally.classes)
        return Outcome(code=OutcomeCode.CARRIED, requirements=requirements, winners=(first,), notes=(note,))

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return the order in two sentences."""
        must = len(self.marked(settings))
        parts = [
            Part("The time with the "),
            Part("highest sum", bold=True),
            Part(" is chosen: yes 2, if need be 1, no 0"),
        ]
        if must:
            number = plural(must, "person", "people")
            parts = [Part("The time to which the fewest of the "), Part(f"{number} required", bold=True)]
            parts += [Part(" say no is chosen, then the one with the "), Part("highest sum", bold=True)]
            parts.append(Part(": yes 2, if need be 1, no 0"))
        if need := needed(settings.quorum, eligible):
            parts += [Part(", if "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
        return (*parts, Part(". Equal ones: most yes, then the earliest."))


def _row(option: Option, piles: Sequence[Pile]) -> dict[str, int]:
    row = {"yes": 0, "maybe": 0, "no": 0, "required_no": 0, "score": 0}
    for pile in piles:
        answer = pile.choice.get(option.key, NO) if isinstance(pile.choice, Scores) else NO
        row[("no", "maybe", "yes")[answer]] += pile.value
        row["score"] += answer * pile.value
        if answer == NO and pile.member_class == REQUIRED:
            row["required_no"] += pile.value
    return row


def _groups(options: Sequence[Option], rows: Mapping[str, Mapping[str, int]]) -> tuple[tuple[str, ...], ...]:
    """Return the keys in order; those that all rungs leave equal are one group."""
    found: dict[tuple[int, int, int, str], list[str]] = {}
    for option in options:
        row = rows[option.key]
        rank = (row["required_no"], -row["score"], -row["yes"], option.starts_at)
        found.setdefault(rank, []).append(option.key)
    return tuple(tuple(sorted(found[rank])) for rank in sorted(found))


def _note(row: Mapping[str, int], *, required: bool) -> str:
    told = f"{row['yes']} yes, {row['maybe']} if need be, {row['no']} no."
    if not required:
        return told
    missing = row["required_no"]
    return f"{told} {'Everybody required can come.' if missing == 0 else f'{missing} of those required cannot come.'}"


METHOD = Dates()
