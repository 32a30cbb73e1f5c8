"""How much one incoming activity may make us fetch (federation.md 9): requests, depth of parents, wall time."""

from collections.abc import Callable
from dataclasses import dataclass

from fedcoop.kernel.errors import PeerUnreachable

MAX_FETCHES = 20
MAX_DEPTH = 3
MAX_WALL_S = 30.0


@dataclass(slots=True)
class _Purse:
    fetches: int
    ends_at: float


class FetchBudget:
    """What is left to spend; `monotonic` tells the time in seconds. Budgets made by `deeper` share one purse."""

    __slots__ = ("_depth_left", "_monotonic", "_purse")

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        fetches: int = MAX_FETCHES,
        depth: int = MAX_DEPTH,
        wall_s: float = MAX_WALL_S,
    ) -> None:
        self._monotonic = monotonic
        self._depth_left = depth
        self._purse = _Purse(fetches, monotonic() + wall_s)

    @property
    def remaining_s(self) -> float:
        """Seconds of wall time that are left, never negative."""
        return max(0.0, self._purse.ends_at - self._monotonic())

    def spend(self) -> None:
        """Take one request. Raises PeerUnreachable (`fetch-budget`) when requests or time are used up."""
        if self._purse.fetches <= 0 or self.remaining_s <= 0.0:
            raise PeerUnreachable("fetch-budget")
        self._purse.fetches -= 1

    def deeper(self) -> "FetchBudget":
        """Return the budget for fetching a parent. Raises PeerUnreachable (`fetch-budget`) beyond the third."""
        if self._depth_left <= 0:
            raise PeerUnreachable("fetch-budget")
        below = object.__new__(FetchBudget)
        below._monotonic, below._purse = self._monotonic, self._purse
        below._depth_left = self._depth_left - 1
        return below
