"""Consent over versions: answers to objections, the next round on the next version, the fallback (governance.md 7.5).

A round is a motion of its own on one version. At its close objections are worked into the next version, each with the
author's answer; that version opens the next round, whose stances all start anew.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.motion import open_scheduled
from fedcoop.actions.motions.scheduling import Next, add_sequel
from fedcoop.actions.motions.transitions import move, who
from fedcoop.governance.follow_ups.answers import ACCEPTED, SETTLING, WITHDRAWN, objections_among
from fedcoop.governance.follow_ups.decision_register import check_written
from fedcoop.governance.follow_ups.further_votes import SequelKind
from fedcoop.governance.follow_ups.rounds import NextStep, fallback_of, next_step, rounds_of
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.ballots import Ballot
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.presets import notice_of
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.proposals.proposal import Proposal, ProposalEvent, ProposalState
from fedcoop.kernel.errors import Conflict, Invalid, MotionRefused, NotAllowed, NotFound
from fedcoop.kernel.html import markdown_to_html, plain_text, prose
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.records import Version
from fedcoop.storage.unit_of_work import UnitOfWork


@in_name_of("by")
def answer_objection(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, member_id: MemberId, answer: str) -> None:
    """The author's answer stands under the objection. Raises NotAllowed, NotFound, Conflict (`round-state`), Invalid."""
    motion, proposal = _round(uow, motion_id)
    _demand_author(uow, proposal, by)
    _store_answer(uow, motion, member_id, answer, by)


@in_name_of("by")
def settle_objection(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, settled: str) -> None:
    """Who objected accepts what was made of the objection, or withdraws it; others only read it.

    Raises NotFound (`objection-unknown`), Conflict (`round-state`, `objection-settled`, `objection-unanswered`), Invalid.
    """
    motion = uow.motions.get(motion_id, lock=True)
    state = uow.motions.get_proposal(motion.proposal_id).state
    if motion.state is not MotionState.DECIDED or state not in SETTLING:
        raise Conflict("round-state", "While a round is open, change your answer; once all is decided, it stands.")
    _objection(uow, motion_id, by)
    if settled not in (ACCEPTED, WITHDRAWN):
        raise Invalid("settled", "An objection is accepted as answered, or withdrawn.", field="settled")
    found = uow.deciding.answer(motion_id, by)
    if found.settled:
        raise Conflict("objection-settled", f"This objection is {found.settled} already.")
    if settled == ACCEPTED and not found.answer:
        raise Conflict("objection-unanswered", "There is no answer yet that you could accept. You can withdraw it.")
    uow.deciding.put_answer(replace(found, settled=settled, settled_at=uow.now))
    details = {"before": "standing", "after": settled}
    uow.audit("objection-settled", who=who(by), subject=motion.url, details=details)


