"""Actors, their keys, who follows whom, blocks, partners and hosts: rows ↔ plain values."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, or_, select, update

from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import ActorId
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import (
    every,
    fields,
    first,
    insert_ignore,
    itself,
    maker,
    nothing,
    upsert,
    upsert_many,
)
from fedcoop.storage.fediverse.follows import follows_with_actors
from fedcoop.storage.records import Actor, ActorKey, Follow, Host, SigningKeys

_actor, _key, _follow, _host = maker(Actor), maker(ActorKey), maker(Follow), maker(Host)

_ACTORS = select(*fields(t.actors, Actor))
_BY_URI = Prepared(_ACTORS.where(t.actors.c.uri == bindparam("uri")), Actor)
_BY_ID = Prepared(_ACTORS.where(t.actors.c.id == bindparam("actor_id")), Actor)
_LOCAL = Prepared(_ACTORS.where(t.actors.c.local.is_(True), t.actors.c.name == bindparam("name")), Actor)
_KEY = Prepared(select(*fields(t.actor_keys, ActorKey)).where(t.actor_keys.c.key_id == bindparam("key")), ActorKey)
_KEYS = select(t.actor_keys).where(t.actor_keys.c.actor_id == bindparam("actor_id")).order_by(t.actor_keys.c.key_id)
_FOLLOW = select(t.follows).where(
    t.follows.c.follower_id == bindparam("follower"), t.follows.c.followee_id == bindparam("followee")
)
_COUNT_FOLLOWERS = (
    select(func.count())
    .select_from(t.follows)
    .where(t.follows.c.followee_id == bindparam("followee"), t.follows.c.state == "accepted")
)
_BLOCKED = Prepared(
    select(t.blocks.c.target).where(t.blocks.c.target.in_(bindparam("targets", expanding=True))),
    itself,
    lists=("targets",),
)
_FOLLOWED_BY_US = Prepared(
    select(t.follows.c.id)
    .join(t.actors, t.actors.c.id == t.follows.c.follower_id)
    .where(
        t.follows.c.followee_id == bindparam("actor_id"), t.follows.c.state == "accepted", t.actors.c.local.is_(True)
    )
    .limit(1),
    itself,
)
_PARTNER = Prepared(
    select(t.peers.c.actor_id).where(t.peers.c.actor_id == bindparam("actor_id"), t.peers.c.state == "partner"), itself
)
_HOST = Prepared(select(*fields(t.hosts, Host)).where(t.hosts.c.origin == bindparam("origin")), Host)
_SAID_LAST = Prepared(
    update(t.interactions)
    .where(
        *(t.interactions.c[name] == bindparam(f"same_{name}") for name in ("type", "actor_id", "object")),
        t.interactions.c.created_at < bindparam("said_at"),
    )
    .values(uri=bindparam("new_uri"), created_at=bindparam("said_at")),
    nothing,
)

RETIRED_KEYS_SIGN = timedelta(hours=1)
_RETIRED = tuple(name for name in ActorKey.__slots__ if name != "known")


class Actors:
    """Repository of actors, local and remote."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def find(self, uri: str) -> Actor | None:
        """Return the actor of this id, deleted ones too."""
        return _BY_URI.first(self._conn, {"uri": uri})

    def find_shown(self, text: str) -> Actor | None:
        """Return the remote actor whose page or handle (`name@host`) this is: for what people write, not for the wire."""
        c = t.actors.c
        shown = or_(c.url == text, func.lower(c.handle) == text.lower())
        return first(self._conn, select(t.actors).where(c.local.is_(False), shown).order_by(c.id), _actor)

    def get(self, actor_id: ActorId) -> Actor:
        """Return the actor with this internal id. Raises NotFound."""
        found = _BY_ID.first(self._conn, {"actor_id": actor_id})
        if found is None:
            raise NotFound("actor-unknown", actor=actor_id)
        return found

    def many(self, actor_ids: Iterable[ActorId]) -> dict[ActorId, Actor]:
        """Return the actors with these ids, by id."""
        wanted = sorted(set(actor_ids))
        found = every(self._conn, select(t.actors).where(t.actors.c.id.in_(wanted)), _actor) if wanted else []
        return {actor.id: actor for actor in found}

    def find_local(self, name: str) -> Actor | None:
        """Return our own actor of this name, deleted ones too; names are lower case."""
        return _LOCAL.first(self._conn, {"name": name})

    def local(self, name: str) -> Actor:
        """Return our own actor of this name. Raises NotFound."""
        found = self.find_local(name)
        if found is None:
            raise NotFound("actor-unknown", name=name)
        return found

    def put(self, actor: Actor) -> None:
        """Store the actor; one of the same uri is replaced, its internal id and first date stay."""
        values = {name: getattr(actor, name) for name in Actor.__slots__}
        upsert(self._conn, t.actors, values, keys=("uri",), keep=("id", "created_at", "local"))

    def mark_gone(self, actor_id: ActorId, at: datetime) -> None:
        """Remember that the actor is deleted; its row stays as a tombstone and its name is never reused."""
        self._conn.execute(update(t.actors).where(t.actors.c.id == actor_id).values(gone_at=at, document=None))

    # keys

    def find_key(self, key_id: str) -> ActorKey | None:
        """Return the key of exactly this id."""
        return _KEY.first(self._conn, {"key": key_id})

    def keys_of(self, actor_id: ActorId) -> list[ActorKey]:
        """Return every key of the actor, ordered by key id."""
        return every(self._conn, _KEYS, _key, {"actor_id": actor_id})

    def replace_keys(self, actor_id: ActorId, keys: Sequence[ActorKey]) -> None:
        """Make `keys` the only keys of the actor."""
        self._conn.execute(delete(t.actor_keys).where(t.actor_keys.c.actor_id == actor_id))
        for key in keys:
            insert_ignore(self._conn, t.actor_keys, {name: getattr(key, name) for name in ActorKey.__slots__})

    def retire_keys(self, actor_id: ActorId, at: datetime) -> None:
        """Keep our actor's present private keys beside those that will replace them: what was said before is signed so."""
        for key in self.keys_of(actor_id):
            if key.secret is not None:
                values = {name: getattr(key, name) for name in _RETIRED}
                insert_ignore(self._conn, t.retired_keys, {**values, "retired_at": at})

    def trust_keys(self, actor_id: ActorId, key_ids: Collection[str] | None = None) -> None:
        """Call these keys of the actor known, or all of them."""
        query = update(t.actor_keys).where(t.actor_keys.c.actor_id == actor_id)
        if key_ids is not None:
            query = query.where(t.actor_keys.c.key_id.in_(sorted(key_ids)))
        self._conn.execute(query.values(known=True))

    def signing_keys(self, actor_id: ActorId, algorithm: str, now: datetime) -> SigningKeys:
        """Return the private keys of our actor for this algorithm. Raises NotFound (`key-missing`)."""
        present = next((k for k in self.keys_of(actor_id) if k.algorithm == algorithm and k.secret is not None), None)
        if present is None:
            raise NotFound("key-missing", actor=actor_id)
        c = t.retired_keys.c
        query = select(t.retired_keys).where(c.actor_id == actor_id, c.algorithm == algorithm)
        rows = self._conn.execute(query.where(c.retired_at > now - RETIRED_KEYS_SIGN).order_by(c.retired_at))
        retired = [(row.retired_at, ActorKey(*(getattr(row, name) for name in _RETIRED))) for row in rows]
        return SigningKeys(present, tuple(retired))

    def forget_retired_keys(self, now: datetime) -> None:
        """Destroy private keys that sign nothing any more."""
        self._conn.execute(delete(t.retired_keys).where(t.retired_keys.c.retired_at <= now - RETIRED_KEYS_SIGN))

    # follows

    def find_follow(self, follower: ActorId, followee: ActorId) -> Follow | None:
        """Return the follow between the two, whatever its state."""
        return first(self._conn, _FOLLOW, _follow, {"follower": follower, "followee": followee})

    def follows_by_uri(self, uri: str) -> list[Follow]:
        """Return the follows that an activity of this id asked for: one, unless several actors used it."""
        return every(self._conn, select(t.follows).where(t.follows.c.uri == uri).order_by(t.follows.c.id), _follow)

    def put_follow(self, follow: Follow) -> None:
        """Store the follow; one between the same two is replaced."""
        values = {name: getattr(follow, name) for name in Follow.__slots__}
        upsert(self._conn, t.follows, values, keys=("follower_id", "followee_id"), keep=("id",))

    def drop_follow(self, follower: ActorId, followee: ActorId) -> None:
        """Remove the follow between the two if there is one."""
        self._conn.execute(
            delete(t.follows).where(t.follows.c.follower_id == follower, t.follows.c.followee_id == followee)
        )

    def drop_follower_inbox(self, inbox: str) -> None:
        """Remove every follow by actors reached at `inbox`: the inbox said 410 (federation.md 7)."""
        gone = select(t.actors.c.id).where(or_(t.actors.c.inbox == inbox, t.actors.c.shared_inbox == inbox))
        self._conn.execute(delete(t.follows).where(t.follows.c.follower_id.in_(gone)))

    def count_followers(self, actor_id: ActorId) -> int:
        """Return the number of accepted followers."""
        return int(self._conn.execute(_COUNT_FOLLOWERS, {"followee": actor_id}).scalar_one())

    def count_following(self, actor_id: ActorId) -> int:
        """Return the number of actors that accepted our follow."""
        query = (
            select(func.count())
            .select_from(t.follows)
            .where(t.follows.c.follower_id == actor_id, t.follows.c.state == "accepted")
        )
        return int(self._conn.execute(query).scalar_one())

    def follows_of(self, actor_id: ActorId) -> list[tuple[Follow, Actor]]:
        """Return whom the actor follows or has asked to, newest first, each with its actor."""
        query = (
            select(t.follows, t.actors)
            .join(t.actors, t.actors.c.id == t.follows.c.followee_id)
            .where(t.follows.c.follower_id == actor_id)
            .order_by(t.follows.c.id.desc())
        )
        return follows_with_actors(self._conn, query)

    def is_followed_by_us(self, actor_id: ActorId) -> bool:
        """Return whether any of our actors follows this one, accepted."""
        return _FOLLOWED_BY_US.first(self._conn, {"actor_id": actor_id}) is not None

    def follower_inboxes(self, actor_id: ActorId) -> list[str]:
        """Return each inbox that reaches remote followers once, shared ones preferred (federation.md 7)."""
        inbox = func.coalesce(func.nullif(t.actors.c.shared_inbox, ""), t.actors.c.inbox)
        query = (
            select(inbox)
            .distinct()
            .join(t.follows, t.follows.c.follower_id == t.actors.c.id)
            .where(
                t.follows.c.followee_id == actor_id,
                t.follows.c.state == "accepted",
                t.actors.c.local.is_(False),
                t.actors.c.gone_at.is_(None),
                t.actors.c.suspended_at.is_(None),
            )
        )
        return [str(row[0]) for row in self._conn.execute(query) if row[0]]

    # blocks and partners

    def is_blocked(self, *targets: str) -> bool:
        """Return whether any of these origins or actor ids is blocked."""
        return _BLOCKED.first(self._conn, {"targets": targets}) is not None

    def blocked_among(self, targets: Iterable[str]) -> frozenset[str]:
        """Return which of these origins and actor ids are blocked."""
        wanted = sorted(set(targets))
        return frozenset(_BLOCKED.every(self._conn, {"targets": wanted})) if wanted else frozenset()

    def blocked(self) -> list[tuple[str, str]]:
        """Return every block as (target, kind)."""
        return [(row.target, row.kind) for row in self._conn.execute(select(t.blocks).order_by(t.blocks.c.target))]

    def block(self, target: str, kind: str, at: datetime, reason: str = "") -> None:
        """Block an origin (`kind` `origin`) or one actor (`actor`); again is harmless."""
        insert_ignore(self._conn, t.blocks, {"target": target, "kind": kind, "created_at": at, "reason": reason})

    def unblock(self, target: str) -> bool:
        """Lift the block; return whether there was one."""
        return bool(self._conn.execute(delete(t.blocks).where(t.blocks.c.target == target)).rowcount)

    def drop_follows_of(self, actor_id: ActorId) -> None:
        """Remove all follows by and of one actor."""
        c = t.follows.c
        self._conn.execute(delete(t.follows).where(or_(c.follower_id == actor_id, c.followee_id == actor_id)))

    def local_followers(self, actor_id: ActorId) -> list[ActorId]:
        """Return which actors of ours follow the remote one, accepted."""
        query = (
            select(t.follows.c.follower_id)
            .join(t.actors, t.actors.c.id == t.follows.c.follower_id)
            .where(t.follows.c.followee_id == actor_id, t.follows.c.state == "accepted", t.actors.c.local.is_(True))
        )
        return [ActorId(row[0]) for row in self._conn.execute(query)]

    def suspended(self) -> list[str]:
        """Return the ids of suspended actors."""
        return [
            str(row[0])
            for row in self._conn.execute(select(t.actors.c.uri).where(t.actors.c.suspended_at.is_not(None)))
        ]

    def knows_origin(self, origin: str) -> bool:
        """Return whether any actor of the origin is known."""
        return self._conn.execute(select(t.actors.c.id).where(t.actors.c.origin == origin).limit(1)).first() is not None

    def is_partner(self, actor_id: ActorId) -> bool:
        """Return whether the actor is a confirmed partner."""
        return _PARTNER.first(self._conn, {"actor_id": actor_id}) is not None

    def put_peer(self, actor_id: ActorId, state: str, at: datetime) -> None:
        """Record a partnership as `proposed` or `partner`."""
        upsert(
            self._conn,
            t.peers,
            {"actor_id": actor_id, "state": state, "created_at": at},
            keys=("actor_id",),
            keep=("created_at",),
        )

    def peers(self) -> list[tuple[Actor, str]]:
        """Return partners with their state."""
        query = (
            select(t.actors, t.peers.c.state.label("peer_state"))
            .join(t.peers, t.peers.c.actor_id == t.actors.c.id)
            .order_by(t.actors.c.uri)
        )
        return [(Actor(*row[:-1]), str(row[-1])) for row in self._conn.execute(query)]

    def partner_origins(self) -> set[str]:
        """Return the origins of confirmed partners."""
        query = (
            select(t.actors.c.origin)
            .join(t.peers, t.peers.c.actor_id == t.actors.c.id)
            .where(t.peers.c.state == "partner")
        )
        return {str(row[0]) for row in self._conn.execute(query)}

    # hosts

    def host(self, origin: str) -> Host | None:
        """Return what is known of the origin as a receiver."""
        return _HOST.first(self._conn, {"origin": origin})

    def hosts(self, origins: Iterable[str]) -> dict[str, Host]:
        """Return what is known of these origins, by origin."""
        found = every(self._conn, select(t.hosts).where(t.hosts.c.origin.in_(sorted(set(origins)))), _host)
        return {host.origin: host for host in found}

    def put_hosts(self, hosts: Iterable[Host]) -> None:
        """Store these hosts whole."""
        rows = [{name: getattr(host, name) for name in Host.__slots__} for host in hosts]
        upsert_many(self._conn, t.hosts, rows, keys=("origin",))

    def note_scheme(self, origin: str, scheme: str, at: datetime) -> None:
        """Remember which form of signature the origin took last."""
        values = {"origin": origin, "scheme": scheme, "scheme_at": at, "failures": 0}
        upsert(self._conn, t.hosts, values, keys=("origin",), keep=("failures",))

    def note_announced(self, origin: str, scheme: str) -> None:
        """Remember which form of signature the origin's actors say that it takes; nothing if they say none."""
        known = self.host(origin)
        if ("" if known is None else known.announced) == scheme:
            return
        values = {"origin": origin, "scheme": "", "failures": 0, "announced": scheme}
        upsert(self._conn, t.hosts, values, keys=("origin",), keep=("scheme", "failures"))

    def note_handle(self, uri: str, handle: str) -> Actor:
        """Store the handle that looped back, if there is one, and return the actor. Raises NotFound."""
        if handle:
            self._conn.execute(update(t.actors).where(t.actors.c.uri == uri).values(handle=handle))
        found = self.find(uri)
        if found is None:
            raise NotFound("actor-unknown", actor=uri)
        return found

    def list_local(self) -> list[Actor]:
        """Return our own actors that are not deleted."""
        return every(
            self._conn, select(t.actors).where(and_(t.actors.c.local.is_(True), t.actors.c.gone_at.is_(None))), _actor
        )

    def note_interaction(self, values: Mapping[str, Any]) -> bool:
        """Count a Like or Announce once per actor and object, the one said last; return whether it is new."""
        if insert_ignore(self._conn, t.interactions, values):
            return True
        same = {f"same_{name}": values[name] for name in ("type", "actor_id", "object")}
        _SAID_LAST.run(self._conn, {**same, "said_at": values["created_at"], "new_uri": values["uri"]})
        return False

    def interactions_by_uri(self, uri: str) -> list[Row[Any]]:
        """Return what activities of this id stand for: type, actor_id, object, created_at."""
        return list(self._conn.execute(select(t.interactions).where(t.interactions.c.uri == uri)))

    def drop_interaction(self, *, actor_id: ActorId, type_: str, target: str, said_by: datetime) -> bool:
        """Remove the actor's interaction of a type with an object if it was said by then; return whether there was one."""
        c = t.interactions.c
        same = delete(t.interactions).where(c.type == type_, c.actor_id == actor_id, c.object == target)
        return bool(self._conn.execute(same.where(c.created_at <= said_by)).rowcount)

    def interacted_objects(self, type_: str, targets: Sequence[str]) -> set[str]:
        """Return those of the objects that an interaction of this type names."""
        c = t.interactions.c
        query = select(c.object).where(c.type == type_, c.object.in_(targets))
        return {str(row[0]) for row in self._conn.execute(query)}

    def count_interactions(self, target: str) -> dict[str, int]:
        """Return how often each type of interaction names the object."""
        c = t.interactions.c
        query = select(c.type, func.count()).where(c.object == target).group_by(c.type)
        return {str(row[0]): int(row[1]) for row in self._conn.execute(query)}

    def interacting_inboxes(self, target: str) -> list[str]:
        """Return the inboxes of those who boosted the object (federation.md 12.4)."""
        inbox = func.coalesce(func.nullif(t.actors.c.shared_inbox, ""), t.actors.c.inbox)
        query = select(inbox).distinct().join(t.interactions, t.interactions.c.actor_id == t.actors.c.id)
        query = query.where(
            t.interactions.c.object == target, t.interactions.c.type == "Announce", t.actors.c.gone_at.is_(None)
        )
        return [str(row[0]) for row in self._conn.execute(query) if row[0]]
