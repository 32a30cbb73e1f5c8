"""The single transferable vote by the rules of Scottish councils, the usual one for several seats (governance.md 7.15)."""

from collections.abc import Mapping, Sequence

from fedcoop.governance.counting import extra_int
from fedcoop.governance.lots import Lot
from fedcoop.governance.motions import Option, Settings
from fedcoop.governance.ranking import contest_of, strict_rankings
from fedcoop.governance.stv import count_stv
from fedcoop.governance.tallies import Count, Pile
from fedcoop.governance.transferable import Transferable
from fedcoop.kernel.errors import MotionRefused

DECIMALS = 5
MOST_DECIMALS = 30


class ScottishStv(Transferable):
    """`decimals` says after how many places the values of papers are cut off."""

    key = "stv_scottish"
    title = "Single transferable vote"
    icon = "people"

    def extra_keys(self) -> Mapping[str, type]:
        """Return the shared ones and `decimals`."""
        return {**super().extra_keys(), "decimals": int}

    def validate(self, options: Sequence[Option], settings: Settings) -> None:
        """Raise MotionRefused as for all rankings, and `decimals`."""
        super().validate(options, settings)
        if not 0 <= extra_int(settings, "decimals", DECIMALS) <= MOST_DECIMALS:
            raise MotionRefused("decimals", f"decimals lies between 0 and {MOST_DECIMALS}.")

    def count(self, piles: Sequence[Pile], options: Sequence[Option], settings: Settings, lot: Lot) -> Count:
        """Return the stages."""
        contest = contest_of(options, settings)
        return count_stv(strict_rankings(piles, contest), contest, extra_int(settings, "decimals", DECIMALS), lot)


METHOD = ScottishStv()
