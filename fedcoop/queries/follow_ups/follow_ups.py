"""What stands around one vote: what it followed and what followed it, errata, petition, outcome in words, register, advice."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.follow_ups import advice
from fedcoop.governance.follow_ups.answers import SETTLING, hindrances, is_answered
from fedcoop.governance.follow_ups.decision_register import Decision, Erratum, Statement
from fedcoop.governance.follow_ups.further_votes import Sequel, SequelKind
from fedcoop.governance.follow_ups.petitions import ANNUL, CALL_IN, Petition, PetitionState, signatures_needed
from fedcoop.governance.follow_ups.rounds import NextStep, fallback_of, next_step, rounds_of
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import Member
from fedcoop.governance.members.permissions import Allowed, Deed, may
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.lifecycle import is_binding
from fedcoop.governance.motions.motion import Motion, MotionState
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.motions.visibility import Viewer as Sight
from fedcoop.governance.motions.visibility import may_see_ballots
from fedcoop.governance.proposals.diffs import Paragraph, diff_texts
from fedcoop.governance.proposals.proposal import Proposal, ProposalState
from fedcoop.kernel.ids import MemberId
from fedcoop.queries.follow_ups.decision_register import phase_of
from fedcoop.queries.people import Person, people
from fedcoop.storage.unit_of_work import UnitOfWork

MOST_ROUNDS = 40


@dataclass(frozen=True, slots=True)
class Link:
    """Another vote on the way: why it stands beside this one, and where it has come to."""

    kind: str
    uuid: str
    title: str
    phase: str
    opens_at: datetime
    closes_at: datetime
    code: str


@dataclass(frozen=True, slots=True)
class Signer:
    """One who signed, for members."""

    person: Person
    reason: str


@dataclass(frozen=True, slots=True)
class PetitionView:
    """A petition: how many have signed of how many needed; who, and why, only for members."""

    petition: Petition
    signatures: int
    needed: int
    signed: bool
    signers: tuple[Signer, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One objection or piece of advice with what was written to it."""

    member_id: MemberId
    number: int
    person: Person
    choice: Choice
    reason: str
    answer: str
    answered: bool
    settled: str
    finding: str
    mine: bool


@dataclass(frozen=True, slots=True)
class RoundLine:
    """One round of consent in the table of rounds."""

    number: int
    uuid: str
    phase: str
    closes_at: datetime
    counts: Mapping[str, int] | None
    silent: int
    code: str
    kind: str


@dataclass(frozen=True, slots=True)
class AdviceView:
    """Where an advice process stands; `needed` members together call the decision in, `until` then."""

    hindrances: tuple[advice.Hindrance, ...]
    named: tuple[str, ...]
    earliest: datetime
    deadline: datetime
    needed: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Prolonged:
    """The vote was extended or opened again, with the reason that all can read."""

    what: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AfterView:
    """Everything around the vote for one reader. `may` holds the steps open to the reader."""

    earlier: Link | None
    later: tuple[Link, ...]
    errata: tuple[Erratum, ...]
    petition: PetitionView | None
    call_in: PetitionView | None
    statements: tuple[Statement, ...]
    decision: Decision | None
    state: ProposalState
    replaced_by: tuple[str, str] | None
    replaces: tuple[tuple[str, str], ...]
    round: int
    rounds_of: int
    rounds: tuple[RoundLine, ...]
    was_objected: tuple[Piece, ...]
    pieces: tuple[Piece, ...]
    concerns: tuple[Piece, ...]
    diff: tuple[Paragraph, ...]
    advice: AdviceView | None
    chosen: tuple[str, ...]
    prolonged: tuple[Prolonged, ...]
    may: frozenset[str]

    @property
    def statement(self) -> Statement | None:
        """The outcome's text that stands."""
        return self.statements[-1] if self.statements else None


