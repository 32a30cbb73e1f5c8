"""Actors of other servers and their keys: found, kept, refreshed, and never asked for more often than needed.

Key material is taken only from the entry of the owner's own document, fetched under its own id; never from a stub,
never from an activity. Failures are remembered for a while, look-ups of one thing under way are shared. Source:
federation.md 5.5, 9.
"""

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urldefrag, urlsplit

from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.memory import MAX_ENTRIES, LearningLimits, Refusals
from fedcoop.federation.remote.store import ActorStore, StoredActor, StoredKey
from fedcoop.federation.remote.webfinger import FetchesDocuments
from fedcoop.federation.signatures.keys import PublicKey
from fedcoop.federation.wire.jsonld import MAX_URL, id_of, origin_of, same_origin, types_of
from fedcoop.federation.wire.objects import ACTOR_TYPES, parse_actor
from fedcoop.kernel.clock import Clock
from fedcoop.kernel.errors import BadSignature, MalformedActivity, OriginMismatch, PeerError, PeerGone, PeerUnreachable
from fedcoop.kernel.lru import Lru

MAX_AGE = timedelta(hours=24)
REFRESH_AFTER = timedelta(minutes=5)
INVALID_FOR_S = 600.0
UNREACHABLE_FOR_S = 120.0
MAX_KEYS = 10_000
MAX_REFRESHING = 200

_NOT_THE_NETWORK = frozenset({"learning-limit", "fetch-budget", "origin-blocked", "transport-closed"})
_Found = TypeVar("_Found")

log = logging.getLogger(__name__)


def _up_to_a_minute() -> float:
    """Return a random pause, so that a broadcast does not make all who hear it ask at once (federation.md 9)."""
    return secrets.randbelow(60_001) / 1000


@dataclass(frozen=True, slots=True)
class LoadedKey:
    """A key with its parsed object, as `load` made it."""

    stored: StoredKey
    public: PublicKey


@dataclass(frozen=True, slots=True)
class _New:
    """An actor never seen before."""

    origin: str
    host: str
    new_host: bool


