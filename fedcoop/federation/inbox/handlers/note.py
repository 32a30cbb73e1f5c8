"""A post that concerns us: a reply to a motion, a mention, words of a followed co-op; or the code of a link (14.1).

What is addressed to an actor of ours and stands on no page of its own waits on the desk for a person (`actions/fediverse/desk.py`):
public mentions, answers to announcements, and every private message that is no code.
"""

import json
from collections.abc import Sequence
from typing import Any

from fedcoop.actions.fediverse.desk import receive_message, receive_post
from fedcoop.actions.fediverse.mirrors import SeenNote, hide, store_note
from fedcoop.actions.members.member import prove_link
from fedcoop.actions.proposals.templates import receive_offer
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.inbox.seen import seen_note
from fedcoop.federation.wire.jsonld import id_of, ids_of
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.html import text_of_html
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

SHOWN_WITH = frozenset({"motion", "proposal"})  # what is said about these stands on their pages


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The post is kept where it belongs and put before whom it is for, or a link is proven."""
    sender = received.sender(uow)
    if sender is None or received.embedded is None:
        return
    seen = seen_note(received.embedded)
    kept = uow.notes.find_note(seen.uri)
    recipient = None if seen.public else _recipient(uow, _named(received))
    if recipient is not None and (kept is None or received.activity.type == "Create"):
        _keep_private(received, uow, sender, recipient, seen)
    elif kept is not None:
        if store_note(uow, author=sender, seen=seen, motion_id=None, kind=kept.kind, said_at=received.said_at):
            _keep_offer(received, uow, sender)
    elif seen.public:
        _keep_public(received, uow, sender, seen)
    elif received.activity.type == "Update":
        hide(uow, author=sender, uri=seen.uri, at=received.said_at)


def _keep_offer(received: Received, uow: UnitOfWork, sender: Actor) -> None:
    """A template that a co-op which we follow offers stands beside our own, to be looked at."""
    value, uri = (received.embedded or {}).get("coop:template"), received.object_id
    if value is not None and uri is not None and uow.actors.is_followed_by_us(sender.id):
        receive_offer(uow, author=sender, uri=uri, value=value)


def _keep_public(received: Received, uow: UnitOfWork, sender: Actor, seen: SeenNote) -> None:
    motion_id = _motion_of(uow, seen.in_reply_to)
    kind = _kind(received, uow, sender, motion_id)
    if not store_note(uow, author=sender, seen=seen, motion_id=motion_id, kind=kind, said_at=received.said_at):
        return
    _keep_offer(received, uow, sender)
    answered = uow.urls.parse(seen.in_reply_to) if seen.in_reply_to else None
    if motion_id is not None or (answered is not None and answered.kind in SHOWN_WITH):
        return
    if answered is not None and answered.kind == "note":
        coop = uow.actors.local(uow.site.coop_name)
        receive_post(uow, author=sender, recipient=coop, uri=seen.uri, kind="answer")
    elif (recipient := _recipient(uow, _named(received))) is not None:
        receive_post(uow, author=sender, recipient=recipient, uri=seen.uri, kind="mention")


def _keep_private(received: Received, uow: UnitOfWork, sender: Actor, recipient: Actor, seen: SeenNote) -> None:
    """A code proves a link, if it came straight and to us alone; everything else waits for whom it is to."""
    if not (_is_to_us_alone(received, uow) and _proves(received, uow, sender, seen)):
        receive_message(uow, author=sender, recipient=recipient, seen=seen, said_at=received.said_at)


def _named(received: Received) -> Sequence[str]:
    """Return whom activity and post are addressed to, in their order."""
    from_post = received.embedded or {}
    named = [found for key in ("to", "cc", "audience") for found in ids_of(from_post.get(key))]
    return [*named, *received.activity.recipients]


def _recipient(uow: UnitOfWork, named: Sequence[str]) -> Actor | None:
    """Return the actor of ours whose people read it: the co-op if it is among them, else the first member's."""
    coop = uow.actors.local(uow.site.coop_name)
    if coop.uri in named or uow.urls.instance_actor in named:
        return coop
    ours = (uow.actors.find(uri) for uri in named if uow.urls.is_local(uri))
    return next((found for found in ours if found is not None and found.local and found.gone_at is None), None)


def _is_to_us_alone(received: Received, uow: UnitOfWork) -> bool:
    """Addressed to actors of ours and to nobody else, by the activity and by the post."""
    return all(_is_actor_of_ours(uow, uri) for uri in _named(received))


def _is_actor_of_ours(uow: UnitOfWork, uri: str) -> bool:
    local = uow.urls.parse(uri)
    return local is not None and local.kind == "actor"


def _proves(received: Received, uow: UnitOfWork, sender: Actor, seen: SeenNote) -> bool:
    coop = uow.urls.actor(uow.site.coop_name)
    straight = (received.activity.type, received.proven_by) == ("Create", "signature")
    to_the_coop = coop in received.activity.recipients
    return straight and to_the_coop and prove_link(uow, text=text_of_html(seen.content), actor=sender)


def _motion_of(uow: UnitOfWork, target: str) -> MotionId | None:
    """Return the motion that a post is about: it replies to it, to what we said of it since, or to a kept reply."""
    if not target:
        return None
    local = uow.urls.parse(target)
    if local is None:
        kept = uow.notes.find_note(target)
        return None if kept is None else kept.motion_id
    if local.kind == "motion":
        motion = uow.motions.find_by_url(target)
    elif local.kind == "note":
        motion = uow.motions.find_by_outcome_note(local.name) or _motion_beside(uow, target)
    else:
        motion = None
    return None if motion is None else motion.id


def _motion_beside(uow: UnitOfWork, target: str) -> Motion | None:
    """Return the motion in whose conversation a note of ours stands."""
    stored = uow.notes.find_object(target)
    answered = None if stored is None else id_of(json.loads(stored.document).get("inReplyTo"))
    return None if answered is None else uow.motions.find_by_url(answered)


def _kind(received: Received, uow: UnitOfWork, sender: Actor, motion_id: MotionId | None) -> str:
    assert received.embedded is not None
    if motion_id is not None:
        return "reply"
    if isinstance(received.embedded.get("coop:announcement"), str):
        return "announcement"
    return "post" if received.relayed_by or uow.actors.is_followed_by_us(sender.id) else "mention"
