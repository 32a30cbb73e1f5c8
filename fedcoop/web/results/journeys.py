"""How one ballot travelled through the rounds, in sentences: one's own, or any that a receipt finds (design.md 5, STV)."""

from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Count
from fedcoop.governance.ranked.travel import EXCLUSION, EXHAUSTED, FIRST, SHARES, STAYS, SURPLUS, Step, travel
from fedcoop.web.frame.formats import listed
from fedcoop.web.results.result_parts import Names, names_of, number

_PLACES = 6


def journey(motion: Motion, choice: Choice, count: Count | None) -> tuple[str, ...]:
    """Return a sentence for each round in which something happened to this ballot; nothing for counts without rounds."""
    if count is None or not count.rounds or METHODS[motion.method].shape is not Shape.RANKING:
        return ()
    names = names_of(motion.options)
    told: list[str] = []
    for step in travel(choice, count) if isinstance(choice, tuple) else ():
        if step.why == STAYS or (step.why == EXHAUSTED and told and told[-1].endswith(_NOBODY)):
            continue
        told.append(f"Round {step.number}: {_happened(step, names)}")
    return tuple(told)


_NOBODY = "no name on it can take it any more."


def _happened(step: Step, names: Names) -> str:
    worth = number(step.value, _PLACES)
    if step.why == EXHAUSTED or (not step.at and step.why != SHARES):
        return f"{_left(step, names)}{_NOBODY}"
    at = names.get(step.at, step.at)
    if step.why == FIRST and not step.kept:
        return f"it counts for {at}, worth {worth}."
    kept = listed([f"{names.get(key, key)} keeps {number(share, _PLACES)} of it" for key, share in step.kept.items()])
    if step.why == EXCLUSION:
        return f"{names.get(step.of, step.of)} is excluded; it goes on to {at}, worth {worth}."
    if step.why == SURPLUS:
        return f"{kept}; the rest, {worth}, goes on to {at}."
    rest = f"the rest, {worth}, stands with {at}" if step.at else f"{worth} of it stands with nobody"
    return f"{kept or 'shares are worked out anew'}; {rest}."


def _left(step: Step, names: Names) -> str:
    if step.why == SURPLUS:
        return f"{names.get(step.of, step.of)} keeps {number(step.kept[step.of], _PLACES)} of it; for the rest "
    return f"{names.get(step.of, step.of)} is excluded; " if step.of else ""
