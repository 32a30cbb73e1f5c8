"""The members' list, the page about an actor of ours, and the office."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.governance.follow_ups.petitions import ANNUL, signatures_needed
from fedcoop.governance.members.member import ENDED, Member, MemberStatus
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.profile import Field, fields_of, summary_html
from fedcoop.queries.fediverse.linked import MemberLink, linked_news
from fedcoop.queries.follow_ups.decision_register import STANDING, UNDER_WAY, MotionLine, motion_lines
from fedcoop.queries.instance.alarms import Alarms, alarms_of
from fedcoop.queries.instance.outages import AwayLine, away_for_office
from fedcoop.queries.people import person
from fedcoop.queries.talk.announcements import EVERYBODY, AnnouncementView, announcement_views
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 100
_HERE = tuple(status for status in MemberStatus if status not in ENDED)


@dataclass(frozen=True, slots=True)
class MemberLine:
    """One member as members see them."""

    number: int
    name: str
    uri: str
    member_class: str
    status: str
    is_admin: bool
    joined_at: datetime
    profile: str


@dataclass(frozen=True, slots=True)
class MembersView:
    """A page of the members' list; `further` is the number to go on from, or None at the end."""

    lines: tuple[MemberLine, ...]
    active: int
    further: int | None


def members_view(uow: UnitOfWork, *, words: str, after: int = 0) -> MembersView:
    """Return a page of members whose name or number holds `words`, by number; without those who left."""
    found = uow.members.page(_HERE, words=words, after=after, limit=PAGE + 1)
    shown = found[:PAGE]
    profiles = uow.members.public_names([member.id for member in shown])
    lines = tuple(_line(uow, member, profiles.get(member.id, "")) for member in shown)
    return MembersView(lines, uow.members.count_active(), shown[-1].number if len(found) > PAGE else None)


def _line(uow: UnitOfWork, member: Member, profile: str) -> MemberLine:
    shown = person(uow, member)
    return MemberLine(
        number=member.number,
        name=shown.name,
        uri=shown.uri,
        member_class=member.member_class,
        status=member.status.value,
        is_admin=member.is_admin,
        joined_at=member.joined_at,
        profile=profile,
    )


@dataclass(frozen=True, slots=True)
class ProfileView:
    """The page about an actor of ours. `icon` and `image` are names of pictures, empty where a sign is drawn or none is shown."""

    display_name: str
    handle: str
    uri: str
    summary_html: str
    is_coop: bool
    is_gone: bool
    followers: int
    icon: str
    image: str
    fields: tuple[Field, ...]
    open: tuple[MotionLine, ...]
    announcements: tuple[AnnouncementView, ...]


def profile_view(uow: UnitOfWork, *, name: str) -> ProfileView:
    """Return the page about our actor of this name. Raises NotFound."""
    actor = uow.actors.find_local(name)
    if actor is None or actor.kind == "Application":
        raise NotFound("actor-unknown", "There is nobody at this address.")
    is_coop, instance = name == uow.site.coop_name, uow.site.config.instance
    lines = motion_lines(uow, uow.motions.listing(UNDER_WAY, public=True)) if is_coop else ()
    found = uow.notes.announcements(EVERYBODY, limit=10) if is_coop else []
    return ProfileView(
        display_name=actor.display_name or actor.name,
        handle=f"{actor.name}@{uow.urls.authority}",
        uri=actor.uri,
        summary_html=summary_html(instance.description) if is_coop else actor.summary,
        is_coop=is_coop,
        is_gone=actor.gone_at is not None,
        followers=uow.actors.count_followers(actor.id),
        icon=actor.icon if instance.icon else "",
        image=actor.image,
        fields=fields_of(
            website=instance.website, contact=instance.contact, fields=instance.fields, origin=uow.urls.origin
        )
        if is_coop
        else (),
        open=tuple(line for line in lines if line.phase == "open"),
        announcements=announcement_views(uow, found, names=False),
    )


@dataclass(frozen=True, slots=True)
class FollowLine:
    """A co-op that we follow, or asked to."""

    uri: str
    name: str
    handle: str
    state: str


@dataclass(frozen=True, slots=True)
class PetitionLine:
    """An open petition to annul a vote; with enough signatures the committee decides."""

    uuid: str
    title: str
    signatures: int
    needed: int


def _petitions(uow: UnitOfWork) -> tuple[PetitionLine, ...]:
    found = []
    for petition in uow.deciding.open_petitions(ANNUL):
        motion = uow.motions.get(petition.motion_id)
        signatures = len(uow.deciding.signatures(motion.id, ANNUL))
        found.append(PetitionLine(motion.uuid, motion.title, signatures, signatures_needed(motion.eligible)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class OfficeView:
    """What somebody with an office looks after."""

    members: int
    followers: int
    follows: tuple[FollowLine, ...]
    queues: Mapping[str, Mapping[str, Any]]
    petitions: tuple[PetitionLine, ...]
    reviews: int
    objections: int
    away: tuple[AwayLine, ...]
    alarms: Alarms
    linked: tuple[MemberLink, ...]
    to_look_at: int
    desk: Mapping[str, int]


def office_view(uow: UnitOfWork) -> OfficeView:
    """Return numbers, followed co-ops and the state of the queues."""
    coop = uow.actors.local(uow.site.coop_name)
    follows = tuple(
        FollowLine(
            actor.uri, actor.display_name or actor.name, f"@{actor.handle}" if actor.handle else actor.uri, follow.state
        )
        for follow, actor in uow.actors.follows_of(coop.id)
    )
    return OfficeView(
        members=uow.members.count_active(),
        followers=uow.actors.count_followers(coop.id),
        follows=follows,
        queues=uow.queues.summary(uow.now),
        petitions=_petitions(uow),
        reviews=uow.deciding.count_states(STANDING["review_due"]),
        objections=len(uow.rolls.pending()),
        away=away_for_office(uow),
        alarms=alarms_of(uow),
        linked=linked_news(uow),
        to_look_at=int(uow.visits.summary(uow.now)["waiting"]),
        desk=uow.desk.waiting(coop.id),
    )
