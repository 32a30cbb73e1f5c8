"""What methods with ranked ballots share: settings, ballots, outcome and the words for them (governance.md 7.11)."""

import re
from collections.abc import Mapping, Sequence

from fedcoop.governance.counting.ties import LOT
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.method import BaseMethod, Part, extra_int, needed, quorum_requirement
from fedcoop.governance.motions.motion import Option, Quorum, Settings, Visibility
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.tallies import Count, Tally, Tie
from fedcoop.governance.ranked.ranking import UNLIMITED, Equal, check_ranking, extra_key, withdrawn_of
from fedcoop.kernel.errors import MotionRefused

_MOST_NAMED = 12
_FEW = re.compile(r"[0-9]{1,3}")
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class RankedMethod(BaseMethod):
    """A ranking of the motion's own options, best first. Figures show after the close: early ones invite to vote against them."""

    own_options = True
    shape = Shape.RANKING
    form = "ranking"
    code = OutcomeCode.CARRIED
    several = True
    equals: tuple[Equal, ...] = ()
    """What may become of equal ranks; nothing where the method takes them as they are."""

    def defaults(self) -> Settings:
        """Return one seat, one rank at least, no quorum; results show after the close."""
        extra: dict[str, int | str | bool] = {"seats": 1} if self.several else {}
        return Settings(quorum=Quorum(), visibility=Visibility.AFTER_CLOSE, extra={**extra, "min_ranked": 1})

    def extra_keys(self) -> Mapping[str, type]:
        """Return `seats` where there may be several, `min_ranked`, `max_ranked`, `ron` (a key), `withdrawn` (keys).

        Where rankings are read one name after the other, also `equal_ranks` and `max_skipped_ranks`.
        """
        shared: dict[str, type] = {"min_ranked": int, "max_ranked": int, "ron": str, "withdrawn": str}
        read: dict[str, type] = {"equal_ranks": str, "max_skipped_ranks": str} if self.equals else {}
        return {"seats": int, **shared, **read} if self.several else {**shared, **read}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `seats`, `min_ranked`, `max_ranked`, `ron`, `withdrawn`, `equal_ranks`,
        `max_skipped_ranks`).
        """
        if len(options) < 2:
            raise MotionRefused("options", "Give at least two choices.")
        check_keys(options, settings)
        check_reading(self.equals, settings)
        fewest, most = extra_int(settings, "min_ranked", 1), extra_int(settings, "max_ranked", 0) or len(options)
        if not 1 <= fewest <= len(options):
            raise MotionRefused("min_ranked", "min_ranked lies between 1 and the number of choices.")
        if not fewest <= most <= len(options):
            raise MotionRefused(
                "max_ranked", "max_ranked lies between min_ranked and the number of choices, or is 0 for all."
            )
        standing = {option.key for option in options} - withdrawn_of(settings) - {extra_key(settings, "ron")}
        if not 1 <= extra_int(settings, "seats", 1) <= len(standing):
            raise MotionRefused("seats", "seats is at least 1 and at most the number of choices that stand.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`option`, `ranks`, `too-few`, `too-many`)."""
        check_ranking(choice, options, settings)

    def requirements(self, count: Count, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
        """Return what the count had to reach, besides the quorum."""
        return ()

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return the winners in order; `no_result` without a ballot that ranks anybody, or before a count."""
        quorum, count = quorum_requirement(tally, settings), tally.count
        counted = count is not None and bool(count.facts.get("valid"))
        own = self.requirements(count, options, settings) if count is not None and counted else ()
        requirements = own if quorum is None else (*own, quorum)
        if quorum is not None and not quorum.met:
            return Outcome(OutcomeCode.INQUORATE, requirements)
        if count is None or not counted:
            return Outcome(OutcomeCode.NO_RESULT, requirements)
        code = self.code if count.elected else OutcomeCode.NOT_CARRIED
        return Outcome(code, requirements, count.elected, tuple(notes_of(count, options, settings)))


def check_keys(options: Sequence[Option], settings: Settings) -> None:
    """Raise MotionRefused (`ron`, `withdrawn`, `status_quo`) where a setting names no choice, or one that is not there to win."""
    keys, gone = {option.key for option in options}, withdrawn_of(settings)
    for name in ("ron", "status_quo"):
        key = extra_key(settings, name)
        if key and (key not in keys or key in gone):
            raise MotionRefused(name, f"There is no choice with the key {key}.")
    if extra_key(settings, "ron") and extra_key(settings, "status_quo"):
        raise MotionRefused("status_quo", "Set either ron or status_quo, not both.")
    if gone - keys:
        raise MotionRefused("withdrawn", f"There is no choice with the key {min(gone - keys)}.")


def check_reading(equals: Sequence[Equal], settings: Settings) -> None:
    """Raise MotionRefused (`equal_ranks`, `max_skipped_ranks`) for what cannot be done with such ranks here."""
    if extra_key(settings, "equal_ranks") not in ("", *equals):
        raise MotionRefused("equal_ranks", f"equal_ranks is one of: {', '.join(equals)}.")
    skips = extra_key(settings, "max_skipped_ranks")
    if skips not in ("", UNLIMITED) and not _FEW.fullmatch(skips):
        raise MotionRefused("max_skipped_ranks", f"max_skipped_ranks is a whole number from 0 to 999, or {UNLIMITED}.")


def notes_of(count: Count, options: Sequence[Option], settings: Settings) -> list[str]:
    """Return in words which seats stay empty, and what a lot decided."""
    names = {option.key: option.name for option in options}
    notes = [f"{names.get(key, key)} withdrew and is in no figure." for key in sorted(withdrawn_of(settings))]
    empty, ron = extra_int(settings, "seats", 1) - len(count.elected), extra_key(settings, "ron")
    if empty > 0 and ron:
        seats = "One seat stays empty" if empty == 1 else f"{empty} seats stay empty"
        notes.append(f"“{names[ron]}” came before the last seat was filled. {seats}.")
    return [*notes, *(lot_words(tie, names) for tie in count.ties if tie.rung == LOT)]


def lot_words(tie: Tie, names: Mapping[str, str]) -> str:
    """Return who was equal, and what the lot said; of many names some."""
    shown = [names.get(key, key) for key in tie.among[:_MOST_NAMED]]
    more = len(tie.among) - len(shown)
    among = ", ".join((*shown, f"{more} more")) if more > 0 else " and ".join(shown)
    return f"{among} were equal. A lot put {names.get(tie.order[0], tie.order[0])} first."


def number_word(number: int) -> str:
    """Return the number in words up to ten."""
    return WORDS[number] if number < len(WORDS) else str(number)


def if_quorum(settings: Settings, eligible: int) -> list[Part]:
    """Return ", if at least 12 of 120 members take part", or nothing."""
    need = needed(settings.quorum, eligible)
    if not need:
        return []
    return [Part(", if "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
