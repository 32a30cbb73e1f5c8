"""Signatures of GETs that held, kept until they are too old: many servers ask for much, and each asks for it again.

What is kept is which key bore a request out. Whether that is still the key that its owner shows, and whether that owner
may ask at all, is looked at for every request (`authenticate`).
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from fedcoop.federation.remote.actors import LoadedKey
from fedcoop.federation.signatures.message import Signable
from fedcoop.federation.signatures.times import check_window
from fedcoop.kernel.errors import BadSignature
from fedcoop.kernel.lru import Lru

MAX_KEPT = 8192


@dataclass(frozen=True, slots=True)
class _Verdict:
    signed_at: datetime
    expires: datetime | None
    key: LoadedKey


class Verdicts:
    """Which key bore out which request; bounded, in memory."""

    def __init__(self, size: int = MAX_KEPT) -> None:
        self._kept: Lru[bytes, _Verdict] = Lru(size)

    def find(self, seal: bytes, now: datetime) -> LoadedKey | None:
        """Return the key that bore out the request of this seal, if its signature may still be used."""
        found = self._kept.find(seal)
        if found is None:
            return None
        try:
            check_window(found.signed_at, found.expires, now)
        except BadSignature:
            self._kept.drop(seal)
            return None
        return found.key

    def put(self, seal: bytes, key: LoadedKey, *, signed_at: datetime, expires: datetime | None) -> None:
        """Keep that `key` bore it out."""
        self._kept.put(seal, _Verdict(signed_at, expires, key))


def seal_of(message: Signable) -> bytes:
    """Return what no other request without a body has: a digest of its method, target and every header as it came.

    Authority and scheme are ours and never change; no part can hold a line break (RFC 9110 5.5).
    """
    lines = [f"{message.method} {message.target}", *(f"{name}:{value}" for name, value in message.headers)]
    return sha256("\n".join(lines).encode("utf-8", "surrogatepass")).digest()
