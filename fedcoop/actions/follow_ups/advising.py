"""Advice: the decider answers every piece, decides under their own name, and members may call it in (governance.md 7.4)."""

from dataclasses import replace
from datetime import timedelta

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.follow_ups.outcomes import add_statement
from fedcoop.actions.motions.after_count import EFFECTIVE_TIMER, conclude, set_date
from fedcoop.actions.motions.motion import CLOSE_TIMER, open_scheduled
from fedcoop.actions.motions.scheduling import Next, add_sequel
from fedcoop.actions.motions.transitions import move, who
from fedcoop.governance.follow_ups import advice
from fedcoop.governance.follow_ups.answers import hindrances
from fedcoop.governance.follow_ups.decision_register import MAX_STATEMENT, Statement, check_written
from fedcoop.governance.follow_ups.further_votes import SequelKind
from fedcoop.governance.follow_ups.petitions import CALL_IN, Petition, PetitionState, Signature
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.proposals.proposal import ProposalEvent, ProposalState
from fedcoop.kernel.errors import Conflict, MotionRefused, NotAllowed, NotFound
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork

CARRIED, NOT_CARRIED = "carried", "not_carried"
VOTE_LASTS = timedelta(days=7)


@in_name_of("by")
def answer_advice(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, member_id: MemberId, answer: str) -> None:
    """The decider's answer stands under the advice; advice that is changed later needs a new one.

    Raises NotAllowed (`not-the-decider`), NotFound (`advice-unknown`), Conflict (`advice-decided`), Invalid.
    """
    motion = _asked(uow, motion_id, by)
    if uow.motions.ballot_of(motion_id, member_id) is None:
        raise NotFound("advice-unknown", "There is no advice of this member.")
    check_written(answer, field="answer")
    found = uow.deciding.answer(motion_id, member_id)
    uow.deciding.put_answer(replace(found, answer=prose(answer), answered_at=uow.now))
    details = {"advice": str(member_id), "before": found.answer, "after": prose(answer)}
    uow.audit("advice-answered", who=who(by), subject=motion.url, details=details)


@in_name_of("by")
def decide(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, carried: bool, text: str) -> Statement:
    """The decision stands under the decider's name; an advice that still runs ends now.

    Raises NotAllowed (`not-the-decider`), Conflict (`advice-decided`), MotionRefused (`advice-early`, `advice-missing`,
    `advice-unanswered`), Invalid (`written`).
    """
    motion = _asked(uow, motion_id, by)
    ballots = uow.motions.ballots(motion_id)
    names = {key: member.name for key, member in uow.members.many([one.member_id for one in ballots]).items()}
    if hindered := hindrances(motion, ballots, uow.deciding.answers(motion_id), names=names, now=uow.now):
        raise MotionRefused(hindered[0].code, hindered[0].words)
    check_written(text, field="text", most=MAX_STATEMENT)
    code = CARRIED if carried else NOT_CARRIED
    statement = add_statement(uow, motion, by=by, code=code, text=text)
    if motion.state is MotionState.OPEN:
        ended = lifecycle.ended_by_decider(motion, uow.now)
        uow.motions.put(ended)
        uow.queues.move_timer(CLOSE_TIMER, str(ended.id), lifecycle.acceptance_ends_at(ended))
        uow.wake("timers")
    elif motion.state is MotionState.DECIDED:
        conclude(uow, motion, carried=carried, by=who(by), reason=statement.text[:200], not_before=advice.CALL_IN)
    return statement


@in_name_of("by")
def call_in(uow: UnitOfWork, *, by: MemberId, motion_id: MotionId, reason: str) -> Motion | None:
    """The member asks for a vote of all; the last one needed opens it. Return that motion, or None while more are needed.

    Raises NotAllowed (`off-roll`), Conflict (`call-in-state`, `call-in-late`, `petition-signed`), MotionRefused (`reason`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    statement = uow.deciding.statement(motion_id)
    state = uow.motions.get_proposal(motion.proposal_id).state
    if motion.method != "advice" or statement is None or state is not ProposalState.DECIDED:
        raise Conflict("call-in-state", "There is no decision here that could be called in.")
    if not advice.may_call_in(statement.at, uow.now):
        raise Conflict("call-in-late", "The 7 days of calling it in are over.")
    if not uow.members.get(by).may_vote or uow.motions.roll_entry(motion_id, by) is None:
        raise NotAllowed("off-roll", "Who is on the roll can call a decision in.")
    if not prose(reason):
        raise MotionRefused("reason", "Say why all should decide this; everybody will read it.")
    signature = Signature(by, prose(reason)[:1000], uow.now)
    if not uow.deciding.sign(motion_id, CALL_IN, signature):
        raise Conflict("petition-signed", "You have called it in already.")
    number = len(uow.deciding.signatures(motion_id, CALL_IN))
    enough = number >= advice.call_in_needed(motion.eligible)
    found = PetitionState.UPHELD if enough else PetitionState.OPEN
    earlier = uow.deciding.petition(motion_id, CALL_IN)
    began = earlier.opened_at if earlier is not None else uow.now
    uow.deciding.put_petition(Petition(motion_id, CALL_IN, found, began, found_at=uow.now if enough else None))
    uow.audit("decision-called-in", who=who(by), subject=motion.url, details={"signatures": number})
    return _vote_of_all(uow, motion, statement, by) if enough else None


def _vote_of_all(uow: UnitOfWork, motion: Motion, statement: Statement, by: MemberId) -> Motion:
    """A resolution on the decision is open; until it is decided nothing is in force."""
    move(uow, motion.proposal_id, ProposalEvent.CALL_IN, by=who(by), reason="called in by members")
    line = uow.deciding.decision(motion.proposal_id)
    assert line is not None
    uow.deciding.put_decision(replace(line, decided_at=None, effective_at=None))
    set_date(uow, EFFECTIVE_TIMER, motion.proposal_id, None)
    method = METHODS["resolution"]
    settings = settings_of(method, {"preset": "ordinary"}, grace=motion.settings.grace)
    body = f"{motion.body}\n\n**The decision**\n\n{statement.text}".strip()
    options = method.default_options()
    new = Next(uow.now, uow.now + VOTE_LASTS, motion.title, body, settings, method="resolution", options=options)
    opened = add_sequel(uow, motion, SequelKind.CALL_IN, new, by=by)
    open_scheduled(uow, str(opened.id))
    return uow.motions.get(opened.id)


def _asked(uow: UnitOfWork, motion_id: MotionId, by: MemberId) -> Motion:
    """Return the advice motion, locked, whose decider this is and which is not decided. Raises NotAllowed, Conflict."""
    motion = uow.motions.get(motion_id, lock=True)
    if motion.method != "advice" or motion.state in (
        MotionState.SCHEDULED,
        MotionState.WITHDRAWN,
        MotionState.ANNULLED,
    ):
        raise Conflict("advice-state", "Nobody is asked for advice here.")
    if motion.opened_by != by:
        raise NotAllowed("not-the-decider", "Who asked for advice answers it and decides.")
    if uow.deciding.statement(motion_id) is not None:
        raise Conflict("advice-decided", "This is decided already.")
    return motion