@in_name_of("by")
def record_finding(
    uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, member_id: MemberId, finding: str
) -> None:
    """What the validity panel found about an objection is public; it changes no count. `by` None is the operator.

    The panel looks only whether a reason was given that relates to the aims; nobody votes on the person.
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.ANNUL, Bylaws())
    _objection(uow, motion_id, member_id)
    check_written(finding, field="finding")
    found = uow.deciding.answer(motion_id, member_id)
    uow.deciding.put_answer(replace(found, finding=prose(finding), found_at=uow.now))
    details = {"objection": str(member_id), "before": found.finding, "after": prose(finding)}
    uow.audit("objection-found", who=who(by, nobody="operator"), subject=motion.url, details=details)


@dataclass(frozen=True, slots=True)
class NewVersion:
    """The text of the next round with the answers to the objections of this one, by member; `note` says what changed."""

    body: str
    closes_at: datetime
    title: str = ""
    note: str = ""
    answers: Mapping[MemberId, str] = field(default_factory=dict)


@in_name_of("by")
def next_round(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, new: NewVersion) -> Motion:
    """The next version is stored and its round is open; stances start anew. Return its motion.

    Raises NotAllowed, Conflict (`round-state`, `objection-unanswered`, `version-same`), MotionRefused or Invalid.
    """
    motion, proposal = _round(uow, motion_id)
    _demand_author(uow, proposal, by)
    for member_id, answer in new.answers.items():
        if prose(answer):
            _store_answer(uow, motion, member_id, answer, by)
    title, body = plain_text(new.title or proposal.title, lifecycle.MAX_TITLE), prose(new.body)
    lifecycle.check_text(title, body)
    lifecycle.check_dates(uow.now, new.closes_at, Bylaws())
    _check_new(uow, motion, changed=(title, body) != (motion.title, motion.body))
    number = uow.deciding.round_of(motion.id) + 1
    if proposal.state is ProposalState.CLOSED:
        move(uow, proposal.id, ProposalEvent.NEXT_VERSION, by=who(by), reason=prose(new.note))
    _store_version(uow, proposal, title, body, prose(new.note), by)
    move(uow, proposal.id, ProposalEvent.FREEZE, by=who(by))
    following = Next(uow.now, new.closes_at, title, body, motion.settings)
    opened = add_sequel(uow, motion, SequelKind.ROUND, following, by=by, number=number)
    open_scheduled(uow, str(opened.id))
    return uow.motions.get(opened.id)


@in_name_of("by")
def move_to_fallback(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId) -> Motion:
    """After the last round the text as it stands goes to the fallback vote, after its notice. Return that motion.

    Raises NotAllowed, Conflict (`round-state`, `fallback-early`, `fallback-none`).
    """
    motion, proposal = _round(uow, motion_id)
    _demand_author(uow, proposal, by)
    rule = fallback_of(motion.settings)
    if rule is None:
        raise Conflict("fallback-none", "This proposal has no other way to be decided.")
    rounds, number = rounds_of(motion.settings), uow.deciding.round_of(motion.id)
    if next_step(number, rounds, _code(uow, motion), motion.settings) is not NextStep.FALLBACK:
        raise Conflict("fallback-early", f"This was round {number} of {rounds}; the text can still be changed.")
    key, pairs = rule
    method = METHODS[key]
    settings = settings_of(method, pairs, grace=motion.settings.grace)
    opens_at = uow.now + notice_of(settings)
    closes_at = opens_at + (motion.first_closes_at - motion.opens_at)
    move(uow, proposal.id, ProposalEvent.CALL_AGAIN, by=who(by), reason="fallback")
    options = method.default_options()
    new = Next(opens_at, closes_at, motion.title, motion.body, settings, method=key, options=options)
    return add_sequel(uow, motion, SequelKind.FALLBACK, new, by=by)


@in_name_of("by")
def give_up(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, reason: str) -> None:
    """The author leaves it at the last round: the proposal is rejected. Raises NotAllowed, Conflict, MotionRefused."""
    _, proposal = _round(uow, motion_id)
    _demand_author(uow, proposal, by)
    if not prose(reason):
        raise MotionRefused("reason", "Say why you leave it here; everybody will read it.")
    if proposal.state is not ProposalState.CLOSED:
        raise Conflict("round-state", "The next version is under discussion already.")
    move(uow, proposal.id, ProposalEvent.REJECT, by=who(by), reason=prose(reason))


def _round(uow: UnitOfWork, motion_id: MotionId) -> tuple[Motion, Proposal]:
    """Return the last round of a consent with its proposal, locked, counted and not adopted. Raises Conflict (`round-state`)."""
    motion = uow.motions.get(motion_id, lock=True)
    proposal = uow.motions.get_proposal(motion.proposal_id)
    if motion.method != "consent" or motion.state is not MotionState.DECIDED:
        raise Conflict("round-state", "This is for a round of consent that is counted.")
    following = (SequelKind.ROUND, SequelKind.FALLBACK, SequelKind.SECOND_CALL)
    if any(sequel.kind in following for sequel in uow.deciding.sequels_after(motion_id)):
        raise Conflict("round-state", "A later round has followed; look there.")
    if proposal.state not in (ProposalState.CLOSED, ProposalState.DISCUSSION):
        raise Conflict(
            "round-state", f"This proposal is {proposal.state.value.replace('_', ' ')}; the rounds are over."
        )
    return motion, proposal


def _demand_author(uow: UnitOfWork, proposal: Proposal, by: MemberId) -> None:
    authors = {proposal.author_id, *uow.proposals.authors(proposal.id)}
    if by not in authors and not uow.members.get(by).has_office:
        raise NotAllowed("not-the-author", "This is for who wrote the proposal.")


def _objection(uow: UnitOfWork, motion_id: MotionId, member_id: MemberId) -> Ballot:
    ballot = uow.motions.ballot_of(motion_id, member_id)
    if ballot is None or "objection" not in ballot.choice:
        raise NotFound("objection-unknown", "There is no such objection in this round.")
    return ballot


def _store_answer(uow: UnitOfWork, motion: Motion, member_id: MemberId, answer: str, by: MemberId) -> None:
    _objection(uow, motion.id, member_id)
    check_written(answer, field="answer")
    found = uow.deciding.answer(motion.id, member_id)
    uow.deciding.put_answer(replace(found, answer=prose(answer), answered_at=uow.now))
    details = {"objection": str(member_id), "before": found.answer, "after": prose(answer)}
    uow.audit("objection-answered", who=who(by), subject=motion.url, details=details)


def _check_new(uow: UnitOfWork, motion: Motion, *, changed: bool) -> None:
    """Objections have their answers and the text is another; too few answers are asked again with the same text."""
    standing = objections_among(uow.motions.ballots(motion.id))
    answers = uow.deciding.answers(motion.id)
    settled = {member for member, answer in answers.items() if answer.answer or answer.settled}
    missing = [ballot for ballot in standing if ballot.member_id not in settled]
    if missing:
        raise Conflict("objection-unanswered", f"Answer each objection first; {len(missing)} have no answer.")
    withdrawn = all(answers[ballot.member_id].settled == WITHDRAWN for ballot in standing)
    if not changed and not withdrawn:
        raise Conflict("version-same", "The text is the same as before. Work the objections into it.")


def _code(uow: UnitOfWork, motion: Motion) -> OutcomeCode:
    row = uow.motions.outcome_of(motion.id)
    assert row is not None
    return OutcomeCode(row.code)


def _store_version(uow: UnitOfWork, proposal: Proposal, title: str, body: str, note: str, by: MemberId) -> None:
    now_ = uow.motions.get_proposal(proposal.id)
    if (title, body) == (now_.title, now_.body):
        return
    html = markdown_to_html(body)
    moved = move(uow, proposal.id, ProposalEvent.EDIT, by=who(by), reason=note)
    newer = replace(moved, title=title, body=body, version=moved.version + 1)
    uow.proposals.put(newer, body_html=html)
    uow.proposals.add_version(Version(proposal.id, newer.version, title, body, html, by, note, uow.now))