class Actors:
    """Looks up keys and actors. `load` parses the material of a key; what it raises makes the key unusable."""

    def __init__(
        self,
        documents: FetchesDocuments,
        store: ActorStore,
        clock: Clock,
        *,
        load: Callable[[StoredKey], PublicKey],
        limits: LearningLimits | None = None,
        max_keys: int = MAX_KEYS,
        pause_s: Callable[[], float] = _up_to_a_minute,
    ) -> None:
        self._documents = documents
        self._store = store
        self._clock = clock
        self._load = load
        self._limits = limits or LearningLimits()
        self._loaded: Lru[str, LoadedKey] = Lru(max_keys)
        self._known_origins: Lru[str, bool] = Lru(MAX_ENTRIES)
        self._invalid = Refusals()
        self._unreachable = Refusals()
        self._refreshed: Lru[str, float] = Lru(MAX_ENTRIES)
        self._under_way: dict[str, asyncio.Task[Any]] = {}
        self._pause_s = pause_s
        self._refreshing: dict[str, asyncio.Task[None]] = {}

    async def key(self, key_id: str, *, refresh: bool = False) -> StoredKey:
        """Return the key; see `loaded_key`."""
        return (await self.loaded_key(key_id, refresh=refresh)).stored

    async def loaded_key(self, key_id: str, *, refresh: bool = False) -> LoadedKey:
        """Return the key that its owner shows under exactly this id, from memory, storage or the owner's server.

        `refresh`: a signature did not hold, so ask the owner again if the key is older than 5 minutes, at most once in
        5 minutes. Raises BadSignature (`key-id`, `key-unknown`, `key-unusable`: 401), PeerGone, PeerSaidNo,
        OriginMismatch, MalformedActivity (401), or PeerUnreachable (503, `retry_after_s` in the details).
        """
        loaded = self._loaded.find(key_id)
        if loaded is not None and not refresh:
            self._refresh_if_old(loaded.stored)
            return loaded
        if len(key_id) > MAX_URL or origin_of(key_id) is None:
            raise BadSignature("key-id", "the key id is no URL that we may ask for")
        stored = loaded.stored if loaded else await self._store.find_key(key_id)
        if stored is None or (refresh and self._may_refresh(stored)):
            stored = await self._look_up(key_id, "key:" + key_id, lambda: self._fetch_key(key_id))
        elif refresh:
            self._unreachable.check(origin_of(key_id) or "", self._clock.monotonic())
        else:
            self._refresh_if_old(stored)
        return self._keep(stored)

    def has_loaded(self, key: LoadedKey) -> bool:
        """Return whether this very key is the one in memory now; if it is old, its owner is asked soon."""
        if self._loaded.find(key.stored.key_id) is not key:
            return False
        self._refresh_if_old(key.stored)
        return True

    async def actor(self, uri: str, max_age: timedelta = MAX_AGE, budget: FetchBudget | None = None) -> StoredActor:
        """Return the actor as fetched within `max_age`, or older if its server cannot be reached now.

        Raises PeerGone for a deleted actor, other PeerErrors for one that is not known and cannot be fetched.
        """
        stored = await self._store.find_actor(uri)
        if stored is not None and stored.gone:
            raise PeerGone("gone", uri=uri)
        if stored is not None and self._clock.now() - stored.fetched_at <= max_age:
            return stored
        try:
            return await self._look_up(uri, "actor:" + uri, lambda: self._fetch_actor(uri, budget))
        except PeerUnreachable:
            if stored is None:
                raise
            return stored

    async def learn(self, document: dict[str, Any]) -> StoredActor:
        """Keep an actor whose document was just fetched under its own id. Raises PeerError."""
        uri, asked_at = str(document["id"]), self._clock.now()
        await self._save(document, await self._newness(uri), asked_at)
        return StoredActor(uri, document, asked_at)

    async def know(self, owner: str, *key_ids: str) -> None:
        """These keys of one actor signed the same thing, and one of them is known: so are all (federation.md 14.4)."""
        await self._store.know_keys(owner, key_ids)
        self.forget(owner)

    async def close(self) -> None:
        """Give up look-ups under way."""
        tasks: list[asyncio.Task[Any]] = [*self._under_way.values(), *self._refreshing.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def forget(self, uri: str) -> None:
        """Drop the keys of an actor from memory, as when it was deleted or blocked."""
        self._loaded.drop_where(lambda key: key.stored.owner == uri)

    def _refresh_if_old(self, stored: StoredKey) -> None:
        """Have the owner of a key older than a day fetched soon; whoever asked does not wait for it."""
        owner = stored.owner
        if self._clock.now() - stored.fetched_at <= MAX_AGE:
            return
        if owner not in self._refreshing and len(self._refreshing) < MAX_REFRESHING:
            self._refreshing[owner] = asyncio.create_task(self._refresh(owner))

    async def _refresh(self, owner: str) -> None:
        try:
            await asyncio.sleep(self._pause_s())
            await self.actor(owner)
        except PeerError as error:
            log.debug("actor not refreshed", extra={"actor": owner, "code": error.code})
        finally:
            self._refreshing.pop(owner, None)

    async def _look_up(self, url: str, name: str, fetch: Callable[[], Awaitable[_Found]]) -> _Found:
        """Share one look-up among all who wait for it; one that gives up does not end it for the others."""
        now = self._clock.monotonic()
        origin = origin_of(url) or ""
        self._invalid.check(name, now)
        self._unreachable.check(origin, now)
        task: asyncio.Task[_Found] | None = self._under_way.get(name)
        if task is None:
            task = asyncio.create_task(self._noting(name, origin, fetch))
            self._under_way[name] = task
            task.add_done_callback(lambda done: self._finished(name, done))
        return await asyncio.shield(task)

    def _finished(self, name: str, task: asyncio.Task[Any]) -> None:
        self._under_way.pop(name, None)
        if not task.cancelled():
            task.exception()  # read, so that a look-up nobody waits for any more is not reported as unread

    async def _noting(self, name: str, origin: str, fetch: Callable[[], Awaitable[_Found]]) -> _Found:
        try:
            return await fetch()
        except PeerUnreachable as error:
            if error.code == "url-refused":
                refused = BadSignature("key-id") if name.startswith("key:") else error
                self._invalid.note(name, refused, self._clock.monotonic() + INVALID_FOR_S)
                raise refused from error
            if error.code not in _NOT_THE_NETWORK:
                self._unreachable.note(origin, error, self._clock.monotonic() + UNREACHABLE_FOR_S)
            raise
        except PeerError as error:
            self._invalid.note(name, error, self._clock.monotonic() + INVALID_FOR_S)
            raise

    async def _fetch_key(self, key_id: str) -> StoredKey:
        url, asked_at = urldefrag(key_id).url, self._clock.now()
        new = await self._newness(url)
        budget = self._documents.budget()
        document = await self._documents.fetch(url, budget)
        if not ACTOR_TYPES.intersection(types_of(document)):
            document = await self._fetch_owner(document, key_id, budget)
        if not same_origin(str(document["id"]), key_id):
            raise OriginMismatch("key-owner", key=key_id)
        keys = await self._save(document, new, asked_at)
        if key_id not in keys:
            raise BadSignature("key-unknown", "the actor shows no key of this id", key=key_id)
        return keys[key_id]

    async def _fetch_owner(self, document: dict[str, Any], key_id: str, budget: FetchBudget) -> dict[str, Any]:
        """Return the actor that a key document names, fetched under its own id (5.5 step 3)."""
        owner = id_of(document.get("owner")) or id_of(document.get("controller"))
        if owner is None or not same_origin(owner, key_id):
            raise OriginMismatch("key-owner", key=key_id)
        found = await self._documents.fetch(owner, budget)
        if found["id"] != owner:
            raise OriginMismatch("key-owner", key=key_id)
        return found

    async def _fetch_actor(self, uri: str, budget: FetchBudget | None) -> StoredActor:
        new, asked_at = await self._newness(uri), self._clock.now()
        try:
            document = await self._documents.fetch(uri, budget)
        except PeerGone:
            await self._store.note_gone(uri)
            self.forget(uri)
            raise
        if document["id"] != uri:
            raise OriginMismatch("actor-id", uri=uri)
        await self._save(document, new, asked_at)
        return StoredActor(uri, document, asked_at)

    async def _newness(self, uri: str) -> _New | None:
        """Return what is new about the actor, None if nothing. Raises PeerUnreachable (`learning-limit`)."""
        if await self._store.find_actor(uri) is not None:
            return None
        origin = origin_of(uri) or ""
        new_host = not self._known_origins.find(origin) and not await self._store.knows_origin(origin)
        new = _New(origin, urlsplit(uri).hostname or "", new_host)
        self._limits.check(new.origin, new.host, new_host=new_host, now=self._clock.monotonic())
        return new

    async def _save(self, document: dict[str, Any], new: _New | None, asked_at: datetime) -> dict[str, StoredKey]:
        """Keep the actor; its keys in memory are those of this document and no others."""
        try:
            actor = parse_actor(document)
        except MalformedActivity as error:
            if error.code == "actor-inbox":
                await self._store.note_inbox_moved(str(document["id"]))
            raise
        keys = await self._store.save_actor(document, asked_at)
        self.forget(actor.id)
        if new is not None:
            self._limits.count(new.origin, new.host, new_host=new.new_host, now=self._clock.monotonic())
            self._known_origins.put(new.origin, True)
        return keys

    def _may_refresh(self, stored: StoredKey) -> bool:
        now = self._clock.monotonic()
        last = self._refreshed.find(stored.key_id)
        if last is not None and now - last < REFRESH_AFTER.total_seconds():
            return False
        if self._clock.now() - stored.fetched_at < REFRESH_AFTER:
            return False
        self._refreshed.put(stored.key_id, now)
        return True

    def _keep(self, stored: StoredKey) -> LoadedKey:
        known = self._loaded.find(stored.key_id)
        if known is not None and known.stored == stored:
            return known
        try:
            loaded = LoadedKey(stored, self._load(stored))
        except ValueError as error:
            raise BadSignature("key-unusable", key=stored.key_id) from error
        self._loaded.put(stored.key_id, loaded)
        return loaded
