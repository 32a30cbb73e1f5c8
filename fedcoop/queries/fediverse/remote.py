"""Polls of other servers as we show them: their numbers, their words, and what our member sent (federation.md 12.6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.governance.members.member import Member
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId, RemoteMotionId
from fedcoop.kernel.lookalikes import first_twins
from fedcoop.storage.fediverse.looks import NOT_FOUND
from fedcoop.storage.records import Actor, RemoteMotion
from fedcoop.storage.unit_of_work import UnitOfWork

OUTCOMES = frozenset(
    ("carried", "not_carried", "inquorate", "tied", "elected", "funded", "no_result", "withdrawn", "annulled")
)


@dataclass(frozen=True, slots=True)
class RemoteLine:
    """One poll of another server in a list."""

    uuid: str
    title: str
    actor_name: str
    actor_uri: str
    by_person: bool
    ends_at: datetime | None
    closed: bool
    sent: bool
    pinned: bool


def remote_motions(uow: UnitOfWork, *, member_id: MemberId) -> tuple[RemoteLine, ...]:
    """Return what those we follow decide, newest first, what its author pins before the rest."""
    found = uow.notes.remote_motions()
    sent = uow.notes.votes_abroad_of(member_id, [motion.id for motion, _ in found])
    pinned = uow.actors.interacted_objects("Add", [motion.uri for motion, _ in found])
    lines = [
        RemoteLine(
            uuid=motion.uuid,
            title=title_of(motion),
            actor_name=name_of(actor),
            actor_uri=actor.uri,
            by_person=_is_by_person(motion, actor),
            ends_at=motion.closes_at,
            closed=motion.is_over(uow.now),
            sent=motion.id in sent,
            pinned=motion.uri in pinned,
        )
        for motion, actor in found
    ]
    return tuple(sorted(lines, key=lambda line: not line.pinned))


@dataclass(frozen=True, slots=True)
class RemoteMotionView:
    """One poll of another server. `sent` is what our member chose; `bar_to_vote` is empty for who may send a vote.

    It is `there` where the vote is no poll, so that it is cast on its own page only (13.2). `by_person`: a person asks, no
    co-op decides. `votes` and `voters` are None where none are told, `shown` tells whether those of the answers are. `failed_at` is
    when we last asked in vain, `may_ask` whether it is time to ask again.
    """

    id: RemoteMotionId
    uuid: str
    title: str
    html: str
    url: str
    actor_name: str
    actor_uri: str
    by_person: bool
    options: Sequence[Mapping[str, Any]]
    multiple: bool
    votes: int | None
    voters: int | None
    shown: bool
    told_at: datetime
    may_ask: bool
    failed_at: datetime | None
    not_found: bool
    ends_at: datetime | None
    closed: bool
    closed_at: datetime | None
    updated_at: datetime | None
    received_at: datetime
    outcome_html: str
    outcome_code: str
    sent: tuple[str, ...]
    sent_at: datetime | None
    void: bool
    bar_to_vote: str
    as_name: str

    @property
    def alike(self) -> tuple[str, str] | None:
        """Two answers that look like one another, whoever meant them to; their author's server takes them all the same."""
        names = [str(option["name"]) for option in self.options]
        twins = first_twins(names)
        return None if twins is None else (names[twins[0]], names[twins[1]])

    @property
    def sent_words(self) -> str:
        """What was sent, as a list in words."""
        return " and ".join([", ".join(self.sent[:-1]), self.sent[-1]]) if len(self.sent) > 1 else "".join(self.sent)