def after_view(uow: UnitOfWork, motion: Motion, member: Member | None) -> AfterView:
    """Return what stands around the vote for this reader."""
    proposal = uow.motions.get_proposal(motion.proposal_id)
    around = uow.deciding.around(motion.id, proposal.id)
    sequel = uow.deciding.sequel_of(motion.id) if around.follows else None
    later = uow.deciding.sequels_after(motion.id) if around.followed else []
    earlier = uow.motions.get(sequel.earlier_id) if sequel is not None else None
    decision = uow.deciding.decision(proposal.id) if around.decision else None
    is_advice = motion.method == "advice"
    stated = is_advice or not is_binding(motion)
    statements = tuple(uow.deciding.statements(motion.id)) if stated else ()
    is_consent = motion.method == "consent"
    consent_before = earlier if earlier is not None and earlier.method == "consent" else None
    names = {option.key: option.name for option in motion.options}
    return AfterView(
        earlier=_link(uow, sequel.kind, earlier) if sequel is not None and earlier is not None else None,
        later=tuple(_link(uow, item.kind, uow.motions.get(item.motion_id)) for item in later),
        errata=tuple(uow.deciding.errata(motion.id)) if around.errata else (),
        petition=_petition(uow, motion, ANNUL, signatures_needed(motion.eligible), member) if around.petition else None,
        call_in=_petition(uow, motion, CALL_IN, advice.call_in_needed(motion.eligible), member) if is_advice else None,
        statements=statements,
        decision=decision,
        state=proposal.state,
        replaced_by=_replaced_by(uow, decision),
        replaces=_replaces(uow, decision, motion),
        round=sequel.number if sequel is not None else 1,
        rounds_of=rounds_of(motion.settings),
        rounds=_rounds(uow, motion) if is_consent or consent_before is not None else (),
        was_objected=_pieces(uow, consent_before, member, only="objection") if consent_before is not None else (),
        pieces=_own_pieces(uow, motion, member),
        concerns=_concerns(uow, motion, member) if is_consent else (),
        diff=_diff(consent_before, motion),
        advice=_advice(uow, motion, statements) if is_advice else None,
        chosen=tuple(names[key] for key in statements[-1].options if key in names) if statements else (),
        prolonged=_prolonged(uow, motion),
        may=_steps(uow, motion, proposal, member, later, petitioned=around.petition),
    )


def _prolonged(uow: UnitOfWork, motion: Motion) -> tuple[Prolonged, ...]:
    """Return why the closing time is another than at first, oldest first."""
    if motion.closes_at <= motion.first_closes_at:
        return ()
    words = {"motion-extended": "Extended", "motion-reopened": "Opened again"}
    found = [entry for entry in uow.audits.about(motion.url) if entry.what in words]
    return tuple(Prolonged(words[entry.what], entry.reason, entry.at) for entry in reversed(found))


def _link(uow: UnitOfWork, kind: SequelKind, motion: Motion) -> Link:
    row = uow.motions.outcome_of(motion.id)
    code = row.code if row is not None and motion.state is MotionState.DECIDED else ""
    phase = phase_of(motion, uow.now)
    return Link(kind.value, motion.uuid, motion.title, phase, motion.opens_at, motion.closes_at, code)


def _petition(uow: UnitOfWork, motion: Motion, kind: str, needed: int, member: Member | None) -> PetitionView | None:
    petition = uow.deciding.petition(motion.id, kind)
    if petition is None:
        return None
    signatures = uow.deciding.signatures(motion.id, kind)
    mine = member is not None and any(item.member_id == member.id for item in signatures)
    names = people(uow, [item.member_id for item in signatures]) if member is not None else {}
    signers = tuple(Signer(names[item.member_id], item.reason) for item in signatures if item.member_id in names)
    return PetitionView(petition, len(signatures), needed, mine, signers)


def _replaced_by(uow: UnitOfWork, decision: Decision | None) -> tuple[str, str] | None:
    """Return number and motion of the decision that replaced this one."""
    if decision is None or decision.ended_by is None:
        return None
    newer = uow.deciding.decision(decision.ended_by)
    if newer is None or newer.motion_id is None:
        return None
    return newer.label, uow.motions.get(newer.motion_id).uuid


def _replaces(uow: UnitOfWork, decision: Decision | None, motion: Motion) -> tuple[tuple[str, str], ...]:
    """Return number and motion of each decision that this vote's decision replaced."""
    if decision is None or decision.motion_id != motion.id:
        return ()
    older = [line for line in uow.deciding.replaced_by(decision.proposal_id) if line.motion_id is not None]
    return tuple((line.label, uow.motions.get(line.motion_id).uuid) for line in older if line.motion_id is not None)


def _own_pieces(uow: UnitOfWork, motion: Motion, member: Member | None) -> tuple[Piece, ...]:
    """Return the objections of a counted round, or all advice; for members only."""
    if motion.method == "advice":
        return _pieces(uow, motion, member)
    if motion.method == "consent" and motion.state is MotionState.DECIDED:
        return _pieces(uow, motion, member, only="objection")
    return ()


