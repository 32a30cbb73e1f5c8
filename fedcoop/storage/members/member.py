"""Members, their linked fediverse accounts and pending codes: rows ↔ plain values."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, or_, select, text, union, update

from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import every, first, insert, insert_ignore, maker, upsert
from fedcoop.storage.records import Actor, Link, LinkChallenge

_link, _challenge = maker(Link), maker(LinkChallenge)
_FIELDS = tuple(Member.__slots__)
_COLUMNS = [t.members.c[name] for name in _FIELDS]


def _member(row: Row[Any]) -> Member:
    return _member_of(tuple(row))


@lru_cache(maxsize=256)
def _member_of(row: tuple[Any, ...]) -> Member:
    """Return the member of a row of `_COLUMNS`; the same row is the same value."""
    values = dict(zip(_FIELDS, row, strict=True))
    return Member(**{**values, "status": MemberStatus(values["status"])})


@dataclass(frozen=True, slots=True)
class Voter:
    """A verified sender seen as a possible voter; ids are None where there is no active link."""

    actor_id: ActorId
    member_id: MemberId | None
    link_state: str | None


_VOTERS = Prepared(
    select(t.actors.c.uri, t.actors.c.id, t.links.c.member_id, t.links.c.state)
    .select_from(t.actors.outerjoin(t.links, t.links.c.actor_id == t.actors.c.id))
    .where(t.actors.c.uri.in_(bindparam("uris", expanding=True))),
    lambda uri, *voter: (str(uri), Voter(*voter)),
    lists=("uris",),
)


_STANDING = ("status", "member_class", "arrears_since")


def _standing(member: Member) -> tuple[Any, ...]:
    """Return what of a member a roll depends on and time changes."""
    return tuple(getattr(member, name) for name in _STANDING)


_LATER = t.member_changes.alias("later")
_AS_AT = (
    select(*(t.member_changes.c[name] if name in _STANDING else t.members.c[name] for name in _FIELDS))
    .join(t.member_changes, t.member_changes.c.member_id == t.members.c.id)
    .where(
        t.member_changes.c.at
        == select(func.max(_LATER.c.at))
        .where(_LATER.c.member_id == t.members.c.id, _LATER.c.at <= bindparam("at"))
        .scalar_subquery()
    )
    .order_by(t.members.c.number)
)
_BY_ID = select(*_COLUMNS).where(t.members.c.id == bindparam("member_id"))
_COUNT_FULL = select(func.count()).select_from(t.members).where(t.members.c.status == MemberStatus.FULL.value)
_SIGNED_IN = (
    select(*_COLUMNS, t.sessions.c.account_id, t.sessions.c.last_seen_at, t.members.c.theme)
    .select_from(
        t.sessions.join(t.accounts, t.accounts.c.id == t.sessions.c.account_id).join(
            t.members, t.members.c.id == t.accounts.c.member_id
        )
    )
    .where(t.sessions.c.token_hash == bindparam("token_hash"), t.sessions.c.expires_at > bindparam("now"))
)


def name_holds(words: str) -> ColumnElement[bool]:
    """Return the condition that a member's name holds `words`, or that they are the number, such as `M0042` or `42`."""
    number = words.lstrip("Mm").lstrip("0")
    named = t.members.c.display_name.icontains(words, autoescape=True)
    if number.isascii() and number.isdigit() and len(number) < 9:
        return or_(named, t.members.c.number == int(number))
    return named


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who uses an open session, when it was last seen, and the theme the member chose (empty: the system's)."""

    member: Member
    account_id: int
    last_seen_at: datetime
    theme: str


class Members:
    """Repository of the member register and of links."""

    def __init__(self, conn: Connection, now: datetime) -> None:
        self._conn, self._now = conn, now

    def get(self, member_id: MemberId) -> Member:
        """Return the member. Raises NotFound."""
        found = first(self._conn, _BY_ID, _member, {"member_id": member_id})
        if found is None:
            raise NotFound("member-unknown", "There is no such member.", member=member_id)
        return found

    def find_by_name(self, name: str) -> Member | None:
        """Return the member with this short name."""
        return first(self._conn, select(*_COLUMNS).where(t.members.c.name == name), _member)

    def find_by_number(self, number: int) -> Member | None:
        """Return the member with this number."""
        return first(self._conn, select(*_COLUMNS).where(t.members.c.number == number), _member)

    def find_by_email(self, email: str) -> Member | None:
        """Return the member with this e-mail address, compared in lower case."""
        return first(self._conn, select(*_COLUMNS).where(t.members.c.email == email.strip().lower()), _member)

    def find_by_actor(self, actor_id: ActorId) -> Member | None:
        """Return the member whose public actor here this is."""
        return first(self._conn, select(*_COLUMNS).where(t.members.c.actor_id == actor_id), _member)

    def all(self) -> list[Member]:
        """Return the whole register by number."""
        return every(self._conn, select(*_COLUMNS).order_by(t.members.c.number), _member)

    def page(self, statuses: Iterable[MemberStatus], *, words: str, after: int, limit: int) -> list[Member]:
        """Return members in these states beyond the number `after`, by number, whose name or number holds `words`."""
        c = t.members.c
        query = select(*_COLUMNS).where(c.number > after, c.status.in_([status.value for status in statuses]))
        query = query.where(name_holds(words)) if words else query
        return every(self._conn, query.order_by(c.number).limit(limit), _member)

    def called(self, name: str, number: int | None) -> list[Member]:
        """Return two members at most who have this number, or this name, short or shown, in whatever case."""
        c, plain = t.members.c, name.lower()
        same = [c.name == plain, func.lower(c.display_name) == plain]
        query = select(*_COLUMNS).where(or_(*same) if number is None else or_(c.number == number, *same))
        return every(self._conn, query.limit(2), _member)

    def public_names(self, member_ids: Sequence[MemberId]) -> dict[MemberId, str]:
        """Return the name of the public actor of those who have one."""
        query = select(t.members.c.id, t.actors.c.name).join(t.actors, t.actors.c.id == t.members.c.actor_id)
        query = query.where(t.members.c.id.in_(list(member_ids)), t.actors.c.gone_at.is_(None))
        return {MemberId(row[0]): str(row[1]) for row in self._conn.execute(query)} if member_ids else {}

    def many(self, member_ids: Sequence[MemberId]) -> dict[MemberId, Member]:
        """Return these members by id."""
        found = (
            every(self._conn, select(*_COLUMNS).where(t.members.c.id.in_(list(set(member_ids)))), _member)
            if member_ids
            else []
        )
        return {member.id: member for member in found}

    def count_active(self) -> int:
        """Return how many full members there are."""
        return int(self._conn.execute(_COUNT_FULL).scalar_one())

    def next_number(self) -> int:
        """Return the next member number; numbers are never reused (governance.md 15.1)."""
        return int(self._conn.execute(select(func.coalesce(func.max(t.members.c.number), 0))).scalar_one()) + 1

    def add(self, member: Member) -> None:
        """Store a new member; a class not seen before is kept too, with one vote each."""
        insert(self._conn, t.members, {name: getattr(member, name) for name in _FIELDS})
        self._remember(member, member.joined_at)
        name = member.member_class
        insert_ignore(self._conn, t.member_classes, {"name": name, "title": name, "weight": 1, "may_propose": True})

    def put(self, member: Member) -> None:
        """Store the member's row whole; what a roll depends on is remembered as true from now on."""
        if _standing(self.get(member.id)) != _standing(member):
            self._remember(member, self._now)
        values = {name: getattr(member, name) for name in _FIELDS}
        self._conn.execute(update(t.members).where(t.members.c.id == member.id).values(**values))

    def as_at(self, at: datetime) -> list[Member]:
        """Return those who had joined by the instant, with status, class and arrears as they were then, by number."""
        return every(self._conn, _AS_AT, _member, {"at": at})

    def known_names(self, names: Collection[str]) -> set[str]:
        """Return which of these are short names of members."""
        query = select(t.members.c.name).where(t.members.c.name.in_(list(names)))
        return {str(row[0]) for row in self._conn.execute(query)} if names else set()

    def _remember(self, member: Member, at: datetime) -> None:
        values = {"member_id": member.id, "at": at, **dict(zip(_STANDING, _standing(member), strict=True))}
        upsert(self._conn, t.member_changes, values, keys=("member_id", "at"))

    def actor_id_of(self, member_id: MemberId) -> ActorId | None:
        """Return the member's opt-in public actor here."""
        found = self._conn.execute(select(t.members.c.actor_id).where(t.members.c.id == member_id)).scalar_one_or_none()
        return None if found is None else ActorId(found)

    def signed_in(self, token_hash: bytes, now: datetime) -> SignedIn | None:
        """Return who uses this session, in one query; None where it is unknown or over."""
        row = self._conn.execute(_SIGNED_IN, {"token_hash": token_hash, "now": now}).first()
        return None if row is None else SignedIn(_member_of(row[: len(_FIELDS)]), *row[len(_FIELDS) :])

    def set_theme(self, member_id: MemberId, theme: str) -> None:
        """Keep the theme the member chose; empty follows the system."""
        self._conn.execute(update(t.members).where(t.members.c.id == member_id).values(theme=theme))

    def set_actor(self, member_id: MemberId, actor_id: ActorId | None) -> None:
        """Give the member a public actor, or take it away."""
        self._conn.execute(update(t.members).where(t.members.c.id == member_id).values(actor_id=actor_id))

    # links

    def voter(self, actor_uri: str) -> Voter | None:
        """Return who this verified sender is to us, in one query; None for an actor never seen."""
        return self.voters([actor_uri]).get(actor_uri)

    def voters(self, actor_uris: Sequence[str]) -> dict[str, Voter]:
        """Return the same of many senders, in one query; who was never seen is not in it."""
        return dict(_VOTERS.every(self._conn, {"uris": actor_uris}))

    def links_of(self, member_id: MemberId) -> list[tuple[Link, Actor]]:
        """Return the member's links, oldest first, each with its actor."""
        links = every(self._conn, select(t.links).where(t.links.c.member_id == member_id).order_by(t.links.c.id), _link)
        ids = [link.actor_id for link in links]
        actors = (
            {a.id: a for a in every(self._conn, select(t.actors).where(t.actors.c.id.in_(ids)), maker(Actor))}
            if ids
            else {}
        )
        return [(link, actors[link.actor_id]) for link in links]

    def links_with_news(self, silent_before: datetime, *, limit: int) -> list[Link]:
        """Return links that rest, were renamed, moved or suspended, or whose server is silent since before; the newest first."""
        silent = select(t.visits.c.actor_id).where(
            t.visits.c.kind == "actor", t.visits.c.failing_since <= silent_before
        )
        own = select(t.links.c.id).where(text(t.LINKS_WITH_NEWS))
        theirs = select(t.actors.c.id).where(text(t.ACTORS_WITH_NEWS))
        c = t.links.c
        ids = union(own, select(c.id).where(c.actor_id.in_(theirs)), select(c.id).where(c.actor_id.in_(silent)))
        query = select(t.links).where(c.id.in_(ids))
        return every(self._conn, query.order_by(c.id.desc()).limit(limit), _link)

    def find_link(self, actor_id: ActorId) -> Link | None:
        """Return the link of this actor, if it is linked."""
        return first(self._conn, select(t.links).where(t.links.c.actor_id == actor_id), _link)

    def get_link(self, link_id: int) -> Link:
        """Return the link. Raises NotFound."""
        found = first(self._conn, select(t.links).where(t.links.c.id == link_id), _link)
        if found is None:
            raise NotFound("link-unknown", "There is no such linked account.")
        return found

    def put_link(self, link: Link) -> None:
        """Store the link; the actor's uniqueness is a constraint."""
        upsert(
            self._conn,
            t.links,
            {name: getattr(link, name) for name in Link.__slots__},
            keys=("id",),
            keep=("created_at",),
        )

    def drop_link(self, link_id: int) -> None:
        """Remove the link for good."""
        self._conn.execute(delete(t.links).where(t.links.c.id == link_id))

    def freeze_links(self, actor_ids: Sequence[ActorId], reason: str) -> int:
        """Freeze the active links of these actors; return how many (federation.md 14.4)."""
        query = update(t.links).where(t.links.c.actor_id.in_(list(actor_ids)), t.links.c.state == "active")
        return int(self._conn.execute(query.values(state="frozen", reason=reason)).rowcount) if actor_ids else 0

    def freeze_links_with(self, target: str, kind: str, reason: str) -> int:
        """Freeze the active links with actors of an origin (`kind` `origin`), or with one (`actor`); return how many."""
        named = t.actors.c.origin if kind == "origin" else t.actors.c.uri
        those = t.links.c.actor_id.in_(select(t.actors.c.id).where(named == target))
        query = update(t.links).where(those, t.links.c.state == "active")
        return int(self._conn.execute(query.values(state="frozen", reason=reason)).rowcount)

    def freeze_links_of_member(self, member_id: MemberId, reason: str) -> int:
        """Freeze the active links of a member whose membership ended."""
        query = update(t.links).where(t.links.c.member_id == member_id, t.links.c.state == "active")
        return int(self._conn.execute(query.values(state="frozen", reason=reason)).rowcount)

    # codes

    def put_challenge(self, challenge: LinkChallenge) -> None:
        """Store the member's one pending code, replacing an earlier one."""
        self._conn.execute(delete(t.link_challenges).where(t.link_challenges.c.member_id == challenge.member_id))
        insert(self._conn, t.link_challenges, {name: getattr(challenge, name) for name in LinkChallenge.__slots__})

    def challenge_of(self, member_id: MemberId) -> LinkChallenge | None:
        """Return the member's pending code."""
        return first(
            self._conn, select(t.link_challenges).where(t.link_challenges.c.member_id == member_id), _challenge
        )

    def find_challenge(self, code_hash: bytes) -> LinkChallenge | None:
        """Return the pending code with this hash."""
        return first(
            self._conn, select(t.link_challenges).where(t.link_challenges.c.code_hash == code_hash), _challenge
        )

    def prove_challenge(self, code_hash: bytes, actor_id: ActorId, at: datetime) -> None:
        """Remember that this actor sent the code."""
        query = update(t.link_challenges).where(t.link_challenges.c.code_hash == code_hash)
        self._conn.execute(query.values(actor_id=actor_id, proven_at=at))

    def drop_challenge(self, member_id: MemberId) -> None:
        """Forget the member's pending code."""
        self._conn.execute(delete(t.link_challenges).where(t.link_challenges.c.member_id == member_id))
