"""Is this to be passed on to our followers? Only what carries its author's proof and replies to a thing of ours (8.3).

The copy of a reply reaches followers whose servers do not know its author. What was itself forwarded goes no further.
"""

from collections.abc import Mapping

from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.inbox.forwarded import is_of_another_suite
from fedcoop.storage.unit_of_work import UnitOfWork

FORWARDED = frozenset({"Create", "Update", "Delete"})


def is_to_be_forwarded(received: Received, uow: UnitOfWork) -> bool:
    """Return whether it came straight from its author, to our followers, about a public reply of his to an object of ours.

    A proof of our suite was checked at the door: an activity with a bad one is not taken in (federation.md 6).
    """
    if received.proven_by != "signature" or received.activity.type not in FORWARDED or received.all_votes:
        return False
    proof = received.activity.raw.get("proof")
    if not isinstance(proof, Mapping) or is_of_another_suite(proof):
        return False
    followers = uow.urls.followers(uow.site.coop_name)
    return followers in received.activity.recipients and _is_reply_to_ours(received, uow)


def _is_reply_to_ours(received: Received, uow: UnitOfWork) -> bool:
    kept = uow.notes.find_note(received.object_id or "")
    sender = received.sender(uow)
    if kept is None or sender is None or kept.actor_id != sender.id or not kept.public:
        return False
    ours = uow.notes.find_object(kept.in_reply_to) if uow.urls.is_local(kept.in_reply_to) else None
    return ours is not None and ours.public and ours.deleted_at is None