def _concerns(uow: UnitOfWork, motion: Motion, member: Member | None) -> tuple[Piece, ...]:
    """Return the concerns that are kept with what was adopted, for members (governance.md 7.5)."""
    row = uow.motions.outcome_of(motion.id)
    if row is None or row.code != OutcomeCode.CARRIED:
        return ()
    return _pieces(uow, motion, member, only="consent_with_concern")


def _pieces(uow: UnitOfWork, motion: Motion, member: Member | None, *, only: str = "") -> tuple[Piece, ...]:
    """Return the ballots with what was written to them, by name; `only` those that chose this option."""
    if member is None or not may_see_ballots(motion, _sight(uow, motion, member), uow.now):
        return ()
    ballots = uow.motions.ballots_for(motion.id, only) if only else uow.motions.ballots(motion.id)
    members = uow.members.many([ballot.member_id for ballot in ballots])
    names = people(uow, members)
    answers = uow.deciding.answers(motion.id)
    found = []
    for ballot in ballots:
        answer = answers.get(ballot.member_id)
        found.append(
            Piece(
                member_id=ballot.member_id,
                number=members[ballot.member_id].number,
                person=names[ballot.member_id],
                choice=ballot.choice,
                reason=ballot.reason,
                answer=answer.answer if answer else "",
                answered=is_answered(answer, ballot),
                settled=answer.settled if answer else "",
                finding=answer.finding if answer else "",
                mine=ballot.member_id == member.id,
            )
        )
    return tuple(sorted(found, key=lambda piece: piece.person.name.casefold()))


def _sight(uow: UnitOfWork, motion: Motion, member: Member) -> Sight:
    return Sight.member(has_voted=uow.motions.ballot_of(motion.id, member.id) is not None)


def _rounds(uow: UnitOfWork, motion: Motion) -> tuple[RoundLine, ...]:
    """Return the rounds up to this vote, the first on top."""
    found: list[RoundLine] = []
    here: Motion | None = motion
    while here is not None and len(found) < MOST_ROUNDS:
        sequel = uow.deciding.sequel_of(here.id)
        found.append(_round(uow, here, sequel))
        here = uow.motions.get(sequel.earlier_id) if sequel is not None and here.method != "advice" else None
    return tuple(reversed(found))


def _round(uow: UnitOfWork, motion: Motion, sequel: Sequel | None) -> RoundLine:
    row = uow.motions.outcome_of(motion.id)
    counts = row.tally["counts"] if row is not None else None
    return RoundLine(
        number=sequel.number if sequel is not None else 1,
        uuid=motion.uuid,
        phase=phase_of(motion, uow.now),
        closes_at=motion.closes_at,
        counts=counts,
        silent=motion.eligible - int(row.tally["voted"]) if row is not None else 0,
        code=row.code if row is not None and motion.state is MotionState.DECIDED else "",
        kind=sequel.kind.value if sequel is not None else "",
    )


def _diff(before: Motion | None, motion: Motion) -> tuple[Paragraph, ...]:
    if before is None or motion.method != "consent" or before.body == motion.body:
        return ()
    return diff_texts(before.body, motion.body)


def _advice(uow: UnitOfWork, motion: Motion, statements: Iterable[Statement]) -> AdviceView:
    decided = next(iter(statements), None)
    return AdviceView(
        hindrances=_hindered(uow, motion) if decided is None else (),
        named=advice.named_advisers(motion.settings),
        earliest=motion.opens_at + advice.min_time(motion.settings),
        deadline=advice.deadline(motion.settings, motion.opens_at),
        needed=advice.call_in_needed(motion.eligible),
        until=decided.at + advice.CALL_IN if decided is not None else None,
    )


def _hindered(uow: UnitOfWork, motion: Motion) -> tuple[advice.Hindrance, ...]:
    ballots = uow.motions.ballots(motion.id)
    names = {key: member.name for key, member in uow.members.many([one.member_id for one in ballots]).items()}
    return hindrances(motion, ballots, uow.deciding.answers(motion.id), names=names, now=uow.now)


# --- who may do what --------------------------------------------------------------------------------------------


