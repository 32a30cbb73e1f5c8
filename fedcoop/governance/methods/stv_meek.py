"""The single transferable vote by Meek's rule, which a computer must count (governance.md 7.16)."""

from collections.abc import Sequence

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.tallies import Count, Pile
from fedcoop.governance.ranked.meek import count_meek
from fedcoop.governance.ranked.ranking import Equal, contest_of, rankings_of, reading_of
from fedcoop.governance.ranked.stv import no_ballots
from fedcoop.governance.ranked.transferable import Transferable, by_hare


class MeekStv(Transferable):
    """Those elected keep a share of every ballot that comes to them, worked out anew whenever something moves."""

    key = "stv_meek"
    title = "Single transferable vote, Meek"
    icon = "people"
    base = "of the votes still counted"
    equals = (Equal.CUT, Equal.SKIP, Equal.SHARE)

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the rounds with quota, keep factors and iterations."""
        contest = contest_of(options, settings)
        rankings = rankings_of(piles, contest, reading_of(settings))
        return count_meek(rankings, contest, lot, hare=by_hare(settings)) if rankings.valid else no_ballots(rankings)


METHOD = MeekStv()
