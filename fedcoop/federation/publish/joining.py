"""What followers hear when a count reaches its target, or drops below it again (governance.md 7.2)."""

from fedcoop.federation.publish.decisions import is_public
from fedcoop.federation.publish.outbox import Parcel, coop_actor, publish_object, send
from fedcoop.federation.translate.outgoing import announcement_note
from fedcoop.governance.events import TargetLost, TargetReached
from fedcoop.governance.motions.method import extra_int, plural
from fedcoop.governance.motions.visibility import Viewer, may_see_counts
from fedcoop.governance.words.wording import ended
from fedcoop.kernel.html import escape, link_to
from fedcoop.kernel.ids import new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork


def announce_target(uow: UnitOfWork, event: TargetReached | TargetLost) -> None:
    """A Note in the motion's thread says it, where the totals are public anyway; else it stays in the audit log."""
    motion = uow.motions.get(event.motion_id)
    if not is_public(uow, motion) or not may_see_counts(motion, Viewer.wire(), uow.now):
        return
    target, reached = extra_int(motion.settings, "target", 0), isinstance(event, TargetReached)
    joined = f"{plural(event.accepts, 'has', 'have')} joined"
    told = (
        f"The target of {target} is reached: {joined}."
        if reached
        else f"The target of {target} is missed again: {joined}."
    )
    actor, uri = coop_actor(uow), uow.urls.note(new_uuid())
    note = announcement_note(
        uri=uri,
        url=motion.url,
        author=actor.uri,
        followers=actor.followers,
        content=f"<p>{escape(f'{ended(motion.title)} {told}')}</p><p>{link_to(motion.url)}</p>",
        language=uow.site.config.instance.languages[0],
        kind="general",
        at=uow.now,
    )
    document = {**note, "inReplyTo": motion.url}
    publish_object(uow, actor, document)
    send(uow, actor, Parcel(type="Create", object=document, to=document["to"], cc=document["cc"]))
