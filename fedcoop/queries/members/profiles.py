"""What a member's own public profile brings them: who asks to follow, who follows, what was written to it."""

from dataclasses import dataclass

from fedcoop.governance.members.member import Member
from fedcoop.kernel.ids import ActorId
from fedcoop.queries.fediverse.desk import Author, DeskView, author_of, own_desk
from fedcoop.queries.members.accounts import profile_of
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 50


@dataclass(frozen=True, slots=True)
class Follower:
    """Who follows, or asks to; `id` names them in forms."""

    id: ActorId
    author: Author


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """The settings of a member's public profile; everything but the first is empty without one."""

    profile: Actor | None
    asking: tuple[Follower, ...] = ()
    followers: tuple[Follower, ...] = ()
    number: int = 0
    older: int | None = None
    desk: DeskView | None = None


def profile_settings(uow: UnitOfWork, *, member: Member, before: int | None = None) -> ProfileSettings:
    """Return who asks to follow the member's profile and who follows it, newest first, and what waits for the member."""
    profile = profile_of(uow, member=member)
    if profile is None or profile.gone_at is not None:
        return ProfileSettings(profile)
    found = uow.follows.followers_of(profile.id, "accepted", before=before, limit=PAGE + 1)
    asking = uow.follows.followers_of(profile.id, "pending", limit=PAGE)
    return ProfileSettings(
        profile=profile,
        asking=tuple(Follower(actor.id, author_of(actor)) for _, actor in asking),
        followers=tuple(Follower(actor.id, author_of(actor)) for _, actor in found[:PAGE]),
        number=uow.actors.count_followers(profile.id),
        older=found[PAGE - 1][0].id if len(found) > PAGE else None,
        desk=own_desk(uow, member=member),
    )


@dataclass(frozen=True, slots=True)
class ProfileNews:
    """What waits at a member's profile: people who ask to follow, and what was written to it."""

    asking: int = 0
    written: int = 0


def profile_news(uow: UnitOfWork, *, member: Member) -> ProfileNews:
    """Return what waits for the member at their profile."""
    actor_id = uow.members.actor_id_of(member.id)
    if actor_id is None:
        return ProfileNews()
    return ProfileNews(uow.follows.count_requests(actor_id), sum(uow.desk.waiting(actor_id).values()))
