"""Motions from opening to outcome: opened, extended, closed, counted, annulled (governance.md 2, 3, 5).

Closing is three steps, so that a long count holds up nobody: a unit stops acceptance, `governance.proof.recount.count` runs
outside, a unit stores what it found. Each may run twice after a crash; the second time finds it done.
"""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions import lots, rolls
from fedcoop.actions.motions.after_count import after_count
from fedcoop.actions.motions.opening import CLOSE_TIMER as CLOSE_TIMER
from fedcoop.actions.motions.opening import open_scheduled as open_scheduled
from fedcoop.actions.motions.opening import start_motion as start_motion
from fedcoop.actions.motions.scheduling import OPEN_TIMER as OPEN_TIMER
from fedcoop.actions.motions.timers import COUNT_TIMER as COUNT_TIMER
from fedcoop.actions.motions.transitions import is_amendment_vote, move_with, who
from fedcoop.governance.delegation.delegation_rule import check_naming
from fedcoop.governance.events import MotionAnnulled, MotionClosed, MotionExtended
from fedcoop.governance.follow_ups import rounds
from fedcoop.governance.follow_ups.further_votes import check_last
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.choices import Shape
from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Option, Settings
from fedcoop.governance.motions.option_lines import line_of
from fedcoop.governance.motions.outcomes import outcome_to_json
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.motions.tallies import tally_to_json
from fedcoop.governance.proof import logchain, public_lots
from fedcoop.governance.proof.recount import Counted, Material
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState, after
from fedcoop.governance.rolls import roll
from fedcoop.governance.rolls.weight_rules import with_register
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import Conflict, MotionRefused
from fedcoop.kernel.html import markdown_to_html, plain_text, prose
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId, new_uuid
from fedcoop.storage.records import LogEntry, OutcomeRow, Version
from fedcoop.storage.unit_of_work import UnitOfWork

LOOK_AGAIN = timedelta(seconds=1)
DEFAULT_CHANNELS = frozenset({Channel.WEB, Channel.ACTIVITYPUB})


@dataclass(frozen=True, slots=True)
class Draft:
    """What somebody wants to put to a vote. `settings` are words by their names in governance.md."""

    title: str
    body: str
    method: str
    closes_at: datetime
    options: Sequence[Option] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    channels: frozenset[Channel] = DEFAULT_CHANNELS
    opens_at: datetime | None = None


def plan_motion(uow: UnitOfWork, *, by: MemberId, draft: Draft) -> tuple[Motion, str]:
    """Return the motion as `open_motion` would open it now, and its rendered text; nothing is stored.

    Raises NotAllowed or MotionRefused (its code names the field).
    """
    rolls.demand_proposing(uow, by)
    return build_motion(uow, by=by, draft=draft, proposal_id=ProposalId(uow.new_id()))


def build_motion(uow: UnitOfWork, *, by: MemberId | None, draft: Draft, proposal_id: ProposalId) -> tuple[Motion, str]:
    """Return the motion on a proposal and its rendered text, whoever opens it; nothing is stored. Raises MotionRefused."""
    lifecycle.check_text(draft.title, draft.body)
    if draft.method not in METHODS:
        raise MotionRefused("method", f"The method is one of: {', '.join(METHODS)}.")
    method = METHODS[draft.method]
    options = (
        tuple(lifecycle.tidy(option) for option in draft.options) if method.own_options else ()
    ) or method.default_options()
    if method.shape is not Shape.WORDS:
        lifecycle.check_options(options)
    words = with_register(draft.settings, method, uow.classes.all())
    settings = settings_of(method, words, grace=uow.site.config.federation.grace)
    lifecycle.check_settings(draft.method, options, settings)
    lifecycle.check_delegation(settings, Bylaws())
    lots.check_scrutineers(uow, settings)
    opens_at = max(draft.opens_at or uow.now, uow.now)
    settings = _asked(uow, draft, settings, opens_at)
    rolls.check_rule(uow, method, settings, opens_at=opens_at)
    lifecycle.check_dates(opens_at, draft.closes_at, Bylaws())
    if not draft.channels:
        raise MotionRefused("channels", "Choose at least one way to vote: web or activitypub.")
    title, body = plain_text(draft.title, lifecycle.MAX_TITLE), prose(draft.body)
    uuid = new_uuid()
    motion = Motion(
        id=MotionId(uow.new_id()),
        uuid=uuid,
        url=uow.urls.motion(uuid),
        proposal_id=proposal_id,
        title=title,
        body=body,
        method=draft.method,
        options=options,
        settings=settings,
        channels=lifecycle.taken_by(draft.method, options, settings, draft.channels),
        state=MotionState.SCHEDULED,
        opens_at=opens_at,
        closes_at=draft.closes_at,
        first_closes_at=draft.closes_at,
        extensions=0,
        eligible=0,
        roll_hash="",
        text_hash=lifecycle.text_hash(title=title, body=body, options=options, method=draft.method, settings=settings),
        motion_digest="",
        poll_secret=secrets.token_bytes(32),
        opened_by=by,
        created_at=uow.now,
    )
    return motion, markdown_to_html(body)


