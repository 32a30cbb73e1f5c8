"""Greedy budget: the most supported projects first, as long as the money lasts (governance.md 11.2)."""

from collections.abc import Mapping, Sequence

from fedcoop.governance.counting import projects
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import BaseMethod, Part, Sentence, extra_int
from fedcoop.governance.motions.motion import Option, Quorum, Settings
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.tallies import Count, Pile, Tally
from fedcoop.kernel.errors import MotionRefused


class Greedy(BaseMethod):
    """Ticks on projects with costs; `skip=off` ends at the first that no longer fits, `min_score` is needed to be funded."""

    key = "greedy"
    title = "Budget, most support first"
    icon = "money"
    own_options = True
    shape = Shape.SET
    form = "projects"

    def read_option(self, key: str, text: str, settings: Mapping[str, str]) -> Option:
        """Return the project of `Solar panels: 500`."""
        return projects.project_of(key, text, settings)

    def defaults(self) -> Settings:
        """Return euros, any number of ticks, skipping what does not fit, no quorum."""
        return Settings(quorum=Quorum(), extra={**projects.budget_defaults(), "skip": True})

    def extra_keys(self) -> Mapping[str, type]:
        """Return `budget`, `currency`, `min`, `max`, `skip` and `min_score`."""
        return {**projects.budget_keys(), "skip": bool, "min_score": int}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `currency`, `budget`, `min`, `max`, `min_score`)."""
        projects.check_budget(options, settings)
        if extra_int(settings, "min_score", 0) < 0:
            raise MotionRefused("min_score", "min_score is 0 or more.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`choice-shape`, `option`, `too-many`, `too-few`)."""
        projects.check_ticks(choice, options, settings)

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the projects bought in order, a round for each that was looked at."""
        least = max(1, extra_int(settings, "min_score", 0))
        standing = projects.standings(piles, options)
        enough = [item for item in standing if item.points >= least]
        skip = bool(settings.extra.get("skip", True))
        found = projects.spend(enough, projects.budget(settings), lot, skip=skip)
        facts = {
            "spent_minor": projects.spent_of(found.bought, options),
            "budget_minor": projects.budget(settings),
            "points": {item.key: item.points for item in standing},
            "supporters": {item.key: item.supporters for item in standing},
        }
        return Count(elected=found.bought, rounds=found.rounds, ties=found.ties, facts=facts)

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return funded with the projects bought."""
        return projects.budget_outcome(tally, options, settings)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "The projects with most support are funded one after the other from a budget of 1,000 EUR. …"."""
        parts = [Part("The projects with "), Part("most support", bold=True), Part(" are funded one after the other")]
        parts += projects.budget_parts(settings, eligible, " from a budget of ")
        skip = bool(settings.extra.get("skip", True))
        parts.append(Part(" What no longer fits is skipped." if skip else " The first that no longer fits ends it."))
        if least := extra_int(settings, "min_score", 0):
            parts += [Part(" A project needs "), Part(f"at least {least}", bold=True), Part(" votes.")]
        return tuple(parts)


METHOD = Greedy()
