"""Count, opt-in: who joins in, with a number to reach or a number of places (governance.md 7.2).

Who has a place and who waits depends on the order of receipt, which `waiting` works out; here are the numbers.
"""

from collections.abc import Mapping, Sequence

from fedcoop.governance.motions.method import BaseMethod, Part, Sentence, extra_int, plural
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Outcome, OutcomeCode, Requirement
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MotionRefused

KEYS = ("accept", "decline")


class OptIn(BaseMethod):
    """Accept or decline."""

    key = "opt_in"
    title = "Count"
    icon = "people"
    wire: str | None = "oneOf"
    binding = False
    has_quorum = False

    def default_options(self) -> tuple[Option, ...]:
        """Return accept and decline."""
        return (Option("accept", "I am in"), Option("decline", "Not this time"))

    def defaults(self) -> Settings:
        """Return neither target nor capacity."""
        return Settings(binding=False)

    def extra_keys(self) -> Mapping[str, type]:
        """Return `target` (a number to reach) and `capacity` (how many places there are)."""
        return {"target": int, "capacity": int}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `target`, `capacity`)."""
        if tuple(option.key for option in options) != KEYS:
            raise MotionRefused("options", "A count knows accept and decline.")
        target, capacity = (extra_int(settings, name, 0) for name in ("target", "capacity"))
        for name in ("target", "capacity"):
            if name in settings.extra and extra_int(settings, name, 0) < 1:
                raise MotionRefused(name, f"{name} is 1 or more.")
        if target and capacity and target > capacity:
            raise MotionRefused("target", f"There are {capacity} places, so the target of {target} cannot be reached.")

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return no result, whether the target is reached, and how many wait."""
        accepts, capacity = tally.head_counts["accept"], extra_int(settings, "capacity", 0)
        notes = [f"{plural(accepts, 'member is', 'members are')} in."]
        if capacity and accepts > capacity:
            notes.append(
                f"{capacity} have a place, {accepts - capacity} wait for one in the order in which they answered."
            )
        return Outcome(code=OutcomeCode.NO_RESULT, requirements=_target(accepts, settings), notes=tuple(notes))

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "A count of who joins in; it binds only them, and reaches its target when at least 8 join."."""
        target, capacity = (extra_int(settings, name, 0) for name in ("target", "capacity"))
        parts = [Part("A count of who joins in; it binds only them")]
        if target:
            parts += [Part(", and reaches its target when "), Part(f"at least {target}", bold=True), Part(" join")]
        parts.append(Part("."))
        if capacity:
            places = plural(capacity, "place", "places")
            parts += [Part(" There "), Part("is " if capacity == 1 else "are "), Part(places, bold=True)]
            parts.append(Part("; who comes later waits in the order of the answers."))
        return tuple(parts)


def _target(accepts: int, settings: Settings) -> tuple[Requirement, ...]:
    target = extra_int(settings, "target", 0)
    if not target:
        return ()
    met = accepts >= target
    work = f"{accepts} joined. {accepts} {'is at least' if met else 'is fewer than'} {target}."
    return (Requirement(name="target", title=f"At least {target} join", met=met, have=accepts, need=target, work=work),)


METHOD = OptIn()
