"""The outcome in a sentence, as it stands beside the word of the verdict (design.md 8.14 to 8.16)."""

from fedcoop.governance.motions import Motion
from fedcoop.governance.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.tallies import Tally
from fedcoop.queries.motions import MotionView
from fedcoop.web import words
from fedcoop.web.formats import listed, plural, whole


def verdict_of(view: MotionView) -> str:
    """Return what the outcome says, without the word that stands above it; empty before there is one."""
    if view.outcome is None or view.tally is None:
        return ""
    return _sentence(view.motion, view.outcome, view.tally)


def _sentence(motion: Motion, outcome: Outcome, tally: Tally) -> str:
    needs = {requirement.name: requirement for requirement in outcome.requirements}
    if outcome.code is OutcomeCode.INQUORATE:
        return _no_quorum(needs.get("quorum"), tally)
    chosen = listed([words.choice(key, motion.options).word for key in outcome.winners])
    if chosen:
        return f"Chosen: {chosen}. {plural(tally.took_part, 'member')} took part."
    if motion.method != "resolution":
        return f"{_stances(motion, tally)}. {plural(tally.took_part, 'member')} of {whole(tally.eligible)} answered."
    counts = f"{whole(tally.counts['for'])} for, {whole(tally.counts['against'])} against"
    majority = needs.get("majority")
    if outcome.code is OutcomeCode.CARRIED and majority is not None:
        return f"{counts}; {whole(majority.need)} {'was' if majority.need == 1 else 'were'} needed."
    return f"{counts}. {plural(tally.took_part, 'member')} took part."


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