def remote_motion(uow: UnitOfWork, *, uuid: str, member: Member | None) -> RemoteMotionView:
    """Return the poll for this reader. Raises NotFound for one that is not here, or that its author deleted."""
    motion = uow.notes.find_remote_motion_by_uuid(uuid)
    if motion is None or motion.deleted_at is not None:
        raise NotFound("remote-motion-unknown", "There is no such proposal.")
    actor = uow.actors.get(motion.actor_id)
    vote = uow.notes.find_vote_abroad(motion.id, member.id) if member else None
    profile, look = _profile_name(uow, member), uow.looks.find(motion.id)
    closed = motion.is_over(uow.now)
    told = [option["votes"] for option in motion.options if option["votes"] is not None]
    shown = any(told) or (closed and bool(told))
    return RemoteMotionView(
        id=motion.id,
        uuid=motion.uuid,
        title=title_of(motion),
        html=motion.content,
        url=motion.url or motion.uri,
        actor_name=name_of(actor),
        actor_uri=actor.uri,
        by_person=_is_by_person(motion, actor),
        options=motion.options,
        multiple=motion.multiple,
        votes=sum(told) if shown and len(told) == len(motion.options) else None,
        voters=motion.voters_count,
        shown=shown,
        told_at=motion.told_at or motion.received_at,
        may_ask=motion.told.may_ask(look.asked_at if look else None, uow.now),
        failed_at=look.asked_at if look is not None and look.error else None,
        not_found=look is not None and look.error == NOT_FOUND,
        ends_at=motion.closes_at,
        closed=closed,
        closed_at=motion.closes_at if closed else None,
        updated_at=motion.updated_at,
        received_at=motion.received_at,
        outcome_html=motion.outcome_html,
        outcome_code=_code(motion),
        sent=vote.choice if vote else (),
        sent_at=vote.sent_at if vote else None,
        void=vote is not None and motion.is_void(vote),
        bar_to_vote=_bar(
            motion, member, profile, closed=closed, sent=vote is not None and not motion.takes_another(vote)
        ),
        as_name=f"{profile}@{uow.urls.authority}" if profile else "",
    )


def _is_by_person(motion: RemoteMotion, actor: Actor) -> bool:
    """Return whether somebody only asks: no node tells of a decision, and it is not an organisation that speaks."""
    return motion.motion is None and actor.kind != "Organization"


def _profile_name(uow: UnitOfWork, member: Member | None) -> str:
    actor_id = uow.members.actor_id_of(member.id) if member else None
    actor = uow.actors.get(actor_id) if actor_id is not None else None
    return actor.name if actor is not None and actor.gone_at is None else ""


def _bar(motion: RemoteMotion, member: Member | None, profile: str, *, closed: bool, sent: bool) -> str:
    if closed:
        return "closed"
    if not motion.options:
        return "there"
    if motion.has_twins:
        return "twins"
    if member is None:
        return "signed-out"
    if not member.may_vote:
        return "not-a-member"
    if sent:
        return "sent"
    return "" if profile else "no-profile"


def _code(motion: RemoteMotion) -> str:
    code = str((motion.outcome or {}).get("coop:result", ""))
    return code if code in OUTCOMES else ""


def title_of(motion: RemoteMotion) -> str:
    """Return a title to show, never empty."""
    return motion.title or "A proposal without a title"


def name_of(actor: Actor) -> str:
    """Return what to call an actor of another server."""
    return actor.display_name or actor.handle or actor.name or actor.origin


@dataclass(frozen=True, slots=True)
class Known:
    """What an address from elsewhere is to us, and where to go on."""

    told: str
    address: str
    verb: str
    follow_uri: str = ""


def what_is(uow: UnitOfWork, *, uri: str) -> Known | None:
    """Return what we know under this address without asking anybody, or None."""
    if uow.urls.is_local(uri) and uow.urls.parse(uri) is not None:
        return Known("This address is one of ours.", uri.removeprefix(uow.urls.origin) or "/", "Go there")
    motion = uow.notes.find_remote_motion(uri)
    if motion is not None and motion.deleted_at is None:
        return Known(
            f"A proposal of another co-op: {title_of(motion)}.", f"/remote/motions/{motion.uuid}", "Read it here"
        )
    actor = uow.actors.find(uri)
    if actor is not None and actor.gone_at is None:
        return Known(f"{name_of(actor)}, on another server.", "", "", follow_uri=uri)
    return None