def _asked(uow: UnitOfWork, draft: Draft, settings: Settings, opens_at: datetime) -> Settings:
    """Return the settings with what depends on dates; members named in them must exist. Raises MotionRefused by setting."""
    for setting, names in METHODS[draft.method].named_members(settings).items():
        unknown = [name for name in names if uow.members.find_by_name(name) is None]
        if unknown:
            raise MotionRefused(setting, f"There is no member with the short name {unknown[0]}.")
    if draft.method != "consent":
        return settings
    return rounds.silence_rule(settings, notice=draft.closes_at - opens_at, typed="silence" in draft.settings)


@in_name_of("by")
def open_motion(uow: UnitOfWork, *, by: MemberId, draft: Draft) -> Motion:
    """Submit a proposal and open its motion at once, or at `draft.opens_at`; return the motion.

    Raises NotAllowed or MotionRefused (its code names the field).
    """
    motion, body_html = plan_motion(uow, by=by, draft=draft)
    check_naming(motion.settings.delegation, opens_later=motion.opens_at > uow.now)
    proposal = Proposal(
        id=motion.proposal_id,
        uuid=new_uuid(),
        author_id=by,
        title=motion.title,
        body=motion.body,
        version=1,
        state=ProposalState.DRAFT,
        created_at=uow.now,
    )
    event = ProposalEvent.SCHEDULE if motion.opens_at > uow.now else ProposalEvent.SUBMIT
    uow.motions.add_proposal(after(proposal, event), body_html=body_html)
    context_uuid = new_uuid()
    uow.proposals.add_version(Version(proposal.id, 1, motion.title, motion.body, body_html, by, "", uow.now))
    uow.proposals.put_plan(_plan_of(motion, draft, context_uuid))
    uow.audit("proposal-submitted", who=f"member:{by}", subject=motion.url)
    return start_motion(uow, motion, body_html, context_uuid=context_uuid)


def _plan_of(motion: Motion, draft: Draft, context_uuid: str) -> Plan:
    """Return the plan of a proposal that is put to the vote at once: what another version or call of it starts from."""
    return Plan(
        proposal_id=motion.proposal_id,
        method=motion.method,
        options=tuple(line_of(option) for option in draft.options),
        settings=dict(draft.settings),
        channels=motion.channels,
        discusses=False,
        notice=timedelta(),
        lasts=motion.closes_at - motion.opens_at,
        opens_at=motion.opens_at,
        closes_at=motion.closes_at,
        submitted_at=motion.created_at,
        frozen_at=motion.created_at,
        text_hash=motion.text_hash,
        context_uuid=context_uuid,
    )


@in_name_of("by")
def extend_motion(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, closes_at: datetime, reason: str) -> Motion:
    """Move the closing time, with a reason that all can read (governance.md 2). Raises NotAllowed or MotionRefused."""
    motion = uow.motions.get(motion_id, lock=True)
    demand(uow.members.get(by), Deed.EXTEND, Bylaws(), own=motion.opened_by == by)
    if not prose(reason):
        raise MotionRefused("reason", "Say why the vote goes on longer.")
    later = lifecycle.extended(motion, closes_at, uow.now)
    uow.motions.put(later)
    uow.motions.append_log(later.id, later.url, logchain.extend_entry(later, prose(reason)))
    uow.queues.move_timer(CLOSE_TIMER, str(later.id), lifecycle.acceptance_ends_at(later))
    move_with(uow, later, ProposalEvent.EXTEND, by=who(by), reason=prose(reason))
    details = {"before": rfc3339(motion.closes_at), "after": rfc3339(closes_at), "number": later.extensions}
    uow.audit("motion-extended", who=who(by), subject=later.url, details=details, reason=reason)
    uow.record(MotionExtended(motion_id=later.id, reason=prose(reason)))
    return later


