"""Ranking points (Borda): a first place among n scores n, the next one less, what is left out nothing (governance.md 7.12)."""

from collections.abc import Sequence

from fedcoop.governance.counting.seats import in_groups
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import Part, Sentence, extra_int
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.tallies import Count, Pile
from fedcoop.governance.ranked.rankers import RankedMethod, if_quorum, number_word
from fedcoop.governance.ranked.ranking import Equal, contest_of, rankings_of, reading_of
from fedcoop.governance.ranked.tie_history import by_groups


class Points(RankedMethod):
    """For putting things in order; not for elections, since a ballot that names few gives the others less."""

    key = "points"
    title = "Ranking points"
    icon = "rank"
    equals = (Equal.CUT, Equal.SKIP)

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return sums, order, and the best; who has no points wins nothing, equals at the last place go by lot."""
        contest = contest_of(options, settings)
        rankings = rankings_of(piles, contest, reading_of(settings))
        points, most = dict.fromkeys(contest.standing, 0), len(contest.standing)
        for ranking, number in rankings.numbers.items():
            for place, key in enumerate(ranking):
                points[str(key)] += (most - place) * number
        groups = in_groups(points)
        elected, ties = by_groups([group for group in groups if points[group[0]]], contest, lot)
        facts = {"points": points, "valid": rankings.valid, "blank": rankings.blank}
        return Count(elected, groups, (), ties, facts)

    def sentence(self, options: Sequence[Option], settings: Settings, eligible: int) -> Sentence:
        """Return "The choice with the most points wins. A first rank is worth 5 points, …"."""
        seats, most = extra_int(settings, "seats", 1), len(contest_of(options, settings).standing)
        who = (
            [Part("The choice with the "), Part("most points", bold=True), Part(" wins")]
            if seats == 1
            else [Part("The "), Part(number_word(seats), bold=True), Part(" choices with the most points win")]
        )
        rule = f". Your first gets {most} points and each further one a point less; what you leave out gets none."
        return (*who, *if_quorum(settings, eligible), Part(rule))


METHOD = Points()
