"""A motion after another on the same text or a newer one: stored with what it follows, and opened at its time.

Each opens by a timer that may fire twice, and a constraint lets each vote be followed once for one reason: neither a
restart nor a second count makes a second one (governance.md 2, 6).
"""

import secrets
from dataclasses import dataclass, replace
from datetime import datetime

from fedcoop.governance.follow_ups.further_votes import Sequel, SequelKind
from fedcoop.governance.follow_ups.rounds import silence_rule
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion, MotionState, Option, Settings
from fedcoop.kernel.html import markdown_to_html
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId, new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork

OPEN_TIMER = "open_motion"


@dataclass(frozen=True, slots=True)
class Next:
    """What is put to the vote after another motion; `method` and `options` None keep those it had."""

    opens_at: datetime
    closes_at: datetime
    title: str
    body: str
    settings: Settings
    method: str | None = None
    options: tuple[Option, ...] | None = None
    proposal_id: ProposalId | None = None


def add_sequel(
    uow: UnitOfWork, earlier: Motion, kind: SequelKind, new: Next, *, by: MemberId | None, number: int = 1
) -> Motion:
    """The motion is stored as scheduled and follows `earlier`; its timer waits. Return it."""
    method = new.method or earlier.method
    options = earlier.options if new.options is None else new.options
    settings = new.settings
    if method == "consent":
        settings = silence_rule(settings, notice=new.closes_at - max(new.opens_at, uow.now), typed=False)
    uuid = new_uuid()
    motion = replace(
        earlier,
        id=MotionId(uow.new_id()),
        uuid=uuid,
        url=uow.urls.motion(uuid),
        proposal_id=new.proposal_id or earlier.proposal_id,
        title=new.title,
        body=new.body,
        method=method,
        options=options,
        settings=settings,
        channels=lifecycle.taken_by(method, options, settings, earlier.channels),
        state=MotionState.SCHEDULED,
        opens_at=new.opens_at,
        closes_at=new.closes_at,
        first_closes_at=new.closes_at,
        extensions=0,
        eligible=0,
        roll_hash="",
        text_hash=lifecycle.text_hash(
            title=new.title, body=new.body, options=options, method=method, settings=settings
        ),
        motion_digest="",
        poll_secret=secrets.token_bytes(32),
        opened_by=by,
        created_at=uow.now,
        closed_at=None,
        no_grace=False,
        reruns=earlier.id if kind is SequelKind.RERUN else None,
    )
    is_poll = lifecycle.is_poll(method, options, settings, motion.channels)
    uow.motions.add(motion, body_html=markdown_to_html(new.body), is_poll=is_poll, context_uuid=new_uuid())
    uow.deciding.add_sequel(Sequel(motion.id, kind, earlier.id, number))
    uow.set_timer(OPEN_TIMER, str(motion.id), new.opens_at)
    details = {"kind": kind.value, "after": earlier.url, "number": number}
    uow.audit("motion-scheduled", who="system" if by is None else f"member:{by}", subject=motion.url, details=details)
    return motion
