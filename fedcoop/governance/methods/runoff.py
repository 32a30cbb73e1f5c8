"""Instant runoff for one seat: the lowest is excluded until somebody has more than half of what continues (governance.md 7.13)."""

from collections.abc import Sequence
from fractions import Fraction

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import Part, Sentence, plural
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Requirement
from fedcoop.governance.motions.tallies import Count, Pile, Round, Tie
from fedcoop.governance.ranked.rankers import RankedMethod, if_quorum
from fedcoop.governance.ranked.ranking import Contest, Equal, Rankings, contest_of, rankings_of, reading_of
from fedcoop.governance.ranked.stages import Figures, ranking_of, ties_of
from fedcoop.governance.ranked.tie_history import Ladder
from fedcoop.governance.ranked.transfers import Hands


class Runoff(RankedMethod):
    """Each ballot counts for its highest name that continues; a ballot with none left is no longer in the base."""

    key = "runoff"
    title = "Instant runoff"
    icon = "rank"
    several = False
    equals = (Equal.CUT, Equal.SKIP, Equal.CUT_IF_SEVERAL)

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the rounds; each lists who is excluded, or elected, on its totals."""
        contest = contest_of(options, settings)
        rankings = rankings_of(piles, contest, reading_of(settings))
        facts = {"valid": rankings.valid, "blank": rankings.blank}
        if not rankings.valid:
            return Count(facts=facts)
        rounds = _rounds(rankings, contest, lot)
        ranking = ranking_of(rounds, contest.standing)
        return Count(contest.without_stop(rounds[-1].elected), ranking, tuple(rounds), ties_of(rounds), facts)

    def requirements(self, count: Count, options: Sequence[Option], settings: Settings) -> tuple[Requirement, ...]:
        """Return the majority of the last round with its sum."""
        last = count.rounds[-1]
        have, base = int(last.totals[last.elected[0]]), int(last.facts["base"])
        name = next(option.name for option in options if option.key == last.elected[0])
        work = (
            f"In the last round {name} has {have} of {plural(base, 'ballot', 'ballots')}. {base // 2 + 1} were needed."
        )
        title = "More than half of the ballots still counted"
        return (Requirement("majority", title, met=True, have=have, need=base // 2 + 1, work=work),)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "A choice with more than half of the ballots wins. Until then the last one is taken out, …"."""
        return (
            Part("A choice with "),
            Part("more than half", bold=True),
            Part(" of the ballots still counted wins"),
            *if_quorum(settings, eligible),
            Part(
                ". Until there is one, the choice with fewest is taken out, and its ballots go to the next name on them."
            ),
        )


def _rounds(rankings: Rankings, contest: Contest, lot: Lot) -> list[Round]:
    hands, ladder, figures = Hands(rankings, contest, 1), Ladder(contest.standing, lot), Figures()
    rounds: list[Round] = []
    kind, gains = "first", dict[str, int]()
    of: tuple[str, ...] = ()
    while True:
        elected, excluded, ties = _decided(hands, ladder)
        rounds.append(
            Round(
                kind=kind,
                totals=figures.of(hands.totals, 1),
                of=of,
                moves=figures.gains(gains, 1),
                exhausted=Fraction(hands.exhausted),
                elected=elected,
                excluded=excluded,
                ties=ties,
                facts={"base": sum(hands.totals.values())},
            )
        )
        if elected:
            return rounds
        ladder.record(hands.totals, hands.continuing)
        kind, of, gains = "exclusion", excluded, hands.exclude(excluded)


def _decided(hands: Hands, ladder: Ladder) -> tuple[tuple[str, ...], tuple[str, ...], tuple[Tie, ...]]:
    """Return who wins, or who is excluded, on these totals."""
    base = sum(hands.totals.values())
    best = max(hands.continuing, key=lambda key: hands.totals[key])
    if 2 * hands.totals[best] > base or len(hands.continuing) == 1:
        return (best,), (), ()
    out, ties = ladder.lowest(hands.continuing, hands.totals)
    return (), (out,), ties


METHOD = Runoff()
