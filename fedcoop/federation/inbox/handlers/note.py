"""A post that concerns us: a reply to a motion, a mention, words of a followed co-op; or the code of a link (14.1).

Direct messages are not kept: all that is looked for in them is a code.
"""

from typing import Any

from fedcoop.actions.members import prove_link
from fedcoop.actions.remote import SeenNote, store_note
from fedcoop.actions.templates import receive_offer
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.inbox.seen import seen_note
from fedcoop.federation.wire.jsonld import ids_of
from fedcoop.kernel.html import text_of_html
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The post is kept where it belongs, or a link is proven."""
    sender = received.sender(uow)
    if sender is None or received.embedded is None:
        return
    seen = seen_note(received.embedded)
    if received.activity.type == "Update":
        _keep_offer(received, uow, sender)
        store_note(uow, author=sender, seen=seen, motion_id=None, kind="post")
    elif _is_direct(received, uow):
        _look_for_code(received, uow, sender, seen)
    elif seen.public:
        _keep_offer(received, uow, sender)
        motion_id = _motion_of(uow, seen.in_reply_to)
        store_note(uow, author=sender, seen=seen, motion_id=motion_id, kind=_kind(received, uow, motion_id))


def _keep_offer(received: Received, uow: UnitOfWork, sender: Actor) -> None:
    """A template that a co-op which we follow offers stands beside our own, to be looked at."""
    value, uri = (received.embedded or {}).get("coop:template"), received.object_id
    if value is not None and uri is not None and uow.actors.is_followed_by_us(sender.id):
        receive_offer(uow, author=sender, uri=uri, value=value)


def _is_direct(received: Received, uow: UnitOfWork) -> bool:
    """Addressed to actors of ours and to nobody else, by the activity and by the post."""
    assert received.embedded is not None
    named = {*received.activity.recipients, *seen_audience(received)}
    return bool(named) and all(_is_actor_of_ours(uow, uri) for uri in named)


def seen_audience(received: Received) -> tuple[str, ...]:
    """Return whom the post itself is addressed to."""
    from_post = received.embedded or {}
    return tuple(found for key in ("to", "cc", "audience") for found in ids_of(from_post.get(key)))


def _is_actor_of_ours(uow: UnitOfWork, uri: str) -> bool:
    local = uow.urls.parse(uri)
    return local is not None and local.kind == "actor"


def _look_for_code(received: Received, uow: UnitOfWork, sender: Actor, seen: SeenNote) -> None:
    coop = uow.urls.actor(uow.site.coop_name)
    if received.proven_by == "signature" and coop in received.activity.recipients:
        prove_link(uow, text=text_of_html(seen.content), actor=sender)


def _motion_of(uow: UnitOfWork, target: str) -> MotionId | None:
    """Return the motion that a post is about: it replies to it, to its outcome, or to a kept reply."""
    if not target:
        return None
    local = uow.urls.parse(target)
    if local is None:
        kept = uow.notes.find_note(target)
        return None if kept is None else kept.motion_id
    if local.kind == "motion":
        motion = uow.motions.find_by_url(target)
    elif local.kind == "note":
        motion = uow.motions.find_by_outcome_note(local.name)
    else:
        motion = None
    return None if motion is None else motion.id


def _kind(received: Received, uow: UnitOfWork, motion_id: MotionId | None) -> str:
    assert received.embedded is not None
    if motion_id is not None:
        return "reply"
    if isinstance(received.embedded.get("coop:announcement"), str):
        return "announcement"
    sender = received.sender(uow)
    is_followed = sender is not None and uow.actors.is_followed_by_us(sender.id)
    return "post" if is_followed or received.relayed_by else "mention"
