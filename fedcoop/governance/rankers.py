"""What methods with ranked ballots share: settings, ballots, outcome and the words for them (governance.md 7.11)."""

from collections.abc import Mapping, Sequence

from fedcoop.governance.choices import Choice, Shape
from fedcoop.governance.counting import BaseMethod, Part, extra_int, needed, quorum_requirement
from fedcoop.governance.motions import Option, Quorum, Settings, Visibility
from fedcoop.governance.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.ranking import check_ranking, extra_key, withdrawn_of
from fedcoop.governance.tallies import Count, Tally
from fedcoop.kernel.errors import MotionRefused

WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class RankedMethod(BaseMethod):
    """A ranking of the motion's own options, best first. Figures show after the close: early ones invite to vote against them."""

    own_options = True
    shape = Shape.RANKING
    form = "ranking"
    code = OutcomeCode.CARRIED
    several = True

    def defaults(self) -> Settings:
        """Return one seat, one rank at least, no quorum; results show after the close."""
        extra: dict[str, int | str | bool] = {"seats": 1} if self.several else {}
        return Settings(quorum=Quorum(), visibility=Visibility.AFTER_CLOSE, extra={**extra, "min_ranked": 1})

    def extra_keys(self) -> Mapping[str, type]:
        """Return `seats` where there may be several, `min_ranked`, `max_ranked`, `ron` (a key), `withdrawn` (keys)."""
        shared: dict[str, type] = {"min_ranked": int, "max_ranked": int, "ron": str, "withdrawn": str}
        return {"seats": int, **shared} if self.several else shared

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `seats`, `min_ranked`, `max_ranked`, `ron`, `withdrawn`)."""
        if len(options) < 2:
            raise MotionRefused("options", "Give at least two choices.")
        check_keys(options, settings)
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


def notes_of(count: Count, options: Sequence[Option], settings: Settings) -> list[str]:
    """Return in words which seats stay empty, and what a lot decided."""
    names = {option.key: option.name for option in options}
    notes = [f"{names.get(key, key)} withdrew and is in no figure." for key in sorted(withdrawn_of(settings))]
    empty, ron = extra_int(settings, "seats", 1) - len(count.elected), extra_key(settings, "ron")
    if empty > 0 and ron:
        seats = "One seat stays empty" if empty == 1 else f"{empty} seats stay empty"
        notes.append(f"“{names[ron]}” came before the last seat was filled. {seats}.")
    for tie in count.ties:
        if tie.rung == "lot":
            among = " and ".join(names.get(key, key) for key in tie.among)
            notes.append(f"{among} were equal. A lot put {names.get(tie.order[0], tie.order[0])} first.")
    return notes


def number_word(number: int) -> str:
    """Return the number in words up to ten."""
    return WORDS[number] if number < len(WORDS) else str(number)


def if_quorum(settings: Settings, eligible: int) -> list[Part]:
    """Return ", if at least 12 of 120 members take part", or nothing."""
    need = needed(settings.quorum, eligible)
    if not need:
        return []
    return [Part(", if "), Part(f"at least {need}", bold=True), Part(f" of {eligible} members take part")]
