"""Equal shares: everybody decides over an equal part of the budget (governance.md 11.2; the count is `equal_shares`)."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from fedcoop.governance.counting import equal_shares, projects
from fedcoop.governance.counting.ties import LOT
from fedcoop.governance.motions.choices import Choice, Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import BaseMethod, Part, Sentence
from fedcoop.governance.motions.motion import Option, Quorum, Settings
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.tallies import Count, Pile, Round, Tally, Tie, exact_text
from fedcoop.kernel.errors import MotionRefused

COMPLETIONS = ("add1", "none")
FILLS = ("greedy", "none")


class EqualShares(BaseMethod):
    """Ticks on projects with costs; `completion` raises the start, `fill` spends what is left by most support."""

    key = "equal_shares"
    title = "Budget, equal shares"
    icon = "scale"
    own_options = True
    shape = Shape.SET
    form = "projects"

    def read_option(self, key: str, text: str, settings: Mapping[str, str]) -> Option:
        """Return the project of `Solar panels: 500`."""
        return projects.project_of(key, text, settings)

    def defaults(self) -> Settings:
        """Return euros, any number of ticks, completion by raising the start, then greedily; no quorum."""
        return Settings(quorum=Quorum(), extra={**projects.budget_defaults(), "completion": "add1", "fill": "greedy"})

    def extra_keys(self) -> Mapping[str, type]:
        """Return `budget`, `currency`, `min`, `max`, `completion` (`add1`, `none`) and `fill` (`greedy`, `none`)."""
        return {**projects.budget_keys(), "completion": str, "fill": str}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused (`options`, `currency`, `budget`, `min`, `max`, `completion`, `fill`)."""
        projects.check_budget(options, settings)
        for name, known in (("completion", COMPLETIONS), ("fill", FILLS)):
            if settings.extra.get(name, known[0]) not in known:
                raise MotionRefused(name, f"{name} is {' or '.join(known)}.")

    def check(self, choice: Choice, options: Sequence[Option], settings: Settings) -> None:
        """Raise BallotRefused (`choice-shape`, `option`, `too-many`, `too-few`)."""
        projects.check_ticks(choice, options, settings)

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the projects in the order bought; a round for each purchase with the effective votes of all.

        Ballots with points count as ticks of what has any.
        """
        standing = projects.standings(piles, options)
        places = {key: place for place, key in enumerate(lot.order(item.key for item in standing))}
        voters = equal_shares.Electorate([_project(item, places) for item in standing], piles)
        unit, total = projects.currency(settings).unit, projects.budget(settings)
        completes = settings.extra.get("completion", "add1") == "add1"
        found = equal_shares.raised(voters, total, unit) if completes else equal_shares.only_once(voters, total)
        last = equal_shares.run(voters, found.run.start, scale=found.run.scale, every=True) or found.run
        left = total - last.cost
        rest = [item for item in standing if item.supporters and item.key not in last.keys]
        filled = projects.spend(
            rest if settings.extra.get("fill", "greedy") == "greedy" else (), left, lot, kind="fill"
        )
        return Count(
            elected=last.keys + filled.bought,
            rounds=(*_rounds(last, voters), *filled.rounds),
            ties=(*_lots(found, places, unit), *filled.ties),
            facts={
                "spent_minor": projects.spent_of(last.keys + filled.bought, options),
                "budget_minor": total,
                "start_minor": exact_text(last.start),
                "supporters": {item.key: item.supporters for item in standing},
            },
        )

    def decide(self, tally: Tally, options: Sequence[Option], settings: Settings) -> Outcome:
        """Return funded with the projects bought."""
        return projects.budget_outcome(tally, options, settings)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "Everybody who votes decides over an equal share of a budget of 1,000 EUR. Supporters … together."."""
        parts = [Part("Everybody who votes decides over "), Part("an equal share", bold=True)]
        parts += projects.budget_parts(settings, eligible, " of a budget of ")
        return (*parts, Part(" Supporters of a project pay for it together."))


def _project(item: projects.Standing, places: Mapping[str, int]) -> equal_shares.Project:
    return equal_shares.Project(item.key, item.cost, item.supporters, (-item.supporters, item.cost, places[item.key]))


def _rounds(found: equal_shares.Run, voters: equal_shares.Electorate) -> list[Round]:
    return [_round(purchase, voters) for purchase in found.purchases]


def _round(purchase: equal_shares.Purchase, voters: equal_shares.Electorate) -> Round:
    """Return the purchase as a round; its totals are effective votes, cost/q, of all that could be paid."""
    price: Fraction = purchase.ratio * voters.projects[purchase.key].cost
    facts: dict[str, Any] = {"most_paid_minor": exact_text(price)}
    totals = {key: 1 / ratio for key, ratio in purchase.standing.items()}
    return Round("purchase", totals, of=(purchase.key,), elected=(purchase.key,), facts=facts)


def _lots(found: equal_shares.Completed, places: Mapping[str, int], unit: int) -> list[Tie]:
    """Return each lot that decided a purchase at any start tried: on it may hang where the completion ended."""
    return [
        Tie(level, tuple(sorted(level, key=places.__getitem__)), LOT, f"start {exact_text(start / unit)}")
        for level, start in sorted(found.lots.items(), key=lambda item: (item[1], item[0]))
    ]


METHOD = EqualShares()
