"""What other servers hear beside a vote: a later close and why, stated outcomes, spelling fixes, each a Note of its own.

The content of a motion's object never changes once voting began (federation.md 12.5); what is said later stands beside.
"""

from typing import Any

from fedcoop.federation.publish import decisions
from fedcoop.federation.publish.outbox import coop_actor, when
from fedcoop.federation.translate.decisions import beside_note
from fedcoop.governance.events import ErratumPublished, MotionExtended, MotionOpened, MotionReopened, OutcomeStated
from fedcoop.governance.follow_ups.further_votes import SequelKind
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.words.posts import reason_told
from fedcoop.governance.words.wording import ended
from fedcoop.kernel.html import escape, link_to, plain_to_html
from fedcoop.kernel.ids import new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork


def announce_extension(uow: UnitOfWork, event: MotionExtended) -> None:
    """The new `endTime` is on its way (12.5), and a Note that says until when and why."""
    _publish_new_end(uow, event, "Voting goes on until")


def announce_reopening(uow: UnitOfWork, event: MotionReopened) -> None:
    """The poll is open again, with its new end (12.5), and a Note that says until when and why."""
    _publish_new_end(uow, event, "Votes are taken again until")


def _publish_new_end(uow: UnitOfWork, event: MotionExtended | MotionReopened, words: str) -> None:
    motion = uow.motions.get(event.motion_id)
    decisions.update_object(uow, motion)
    head = f"{words} {when(uow, motion.closes_at)}: {ended(motion.title)} Votes already cast still count."
    _publish(uow, motion, new_uuid(), f"<p>{escape(head)}</p>{reason_told(event.reason)}{_link(motion)}")


def announce_statement(uow: UnitOfWork, event: OutcomeStated) -> None:
    """The stated outcome, or what a decider decided, is a Note in the conversation; a later version is another one."""
    motion = uow.motions.get(event.motion_id)
    statement = next(item for item in uow.deciding.statements(motion.id) if item.version == event.version)
    names = [option.name for option in motion.options if option.key in statement.options]
    chosen = f" Chosen: {', '.join(names)}." if names else ""
    head = f"Outcome: {ended(motion.title)}{chosen}" if not statement.code else f"Decided: {ended(motion.title)}"
    again = f" (version {statement.version})" if statement.version > 1 else ""
    content = f"<p>{escape(head + again)}</p>{plain_to_html(statement.text)}{_link(motion)}"
    _publish(uow, motion, statement.note_uuid, content)


def announce_erratum(uow: UnitOfWork, event: ErratumPublished) -> None:
    """The spelling fix is a Note beside the text, which stays as it was."""
    motion = uow.motions.get(event.motion_id)
    erratum = next(item for item in uow.deciding.errata(motion.id) if item.id == event.erratum_id)
    content = (
        f"<p>{escape(f'Spelling in “{motion.title}”: read “{erratum.reads}” for “{erratum.was}”.')} "
        f"The text that is voted on stays as it is.</p>{_link(motion)}"
    )
    _publish(uow, motion, erratum.note_uuid, content)


def announce_sequel(uow: UnitOfWork, event: MotionOpened) -> None:
    """Where a vote follows another one, the conversation of that one hears of it; the new object names it (12.5)."""
    motion = uow.motions.get(event.motion_id)
    sequel = uow.deciding.sequel_of(motion.id)
    if sequel is None:
        return
    earlier = uow.motions.get(sequel.earlier_id)
    content = f"<p>{escape(f'{_FOLLOWS[sequel.kind]}: {ended(motion.title)}')}</p>{_link(motion)}"
    _publish(uow, earlier, new_uuid(), content)


_FOLLOWS = {
    SequelKind.RERUN: "Called again as a new vote",
    SequelKind.SECOND_CALL: "Called a second time, because too few took part",
    SequelKind.CONFIRMATION: "A second vote confirms this",
    SequelKind.ROUND: "The next round, on a newer version",
    SequelKind.FALLBACK: "After the rounds of consent, a vote decides",
    SequelKind.CALL_IN: "Members called this decision in; all vote on it",
}


def _publish(uow: UnitOfWork, motion: Motion, note_uuid: str, content: str) -> None:
    actor = coop_actor(uow)
    note: dict[str, Any] = beside_note(
        motion,
        decisions.publication(uow, motion, actor),
        uri=uow.urls.note(note_uuid),
        content=content,
        at=uow.now,
    )
    decisions.send_note(uow, motion, actor, note)


def _link(motion: Motion) -> str:
    return f"<p>{link_to(motion.url)}</p>"
