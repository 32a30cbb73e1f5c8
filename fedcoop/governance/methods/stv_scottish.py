"""The single transferable vote by the rules of Scottish councils, the usual one for several seats (governance.md 7.15)."""

from collections.abc import Mapping, Sequence

from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import extra_int
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.tallies import Count, Pile
from fedcoop.governance.ranked.ranking import Equal, contest_of, rankings_of, reading_of
from fedcoop.governance.ranked.stv import Rule, count_stv
from fedcoop.governance.ranked.transferable import Transferable, by_hare
from fedcoop.kernel.errors import MotionRefused

DECIMALS = 5
MOST_DECIMALS = 30


class ScottishStv(Transferable):
    """`decimals` says after how many places the values of papers are cut off, `exact` that they are not.

    With `batch_elimination` all who cannot win any more are excluded together, before a surplus passes.
    """

    key = "stv_scottish"
    title = "Single transferable vote"
    icon = "people"
    equals = tuple(Equal)

    def extra_keys(self) -> Mapping[str, type]:
        """Return the shared ones, `decimals`, `exact` and `batch_elimination`."""
        return {**super().extra_keys(), "decimals": int, "exact": bool, "batch_elimination": bool}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused as for all rankings, and `decimals`."""
        super().validate(options, settings)
        if not 0 <= extra_int(settings, "decimals", DECIMALS) <= MOST_DECIMALS:
            raise MotionRefused("decimals", f"decimals lies between 0 and {MOST_DECIMALS}.")

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the stages."""
        contest, reading = contest_of(options, settings), reading_of(settings)
        rule = Rule(
            decimals=extra_int(settings, "decimals", DECIMALS),
            exact=bool(settings.extra.get("exact", False)),
            hare=by_hare(settings),
            together=bool(settings.extra.get("batch_elimination", False)),
            shares=reading.equal is Equal.SHARE,
        )
        return count_stv(rankings_of(piles, contest, reading), contest, rule, lot)


METHOD = ScottishStv()
