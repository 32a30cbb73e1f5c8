"""What follows a vote: further calls, errata, petitions, statements, the register, answers: rows ↔ values of `governance`."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, bindparam, exists, func, select

from fedcoop.governance.follow_ups.answers import Answer
from fedcoop.governance.follow_ups.decision_register import Decision, Erratum, Statement
from fedcoop.governance.follow_ups.further_votes import Sequel, SequelKind
from fedcoop.governance.follow_ups.petitions import Petition, PetitionState, Signature
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, insert_ignore, maker, upsert


def _sequel(row: Row[Any]) -> Sequel:
    return Sequel(row.motion_id, SequelKind(row.kind), row.earlier_id, row.number)


def _petition(row: Row[Any]) -> Petition:
    return Petition(**{**row._mapping, "state": PetitionState(row.state)})


def _statement(row: Row[Any]) -> Statement:
    return Statement(**{**row._mapping, "options": tuple(row.options)})


_FOR_MEMBERS = exists().where(t.plans.c.proposal_id == t.proposals.c.id, t.plans.c.audience != "public")
_erratum, _decision, _answer, _signature = maker(Erratum), maker(Decision), maker(Answer), maker(Signature)


_MOTION, _PROPOSAL = bindparam("motion", type_=BigInteger), bindparam("proposal", type_=BigInteger)
_AROUND = select(
    exists().where(t.sequels.c.motion_id == _MOTION),
    exists().where(t.sequels.c.earlier_id == _MOTION),
    exists().where(t.errata.c.motion_id == _MOTION),
    exists().where(t.petitions.c.motion_id == _MOTION),
    exists().where(t.decisions.c.proposal_id == _PROPOSAL),
)


@dataclass(frozen=True, slots=True)
class Around:
    """Which kinds of things stand around a vote: most have none, and their page asks for no more."""

    follows: bool
    followed: bool
    errata: bool
    petition: bool
    decision: bool


class Deciding:
    """Repository of what follows a vote."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def around(self, motion_id: MotionId, proposal_id: ProposalId) -> Around:
        """Return what there is to be asked for, in one query."""
        row = self._conn.execute(_AROUND, {"motion": motion_id, "proposal": proposal_id}).one()
        return Around(*(bool(value) for value in row))

    # sequels

    def add_sequel(self, sequel: Sequel) -> None:
        """Store why the motion follows another; a second one of the kind breaks the constraint."""
        values = {name: getattr(sequel, name) for name in Sequel.__slots__}
        insert(self._conn, t.sequels, {**values, "kind": sequel.kind.value})

    def sequel_of(self, motion_id: MotionId) -> Sequel | None:
        """Return what the motion follows, if anything."""
        return first(self._conn, select(t.sequels).where(t.sequels.c.motion_id == motion_id), _sequel)

    def sequels_after(self, motion_id: MotionId) -> list[Sequel]:
        """Return what follows the motion, oldest first."""
        c = t.sequels.c
        return every(self._conn, select(t.sequels).where(c.earlier_id == motion_id).order_by(c.motion_id), _sequel)

    def round_of(self, motion_id: MotionId) -> int:
        """Return which round of consent the motion is, from 1."""
        sequel = self.sequel_of(motion_id)
        return 1 if sequel is None else sequel.number

    # errata

    def add_erratum(self, erratum: Erratum) -> None:
        """Store a spelling fix beside the text."""
        insert(self._conn, t.errata, {name: getattr(erratum, name) for name in Erratum.__slots__})

    def errata(self, motion_id: MotionId) -> list[Erratum]:
        """Return the spelling fixes of the motion, oldest first."""
        return every(
            self._conn, select(t.errata).where(t.errata.c.motion_id == motion_id).order_by(t.errata.c.id), _erratum
        )

    # petitions and signatures

    def put_petition(self, petition: Petition) -> None:
        """Store the petition; there is one of its kind for each motion."""
        values = {name: getattr(petition, name) for name in Petition.__slots__}
        upsert(self._conn, t.petitions, {**values, "state": petition.state.value}, keys=("motion_id", "kind"))

    def petition(self, motion_id: MotionId, kind: str) -> Petition | None:
        """Return the petition of this kind about the motion, if any."""
        c = t.petitions.c
        return first(self._conn, select(t.petitions).where(c.motion_id == motion_id, c.kind == kind), _petition)

    def open_petitions(self, kind: str) -> list[Petition]:
        """Return the open petitions of this kind, oldest first."""
        c = t.petitions.c
        query = select(t.petitions).where(c.kind == kind, c.state == PetitionState.OPEN.value).order_by(c.opened_at)
        return every(self._conn, query, _petition)

    def sign(self, motion_id: MotionId, kind: str, signature: Signature) -> bool:
        """Store the signature; return False if the member has signed."""
        values = {name: getattr(signature, name) for name in Signature.__slots__}
        return insert_ignore(self._conn, t.signatures, {**values, "motion_id": motion_id, "kind": kind})

    def signatures(self, motion_id: MotionId, kind: str) -> list[Signature]:
        """Return the signatures, oldest first."""
        c = t.signatures.c
        query = select(c.member_id, c.reason, c.at).where(c.motion_id == motion_id, c.kind == kind)
        return every(self._conn, query.order_by(c.at, c.member_id), _signature)

    # statements

    def add_statement(self, statement: Statement) -> None:
        """Store a version of the outcome's text."""
        values = {name: getattr(statement, name) for name in Statement.__slots__}
        insert(self._conn, t.statements, {**values, "options": list(statement.options)})

    def statements(self, motion_id: MotionId) -> list[Statement]:
        """Return the versions of the outcome's text; the last one stands."""
        c = t.statements.c
        return every(self._conn, select(t.statements).where(c.motion_id == motion_id).order_by(c.version), _statement)

    def statement(self, motion_id: MotionId) -> Statement | None:
        """Return the version of the outcome's text that stands, if any."""
        found = self.statements(motion_id)
        return found[-1] if found else None

    # the register

    def decision(self, proposal_id: ProposalId) -> Decision | None:
        """Return the proposal's line of the register, if any."""
        return first(self._conn, select(t.decisions).where(t.decisions.c.proposal_id == proposal_id), _decision)

    def put_decision(self, decision: Decision) -> None:
        """Store the proposal's line of the register."""
        values = {name: getattr(decision, name) for name in Decision.__slots__}
        upsert(self._conn, t.decisions, values, keys=("proposal_id",))

    def replaced_by(self, proposal_id: ProposalId) -> list[Decision]:
        """Return the decisions that this proposal's decision replaced or repealed."""
        c = t.decisions.c
        query = select(t.decisions).where(c.ended_by == proposal_id).order_by(c.year, c.number)
        return every(self._conn, query, _decision)

    def next_number(self, year: int) -> int:
        """Return the number after the highest of the year; two at once break the constraint and one is repeated."""
        c = t.decisions.c
        return (
            int(self._conn.execute(select(func.coalesce(func.max(c.number), 0)).where(c.year == year)).scalar_one()) + 1
        )

    def numbered(self, label: str) -> Decision | None:
        """Return the decision with a number such as `2026-18`."""
        year, _, number = label.partition("-")
        if not (year.isdecimal() and number.isdecimal() and len(label) < 16):
            return None
        c = t.decisions.c
        return first(self._conn, select(t.decisions).where(c.year == int(year), c.number == int(number)), _decision)

    def standings(self, proposal_ids: Sequence[ProposalId]) -> dict[ProposalId, tuple[Decision, ProposalState]]:
        """Return line and state of each of these proposals that is in the register, in one query."""
        d, p = t.decisions, t.proposals
        query = select(d, p.c.state).join(p, p.c.id == d.c.proposal_id).where(d.c.proposal_id.in_(list(proposal_ids)))
        found = self._conn.execute(query) if proposal_ids else ()
        names = Decision.__slots__
        return {
            row.proposal_id: (Decision(**{name: row._mapping[name] for name in names}), ProposalState(row.state))
            for row in found
        }

    def count_states(self, states: Sequence[ProposalState], *, public: bool = False) -> int:
        """Return how many decisions stand in these states; `public` leaves out those that are for members only."""
        d, p = t.decisions, t.proposals
        query = select(func.count()).select_from(d.join(p, p.c.id == d.c.proposal_id))
        if public:
            query = query.where(~_FOR_MEMBERS)
        return int(self._conn.execute(query.where(p.c.state.in_([state.value for state in states]))).scalar_one())

    def motions_in(
        self,
        states: Sequence[ProposalState],
        *,
        before: int | None,
        limit: int,
        words: str = "",
        public: bool = False,
    ) -> list[MotionId]:
        """Return the motions that made the decisions in these states, newest first, below the id `before`.

        `public` leaves out those that are for members only.
        """
        d, p = t.decisions.c, t.proposals.c
        query = select(d.motion_id).join(t.proposals, p.id == d.proposal_id)
        query = query.where(d.motion_id.is_not(None), p.state.in_([state.value for state in states]))
        if before is not None:
            query = query.where(d.motion_id < before)
        if public:
            query = query.where(~_FOR_MEMBERS)
        if words:
            query = query.where(p.title.icontains(words, autoescape=True) | p.body.icontains(words, autoescape=True))
        return [MotionId(row[0]) for row in self._conn.execute(query.order_by(d.motion_id.desc()).limit(limit))]

    def waiting_on(self, member_id: MemberId) -> list[MotionId]:
        """Return the counted votes that wait for a word of this member: the proposal's author, newest first."""
        d, p = t.decisions.c, t.proposals.c
        query = select(d.motion_id).join(t.proposals, p.id == d.proposal_id)
        query = query.where(p.state == ProposalState.CLOSED.value, p.author_id == member_id, d.motion_id.is_not(None))
        return [MotionId(row[0]) for row in self._conn.execute(query.order_by(d.motion_id.desc()).limit(50))]

    # answers

    def answer(self, motion_id: MotionId, member_id: MemberId) -> Answer:
        """Return what was written to the member's ballot; an empty one where nothing was."""
        c = t.answers.c
        query = select(t.answers).where(c.motion_id == motion_id, c.member_id == member_id)
        return first(self._conn, query, _answer) or Answer(motion_id, member_id)

    def put_answer(self, answer: Answer) -> None:
        """Store what was written to the member's ballot."""
        values = {name: getattr(answer, name) for name in Answer.__slots__}
        upsert(self._conn, t.answers, values, keys=("motion_id", "member_id"))

    def answers(self, motion_id: MotionId) -> dict[MemberId, Answer]:
        """Return what was written to the ballots of the motion, by member."""
        found = every(self._conn, select(t.answers).where(t.answers.c.motion_id == motion_id), _answer)
        return {answer.member_id: answer for answer in found}
