"""Linked fediverse accounts as their member and the registrar see them, and what their own servers say of them now.

Links are shown to these two only, and never leave the co-op (federation.md 14.7).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from fedcoop.governance.members.member import Member
from fedcoop.queries.people import Person, people
from fedcoop.storage.fediverse.visits import Visit
from fedcoop.storage.records import Actor, Link
from fedcoop.storage.unit_of_work import UnitOfWork

SILENT_AFTER = timedelta(days=2)
SHOWN = 50


@dataclass(frozen=True, slots=True)
class LinkView:
    """One linked account; `reason` says why it rests.

    `former` is how it was called when it was linked, `moved_to` where it says that it has gone, `silent_since` since when
    its server has not answered us for two days.
    """

    id: int
    handle: str
    uri: str
    state: str
    reason: str
    since: datetime | None
    former: str = ""
    moved_to: str = ""
    is_suspended: bool = False
    silent_since: datetime | None = None

    @property
    def is_news(self) -> bool:
        """Whether there is anything about it that one has to know."""
        return self.state != "active" or bool(self.former or self.moved_to or self.is_suspended or self.silent_since)


@dataclass(frozen=True, slots=True)
class MemberLink:
    """A linked account and whose it is."""

    person: Person
    link: LinkView


def links_of(uow: UnitOfWork, *, member: Member) -> tuple[LinkView, ...]:
    """Return the member's linked accounts, the oldest first."""
    return _views(uow, uow.members.links_of(member.id))


def linked_news(uow: UnitOfWork) -> tuple[MemberLink, ...]:
    """Return linked accounts about which there is something to know, fifty at most, for the registrar."""
    links = uow.members.links_with_news(uow.now - SILENT_AFTER, limit=SHOWN)
    actors = uow.actors.many([link.actor_id for link in links])
    views = _views(uow, [(link, actors[link.actor_id]) for link in links])
    names = people(uow, [link.member_id for link in links])
    return tuple(
        MemberLink(names[link.member_id], view) for link, view in zip(links, views, strict=True) if view.is_news
    )


def _views(uow: UnitOfWork, found: Sequence[tuple[Link, Actor]]) -> tuple[LinkView, ...]:
    visits = uow.visits.of_actors([actor.id for _, actor in found])
    return tuple(_view(uow, link, actor, visits.get(actor.id)) for link, actor in found)


def _view(uow: UnitOfWork, link: Link, actor: Actor, visit: Visit | None) -> LinkView:
    failing = visit.failing_since if visit is not None else None
    came_back = link.reason == "gone" and actor.gone_at is None
    return LinkView(
        id=link.id,
        handle=link.handle or actor.handle,
        uri=actor.uri,
        state=link.state,
        reason="came-back" if came_back else link.reason,
        since=link.confirmed_at,
        former=link.former_handle,
        moved_to=_named(uow, actor.moved_to),
        is_suspended=actor.suspended_at is not None or (actor.document or {}).get("suspended") is True,
        silent_since=failing if failing is not None and failing <= uow.now - SILENT_AFTER else None,
    )


def _named(uow: UnitOfWork, uri: str) -> str:
    """Return the address of the actor where it is known, else its id."""
    found = uow.actors.find(uri) if uri else None
    return f"@{found.handle}" if found is not None and found.handle else uri
