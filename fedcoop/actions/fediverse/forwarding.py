"""Passing on what somebody said to our followers about a thing of ours (federation.md 8.3; ActivityPub §7.1.2).

The activity is kept byte for byte as it came, under its own id, as something that the co-op sends: its author's proof
vouches for it, our signature only for the way. It is in no outbox, and nobody can ask for it here.
"""

from datetime import timedelta

from fedcoop.actions.events import ActivityForwarded
from fedcoop.kernel.ids import ActivityId
from fedcoop.storage.records import ActivityRow, Actor
from fedcoop.storage.unit_of_work import UnitOfWork

PER_ORIGIN = 60
AN_HOUR = timedelta(hours=1)


def forward(uow: UnitOfWork, *, author: Actor, type_: str, uri: str, target: str, raw: bytes) -> bool:
    """The activity is on its way to our followers, unchanged; at most 60 an hour of one origin. Return whether it is."""
    earlier = uow.audits.about(author.origin, limit=PER_ORIGIN)
    if sum(entry.at > uow.now - AN_HOUR for entry in earlier if entry.what == "activity-forwarded") >= PER_ORIGIN:
        return False
    if uow.queues.find_activity(uri) is not None:
        return False
    row = ActivityRow(
        id=ActivityId(uow.new_id()),
        uri=uri,
        actor_id=uow.actors.local(uow.site.coop_name).id,
        type=type_,
        object=target,
        public=False,
        audience=(),
        document=raw.decode(),
        created_at=uow.now,
    )
    uow.queues.add_activity(row)
    uow.audit("activity-forwarded", who=author.uri, subject=author.origin, details={"activity": uri})
    uow.record(ActivityForwarded(activity_id=row.id, from_origin=author.origin))
    return True
