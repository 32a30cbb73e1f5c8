"""The public lot: a seed that nobody alone can choose, and the order it gives (governance.md 10.2)."""

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Lot:
    """The seed of a lot; `order` draws."""

    seed: bytes

    def order(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Return the ids by HMAC-SHA256(seed, id) ascending: the first wins. Their order beforehand changes nothing."""
        return tuple(sorted(ids, key=lambda id_: (hmac.digest(self.seed, id_.encode(), "sha256"), id_)))


def commitment(value: str) -> str:
    """Return the hex SHA-256 over the ASCII hex string that a scrutineer publishes before the opening."""
    return hashlib.sha256(value.encode()).hexdigest()


def lot_of(poll: str, box_root: str, reveals: Iterable[str]) -> Lot:
    """Return the lot of a poll: SHA256 of `fedcoop-lot-v1`, poll id, box root and the sorted reveals, a line each."""
    lines = ["fedcoop-lot-v1", poll, box_root, *sorted(reveals)]
    return Lot(hashlib.sha256("\n".join(lines).encode()).digest())
