"""The outcome in a sentence, as it stands beside the word of the verdict (design.md 8.14 to 8.16)."""

from collections.abc import Sequence

from fedcoop.governance.counting.weighing import weighed_words
from fedcoop.governance.motions.choices import Shape
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.queries.motions.motion import MotionView
from fedcoop.web.frame import words
from fedcoop.web.frame.formats import listed, plural, whole

_MOST_NAMES = 3


def verdict_of(view: MotionView) -> str:
    """Return what the outcome says, without the word that stands above it; empty before there is one."""
    if view.outcome is None or view.tally is None:
        return ""
    return _sentence(view.motion, view.outcome, view.tally)


def headline_of(view: MotionView) -> str:
    """Return the word of the verdict, with the names of who is elected or what is funded (mock 08)."""
    if view.outcome is None:
        return ""
    word = words.outcome(view.outcome.code.value, view.motion.method).word
    named = view.outcome.code in (OutcomeCode.ELECTED, OutcomeCode.FUNDED) and view.outcome.winners
    return f"{word}: {_named(view.motion, view.outcome.winners)}" if named else word


def result_words(motion: Motion, tally: Tally | None) -> str:
    """Return the result in a few words for lists: `48 : 21, 78 of 120`; empty while it is hidden."""
    if tally is None:
        return ""
    counts, part = tally.counts, f"{tally.took_part} of {tally.eligible}"
    if motion.method == "resolution":
        return f"{counts.get('for', 0)} : {counts.get('against', 0)}, {part}"
    if tally.count is not None and tally.count.elected:
        return f"{_few(motion, tally.count.elected)}; {part}"
    if METHODS[motion.method].shape is not Shape.ONE:
        return f"{part} took part"
    shown = [words.counted(number, key, motion.options) for key, number in counts.items() if number]
    return ", ".join(shown) or f"0 of {tally.eligible}"


def _few(motion: Motion, keys: Sequence[str]) -> str:
    more = len(keys) - _MOST_NAMES
    return _named(motion, keys) if more <= 0 else f"{_named(motion, keys[:_MOST_NAMES])}, and {more} more"


def _named(motion: Motion, keys: Sequence[str]) -> str:
    return listed([words.choice(key, motion.options).word for key in keys])


def _sentence(motion: Motion, outcome: Outcome, tally: Tally) -> str:
    needs = {requirement.name: requirement for requirement in outcome.requirements}
    took_part = f"{plural(tally.took_part, 'member')} of {whole(tally.eligible)} took part"
    if outcome.code is OutcomeCode.INQUORATE:
        return _no_quorum(needs.get("quorum"), tally)
    if outcome.code in (OutcomeCode.ELECTED, OutcomeCode.FUNDED) and outcome.winners:
        return f"{took_part}."
    if outcome.winners:
        return f"Chosen: {_named(motion, outcome.winners)}. {plural(tally.took_part, 'member')} took part."
    if outcome.code is OutcomeCode.NO_RESULT and not METHODS[motion.method].binding and outcome.notes:
        return " ".join(outcome.notes)
    if METHODS[motion.method].shape is not Shape.ONE:
        return f"Nothing is chosen. {took_part}."
    if motion.method != "resolution":
        return f"{_stances(motion, tally)}. {plural(tally.took_part, 'member')} of {whole(tally.eligible)} answered."
    counts = f"{whole(tally.counts['for'])} for, {whole(tally.counts['against'])} against"
    beside = weighed_words(tally, motion.options, motion.settings)
    majority = needs.get("majority")
    if outcome.code is OutcomeCode.CARRIED and majority is not None:
        return f"{counts}; {whole(majority.need)} {'was' if majority.need == 1 else 'were'} needed.{beside}"
    return f"{counts}. {plural(tally.took_part, 'member')} took part.{beside}"


def _no_quorum(quorum: Requirement | None, tally: Tally) -> str:
    needed = f", {whole(quorum.need)} were needed" if quorum is not None else ""
    return (
        f"{whole(tally.took_part)} of {whole(tally.eligible)} took part{needed}. "
        "This is not a rejection; the same text may be called again."
    )


def _stances(motion: Motion, tally: Tally) -> str:
    return ", ".join(
        words.counted(tally.counts.get(option.key, 0), option.key, motion.options) for option in motion.options
    )