@in_name_of("by")
def close_early(uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId) -> Motion:
    """Close now where `early_close` allows it; acceptance of votes under way still lasts the grace unless all voted.

    `by` None is the operator. Raises NotAllowed or MotionRefused.
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.CLOSE_EARLY, Bylaws(), own=motion.opened_by == by)
    ended = lifecycle.closed_early(motion, uow.totals.tally(motion), uow.now)
    uow.motions.put(ended)
    uow.queues.move_timer(CLOSE_TIMER, str(ended.id), lifecycle.acceptance_ends_at(ended))
    uow.wake("timers")
    uow.audit("motion-closed-early", who="operator" if by is None else f"member:{by}", subject=ended.url)
    return ended


def close(uow: UnitOfWork, key: str) -> None:
    """Timer: acceptance has stopped, once everything received in time is processed; the count is due.

    While something received in time still waits, the timer looks again in a second (federation.md 12.3).
    """
    motion = uow.motions.get(MotionId(int(key)), lock=True)
    if motion.state is not MotionState.OPEN:
        return
    ends_at = lifecycle.acceptance_ends_at(motion)
    if uow.now < ends_at:
        uow.queues.move_timer(CLOSE_TIMER, key, ends_at)
        return
    if not _doors_are_clear(uow, ends_at) or uow.queues.has_inbound_received_by(ends_at):
        uow.queues.move_timer(CLOSE_TIMER, key, uow.now + LOOK_AGAIN)
        return
    ended = lifecycle.closed(motion, uow.now)
    uow.motions.put(ended)
    uow.motions.append_log(ended.id, ended.url, logchain.close_entry(ended, uow.motions.count_ballots(ended.id)))
    move_with(uow, ended, ProposalEvent.CLOSE)
    uow.queues.move_timer(COUNT_TIMER, key, uow.now)
    uow.wake("timers")
    uow.audit("motion-closed", subject=ended.url)


def _doors_are_clear(uow: UnitOfWork, ends_at: datetime) -> bool:
    """Return whether what was received by then is stored or answered, at the door of every process that is alive.

    Ours is asked, the others tell each second; a dead one answered nothing, so its senders send again.
    """
    under_way = uow.in_flight.oldest()
    if under_way is not None and under_way <= ends_at:
        return False
    return all(node.clear_until is None or node.clear_until > ends_at for node in uow.nodes.others())


def gather(uow: UnitOfWork, key: str) -> Material | None:
    """Return what the count of a closed motion needs, or None if there is nothing to count (any more)."""
    motion = uow.motions.get(MotionId(int(key)))
    if motion.state is not MotionState.CLOSED or uow.motions.outcome_of(motion.id) is not None:
        return None
    entries = uow.motions.roll(motion.id)
    secrets_ = uow.lots.of(motion.id)
    return Material(
        motion=motion,
        ballots=uow.motions.box(motion.id),
        roll=roll.roll_lines(entries),
        log=uow.motions.log_texts(motion.id),
        secrets=secrets_,
        may_wait=public_lots.may_wait(motion, secrets_, uow.now),
    )


def ballots_to_count(uow: UnitOfWork, key: str) -> int | None:
    """Return how many ballots a closed motion has that has no outcome yet, else None.

    Raises Conflict (`not-closed`) for one that is not closed yet: the timer of its count comes after its close, so what is
    read is not what was written, and nothing is settled by it.
    """
    motion_id = MotionId(int(key))
    if uow.motions.get(motion_id).state in (MotionState.SCHEDULED, MotionState.OPEN):
        raise Conflict("not-closed", "The motion is to be counted and is not closed.")
    return uow.motions.count_ballots(motion_id) if _awaits_count(uow, motion_id) else None


def _awaits_count(uow: UnitOfWork, motion_id: MotionId) -> bool:
    is_closed = uow.motions.get(motion_id).state is MotionState.CLOSED and uow.motions.outcome_of(motion_id) is None
    return is_closed and uow.queues.holds_timer(COUNT_TIMER, str(motion_id))


def store_export_part(uow: UnitOfWork, key: str, n: int, part: bytes) -> None:
    """Part `n` of the recount file of a motion that is being counted is stored; nobody sees it before the outcome."""
    motion_id = MotionId(int(key))
    if _awaits_count(uow, motion_id):
        uow.exports.put_part(motion_id, n, part)


def end_export(uow: UnitOfWork, key: str, parts: int) -> None:
    """What an earlier, broken count left beyond the last of these parts is gone."""
    motion_id = MotionId(int(key))
    if _awaits_count(uow, motion_id):
        uow.exports.drop_parts(motion_id, since=parts)


def store_count(uow: UnitOfWork, key: str, counted: Counted) -> None:
    """The outcome stands and is announced; the parts of its recount file are stored before, by units of their own.

    Counted already: nothing happens. Annulled meanwhile: the parts go. A result that hangs on a lot waits for its
    secrets; one whose log has grown meanwhile is counted anew.
    """
    motion = uow.motions.get(MotionId(int(key)), lock=True)
    if uow.motions.outcome_of(motion.id) is not None:
        return
    if motion.state is not MotionState.CLOSED:
        uow.exports.drop_parts(motion.id)
        return
    if not uow.queues.holds_timer(COUNT_TIMER, key):
        return
    n, head = uow.motions.log_end(motion.id)
    if counted.awaits_lot or counted.follows != n:
        lots.await_reveals(uow, motion) if counted.awaits_lot else uow.queues.move_timer(COUNT_TIMER, key, uow.now)
        return
    entries: list[LogEntry] = []
    for text in counted.new_entries:
        n, head = n + 1, logchain.next_head(head, text.encode())
        entries.append(LogEntry(n=n, entry=text, head=head))
    uow.motions.extend_log(motion.id, entries)
    row = OutcomeRow(
        motion_id=motion.id,
        code=counted.outcome.code.value,
        outcome=outcome_to_json(counted.outcome),
        tally=tally_to_json(counted.tally),
        box_root=counted.root,
        log_head=head,
        log_length=n,
        note_uuid=new_uuid(),
        decided_at=uow.now,
    )
    uow.motions.add_outcome(row)
    uow.motions.put(lifecycle.decided(motion))
    if not is_amendment_vote(uow, motion):
        after_count(uow, motion, counted.outcome.code)
    uow.audit("motion-decided", subject=motion.url, details={"code": row.code, "log_head": head})
    uow.record(MotionClosed(motion_id=motion.id))


@in_name_of("by")
def annul_motion(uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, reason: str) -> Motion:
    """The motion has no effect; ballots are kept, the reason is public. `by` None is the operator."""
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.ANNUL, Bylaws())
    check_last(uow.deciding.sequels_after(motion_id))
    ended = lifecycle.annulled(motion, reason, uow.now)
    uow.motions.put(ended)
    uow.motions.append_log(ended.id, ended.url, logchain.annul_entry(prose(reason), rfc3339(uow.now)))
    for timer in (CLOSE_TIMER, COUNT_TIMER):
        uow.queues.drop_timer(timer, str(ended.id))
    move_with(uow, ended, ProposalEvent.ANNUL, by=who(by, nobody="operator"), reason=prose(reason))
    uow.audit("motion-annulled", who="operator" if by is None else f"member:{by}", subject=ended.url, reason=reason)
    uow.record(MotionAnnulled(motion_id=ended.id, reason=prose(reason)))
    return ended


@in_name_of("by")
def withdraw_motion(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId) -> Motion:
    """Take back a motion that has not opened yet."""
    motion = uow.motions.get(motion_id, lock=True)
    demand(uow.members.get(by), Deed.EXTEND, Bylaws(), own=motion.opened_by == by)
    ended = lifecycle.withdrawn(motion)
    uow.motions.put(ended)
    uow.queues.drop_timer(OPEN_TIMER, str(ended.id))
    move_with(uow, ended, ProposalEvent.WITHDRAW, by=who(by))
    uow.audit("motion-withdrawn", who=f"member:{by}", subject=ended.url)
    return ended
