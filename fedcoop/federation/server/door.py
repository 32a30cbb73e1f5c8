"""What the inbox door remembers: requests under way, how much each sender has done, whose inboxes exist.

All of it is memory only and bounded; a restart begins anew and loses no activity. Limits: federation.md 16.
"""

import logging
import threading
from collections import OrderedDict
from datetime import datetime
from functools import lru_cache
from itertools import count

from aiohttp import web

from fedcoop.config import LimitsConfig, Networks
from fedcoop.federation.inbox.refusal import Refusal
from fedcoop.kernel.clock import Clock
from fedcoop.storage.unit_of_work import UnitOfWork, Units
from fedcoop.throttle import MINUTE_S, Throttle, client_address

log = logging.getLogger(__name__)

OWNER_AGE_S = 5.0
MAX_OWNERS = 5000
KNOWN_FOR_S = 3600.0
MAX_KNOWN = 50_000


class InFlightTracker:
    """Receipt times of requests between step 5 and their answer: a close waits for them (federation.md 12.3).

    Asked from the writer's thread, told from the event loop: what arrives after it was asked was received after that.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._numbers = count()
        self._received: dict[int, datetime] = {}

    def arrive(self, clock: Clock) -> tuple[int, datetime]:
        """A request is received now; return its ticket and its receipt time."""
        ticket = next(self._numbers)
        with self._lock:
            received_at = self._received[ticket] = clock.now()
        return ticket, received_at

    def enter(self, received_at: datetime) -> int:
        """A request was received whole; return its ticket."""
        ticket = next(self._numbers)
        with self._lock:
            self._received[ticket] = received_at
        return ticket

    def leave(self, ticket: int) -> None:
        """The request is answered: stored, or refused."""
        with self._lock:
            self._received.pop(ticket, None)

    def oldest(self) -> datetime | None:
        """Return the earliest receipt time of requests under way, or None."""
        with self._lock:
            return min(self._received.values(), default=None)


class Owners:
    """Which of our actors have an inbox: 200, 404 or 410 by name, asked of the database every five seconds at most."""

    def __init__(self, units: Units, clock: Clock) -> None:
        self._units = units
        self._clock = clock
        self._kept: dict[str, tuple[float, int]] = {}

    async def status(self, name: str) -> int:
        """Return 200 for a live actor, 410 for a deleted one, 404 for none."""
        kept = self._kept.get(name)
        now = self._clock.monotonic()
        if kept is not None and kept[0] > now:
            return kept[1]
        status = await self._units.read(_owner_status, name)
        if len(self._kept) >= MAX_OWNERS:
            self._kept.clear()
        self._kept[name] = (now + OWNER_AGE_S, status)
        return status


def _owner_status(uow: UnitOfWork, name: str) -> int:
    actor = uow.actors.find_local(name)
    if actor is None or actor.uri == uow.urls.instance_actor:
        return 404
    return 200 if actor.gone_at is None else 410


class Door:
    """Throttles of the inbox and what hangs on them."""

    def __init__(
        self, *, units: Units, clock: Clock, limits: LimitsConfig, trusted_proxies: Networks, in_flight: InFlightTracker
    ) -> None:
        self.in_flight = in_flight
        self.owners = Owners(units, clock)
        self._clock = clock
        self._strangers = Throttle(limits.address)
        self._known = Throttle(limits.known_address)
        self._origins = Throttle(limits.origin)
        self._actors = Throttle(limits.actor)
        self._votes = Throttle(limits.votes, MINUTE_S)
        self._bad_signatures = Throttle(limits.bad_signatures)
        self._told_host = False
        self._verified: OrderedDict[str, float] = OrderedDict()
        self._client_address = lru_cache(maxsize=4096)(
            lambda peer, forwarded_for: client_address(peer, forwarded_for, trusted_proxies)
        )

    def address_of(self, request: web.Request) -> str:
        """Return who asks (federation.md 16, "what an address is")."""
        return self._client_address(request.remote or "", ",".join(request.headers.getall("X-Forwarded-For", ())))

    def tell_of_host(self, asked: str) -> None:
        """Say once that requests come with another Host than was signed: the reverse proxy rewrites it."""
        if not self._told_host:
            self._told_host = True
            log.warning("the reverse proxy rewrites Host, so signatures fail", extra={"host": asked})

    def admit(self, address: str) -> None:
        """Step 2: one more request of this address. Raises Refusal 429."""
        now = self._clock.monotonic()
        bad = self._bad_signatures.wait_s(address, now)
        if bad:
            raise Refusal(429, "too-many-bad-signatures", retry_after_s=bad)
        throttle = self._known if self.is_known(address) else self._strangers
        _demand(throttle.take(address, now), "too-many-requests")

    def admit_sender(self, origin: str, actor_uri: str, *, marks: int) -> None:
        """One more verified activity of this origin and actor, with so many marks on polls. Raises Refusal 429."""
        now = self._clock.monotonic()
        _demand(self._origins.take(origin, now), "too-many-of-origin")
        _demand(self._actors.take(actor_uri, now), "too-many-of-actor")
        if marks:
            _demand(self._votes.take(actor_uri, now, marks), "too-many-votes")

    def remember_known(self, address: str) -> None:
        """A request of this address verified: for an hour it may send more."""
        self._verified[address] = self._clock.monotonic() + KNOWN_FOR_S
        self._verified.move_to_end(address)
        if len(self._verified) > MAX_KNOWN:
            self._verified.popitem(last=False)

    def count_bad_signature(self, address: str) -> None:
        """One more failed signature of this address."""
        self._bad_signatures.take(address, self._clock.monotonic())

    def is_known(self, address: str) -> bool:
        """Return whether a request of this address verified within the last hour."""
        now = self._clock.monotonic()
        return self._verified.get(address, now) > now


def _demand(wait_s: float, code: str) -> None:
    if wait_s:
        raise Refusal(429, code, retry_after_s=wait_s)