def _steps(
    uow: UnitOfWork,
    motion: Motion,
    proposal: Proposal,
    member: Member | None,
    later: list[Sequel],
    *,
    petitioned: bool,
) -> frozenset[str]:
    """Return the steps open to the reader: what the actions would not refuse."""
    if member is None or not member.may_vote:
        return frozenset()
    own = motion.opened_by == member.id
    coordinates = isinstance(may(member, Deed.COORDINATE, Bylaws(), own=own), Allowed)
    annuls = isinstance(may(member, Deed.ANNUL, Bylaws()), Allowed)
    on_roll = uow.motions.roll_entry(motion.id, member.id) is not None
    kinds = {item.kind for item in later}
    standing = motion.state in (MotionState.OPEN, MotionState.CLOSED, MotionState.DECIDED)
    last = not kinds - {SequelKind.RERUN}
    petition = uow.deciding.petition(motion.id, ANNUL) if petitioned else None
    open_petition = petition is not None and petition.state is PetitionState.OPEN
    signed = {item.member_id for item in uow.deciding.signatures(motion.id, ANNUL)} if petitioned else set()
    enough = len(signed) >= signatures_needed(motion.eligible)
    found = {
        "erratum": coordinates and standing and motion.method != "advice",
        "rerun": coordinates and motion.state is MotionState.ANNULLED and SequelKind.RERUN not in kinds,
        "petition": on_roll and standing and last and member.id not in signed and (petition is None or open_petition),
        "find": annuls and open_petition and enough and last,
        "outcome": coordinates and _takes_outcome(motion, proposal),
        "reopen": coordinates and _takes_outcome(motion, proposal) and proposal.state is ProposalState.CLOSED,
        **_round_steps(uow, motion, proposal, member, kinds),
        **_advice_steps(uow, motion, proposal, member, on_roll=on_roll),
        "dates": coordinates and proposal.state in _DATED,
    }
    return frozenset(name for name, is_open in found.items() if is_open)


_DATED = (ProposalState.DECIDED, ProposalState.IN_FORCE, ProposalState.REVIEW_DUE)


def _takes_outcome(motion: Motion, proposal: Proposal) -> bool:
    free = motion.method != "advice" and not is_binding(motion) and motion.state is MotionState.DECIDED
    return free and proposal.state in (ProposalState.CLOSED, ProposalState.DECIDED, ProposalState.IN_FORCE)


def _round_steps(
    uow: UnitOfWork, motion: Motion, proposal: Proposal, member: Member, kinds: set[SequelKind]
) -> dict[str, bool]:
    over = {SequelKind.ROUND, SequelKind.FALLBACK, SequelKind.SECOND_CALL} & kinds
    if motion.method != "consent" or motion.state is not MotionState.DECIDED:
        return {}
    ballot = uow.motions.ballot_of(motion.id, member.id)
    objected = ballot is not None and "objection" in ballot.choice
    settle = objected and proposal.state in SETTLING and not uow.deciding.answer(motion.id, member.id).settled
    if over:
        return {"settle": settle}
    if proposal.state not in (ProposalState.CLOSED, ProposalState.DISCUSSION):
        return {"settle": settle, "finding": member.has_office}
    row = uow.motions.outcome_of(motion.id)
    authors = {proposal.author_id, *uow.proposals.authors(proposal.id)}
    author = member.id in authors or member.has_office
    code = OutcomeCode(row.code) if row is not None else OutcomeCode.NOT_CARRIED
    step = next_step(uow.deciding.round_of(motion.id), rounds_of(motion.settings), code, motion.settings)
    return {
        "next-round": author,
        "fallback": author and step is NextStep.FALLBACK and fallback_of(motion.settings) is not None,
        "give-up": author and proposal.state is ProposalState.CLOSED,
        "settle": settle,
        "finding": member.has_office,
    }


def _advice_steps(
    uow: UnitOfWork, motion: Motion, proposal: Proposal, member: Member, *, on_roll: bool
) -> dict[str, bool]:
    if motion.method != "advice":
        return {}
    statement = uow.deciding.statement(motion.id)
    decides = motion.opened_by == member.id and statement is None
    running = motion.state in (MotionState.OPEN, MotionState.CLOSED, MotionState.DECIDED)
    signed = any(item.member_id == member.id for item in uow.deciding.signatures(motion.id, CALL_IN))
    called = statement is not None and advice.may_call_in(statement.at, uow.now) and not signed
    return {
        "answer": decides and running,
        "decide": decides and running and not _hindered(uow, motion),
        "call-in": on_roll and called and proposal.state is ProposalState.DECIDED,
    }
