"""Who follows a member's public profile: the member accepts, refuses, or ends it (`manuallyApprovesFollowers`, federation.md 3.3).

Requests that wait are bounded by server and in all: the oldest give way. Source: federation.md 8.4.
"""

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.events import FollowDropped, FollowReceived
from fedcoop.kernel.errors import Conflict, NotFound
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.storage.records import Follow
from fedcoop.storage.unit_of_work import UnitOfWork

MOST_WAITING = 500
MOST_OF_ORIGIN = 50


@in_name_of("by")
def answer_request(uow: UnitOfWork, *, by: MemberId, follower_id: ActorId, accepted: bool) -> None:
    """The member says yes or no to who asked; `Accept` or `Reject` is on its way, and a refused request is forgotten.

    Raises Conflict (`actor-missing`, `follow-settled`) or NotFound (`follow-unknown`: never asked, or taken back since).
    """
    follow = _follow_of(uow, by, follower_id)
    if follow.state != "pending":
        raise Conflict("follow-settled", "They follow you already.")
    if accepted:
        uow.follows.accept(follow)
    else:
        uow.actors.drop_follow(follow.follower_id, follow.followee_id)
    follower = uow.actors.get(follower_id).uri
    uow.audit("follow-accepted" if accepted else "follow-refused", who=f"member:{by}", subject=follower)
    uow.record(
        FollowReceived(
            follower_id=follow.follower_id, followee_id=follow.followee_id, follow_uri=follow.uri, accepted=accepted
        )
    )


@in_name_of("by")
def remove_follower(uow: UnitOfWork, *, by: MemberId, follower_id: ActorId) -> None:
    """Somebody no longer follows the member's profile, and is told `Reject`. Raises Conflict or NotFound."""
    follow = _follow_of(uow, by, follower_id)
    uow.actors.drop_follow(follow.follower_id, follow.followee_id)
    uow.audit("follower-removed", who=f"member:{by}", subject=uow.actors.get(follower_id).uri)
    uow.record(FollowDropped(follow.follower_id, follow.followee_id, follow.uri))


def bound_requests(uow: UnitOfWork, *, followee_id: ActorId, origin: str) -> None:
    """No more requests wait than a person can look through; what gave way is logged."""
    dropped = uow.follows.drop_oldest_requests(followee_id, origin=origin, most=MOST_OF_ORIGIN)
    dropped += uow.follows.drop_oldest_requests(followee_id, origin="", most=MOST_WAITING)
    if dropped:
        followee = uow.actors.get(followee_id).uri
        uow.audit("follow-requests-dropped", who=origin, subject=followee, details={"number": dropped})


def _follow_of(uow: UnitOfWork, by: MemberId, follower_id: ActorId) -> Follow:
    actor_id = uow.members.actor_id_of(by)
    if actor_id is None:
        raise Conflict("actor-missing", "You have no public profile.")
    follow = uow.actors.find_follow(follower_id, actor_id)
    if follow is None:
        raise NotFound("follow-unknown", "They do not ask to follow you any more.")
    return follow
