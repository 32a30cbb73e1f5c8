"""How often somebody may do something: token buckets in a bounded table, with the clock passed in.

A bucket is kept as one number, the time at which it will be full again (the generic cell rate algorithm), so a key costs
a float. Who the somebody is behind proxies is answered here too. Source: federation.md 16.
"""

from collections import OrderedDict
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

QUARTER_MINUTE_S = 15.0
MINUTE_S = 60.0
MAX_KEYS = 50_000
_ROUNDING_S = 1e-6


class Throttle:
    """Lets each key do `per_minute` things a minute, `bucket_s` seconds' worth of them at once; 0 lets all do all.

    The table holds `max_keys` at most; the key unused for longest is forgotten, which gives it a full bucket.
    """

    __slots__ = ("_full_at", "_interval_s", "_max_keys", "_tolerance_s")

    def __init__(self, per_minute: int, bucket_s: float = QUARTER_MINUTE_S, max_keys: int = MAX_KEYS) -> None:
        self._interval_s = MINUTE_S / per_minute if per_minute > 0 else 0.0
        self._tolerance_s = max(0.0, bucket_s - self._interval_s)
        self._max_keys = max_keys
        self._full_at: OrderedDict[str, float] = OrderedDict()

    def __len__(self) -> int:
        return len(self._full_at)

    def take(self, key: str, now: float, number: int = 1) -> float:
        """Take `number` tokens and return 0.0, or take none and return the seconds to wait for them; `now` is monotonic.

        More than a bucket holds are never given.
        """
        if not self._interval_s:
            return 0.0
        table = self._full_at
        full_at = max(table.get(key, now), now) + (number - 1) * self._interval_s
        wait_s = full_at - now - self._tolerance_s
        if wait_s > _ROUNDING_S:
            if key in table:
                table.move_to_end(key)
            return wait_s
        table[key] = full_at + self._interval_s
        table.move_to_end(key)
        if len(table) > self._max_keys:
            table.popitem(last=False)
        return 0.0

    def wait_s(self, key: str, now: float) -> float:
        """Return what `take` would, and take nothing."""
        if not self._interval_s:
            return 0.0
        wait_s = self._full_at.get(key, now) - now - self._tolerance_s
        return wait_s if wait_s > _ROUNDING_S else 0.0


def client_address(peer: str, forwarded_for: str, trusted: Iterable[IPv4Network | IPv6Network]) -> str:
    """Return who asks: the peer, or behind trusted proxies the rightmost `X-Forwarded-For` entry that is none of them.

    IPv6 is cut to its /64, an IPv4-mapped address is its IPv4 address. An entry that is no address ends the walk: what
    stands left of it is hearsay.
    """
    client = _address(peer)
    if client is None:
        return peer
    proxies = tuple(trusted)
    for entry in reversed(forwarded_for.split(",") if forwarded_for else ()):
        if not _within(client, proxies):
            break
        found = _address(entry)
        if found is None:
            break
        client = found
    if isinstance(client, IPv6Address):
        return str(IPv6Network((client, 64), strict=False))
    return str(client)


def _within(address: IPv4Address | IPv6Address, networks: tuple[IPv4Network | IPv6Network, ...]) -> bool:
    return any(address.version == network.version and address in network for network in networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
