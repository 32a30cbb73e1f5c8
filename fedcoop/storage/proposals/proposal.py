"""Proposals until their vote: plans, versions, authors, sponsors, amendments, comments: rows ↔ the values of `governance`.

The proposal's own row is also read and moved by `decisions`, which has what follows from the opening on.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, select, update

from fedcoop.governance.motions.motion import Channel
from fedcoop.governance.proposals.amendments import Amendment, AmendmentKind, AmendmentState, Change, Operation
from fedcoop.governance.proposals.drafting import Plan
from fedcoop.governance.proposals.proposal import Proposal, ProposalState
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, insert_ignore, maker, upsert
from fedcoop.storage.records import Comment, Part, Sponsor, Version

_version, _sponsor, _comment = maker(Version), maker(Sponsor), maker(Comment)
_PROPOSAL_COLUMNS = [t.proposals.c[name] for name in Proposal.__slots__]
_SECONDS = {"notice": "notice_s", "lasts": "lasts_s"}
_FLAT = ("operation", "paragraph", "text")


def _proposal(row: Row[Any]) -> Proposal:
    return Proposal(**{**row._mapping, "state": ProposalState(row.state)})


def _plan(row: Row[Any]) -> Plan:
    values = dict(row._mapping)
    for name, column in _SECONDS.items():
        values[name] = timedelta(seconds=values.pop(column))
    values["options"] = tuple(values["options"])
    values["channels"] = frozenset(Channel(name) for name in values["channels"].split(",") if name)
    return Plan(**values)


def _plan_values(plan: Plan) -> dict[str, Any]:
    values = {name: getattr(plan, name) for name in Plan.__slots__}
    for name, column in _SECONDS.items():
        values[column] = int(values.pop(name).total_seconds())
    values["options"], values["settings"] = list(plan.options), dict(plan.settings)
    values["channels"] = ",".join(sorted(channel.value for channel in plan.channels))
    return values


def _amendment(row: Row[Any]) -> Amendment:
    values = dict(row._mapping)
    operation, paragraph, text = (values.pop(name) for name in _FLAT)
    return Amendment(
        **{
            **values,
            "change": Change(Operation(operation), paragraph, text),
            "kind": AmendmentKind(values["kind"]),
            "state": AmendmentState(values["state"]),
        }
    )


def _amendment_values(amendment: Amendment) -> dict[str, Any]:
    values = {name: getattr(amendment, name) for name in Amendment.__slots__ if name != "change"}
    change = amendment.change
    values |= {"operation": change.operation.value, "paragraph": change.paragraph, "text": change.text}
    return values | {"kind": amendment.kind.value, "state": amendment.state.value}


def _proposals_where(*conditions: Any) -> Select[Any]:
    return select(*_PROPOSAL_COLUMNS).where(*conditions)


class Proposals:
    """Repository of proposals with all that hangs on them before the vote."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    # proposals

    def get(self, proposal_id: ProposalId, *, lock: bool = False) -> Proposal:
        """Return the proposal, its row locked until the unit ends if `lock`. Raises NotFound."""
        query = _proposals_where(t.proposals.c.id == proposal_id)
        found = first(self._conn, query.with_for_update(key_share=True) if lock else query, _proposal)
        if found is None:
            raise NotFound("proposal-unknown", "There is no such proposal.")
        return found

    def find(self, uuid: str) -> Proposal | None:
        """Return the proposal with this UUID."""
        return first(self._conn, _proposals_where(t.proposals.c.uuid == uuid), _proposal)

    def find_by_context(self, context_uuid: str) -> Proposal | None:
        """Return the proposal whose conversation has this uuid."""
        query = select(*_PROPOSAL_COLUMNS).join(t.plans, t.plans.c.proposal_id == t.proposals.c.id)
        return first(self._conn, query.where(t.plans.c.context_uuid == context_uuid), _proposal)

    def put(self, proposal: Proposal, *, body_html: str | None = None) -> None:
        """Store the proposal's row whole; the rendered body where it is given."""
        values = {name: getattr(proposal, name) for name in Proposal.__slots__} | {"state": proposal.state.value}
        if body_html is not None:
            values["body_html"] = body_html
        self._conn.execute(update(t.proposals).where(t.proposals.c.id == proposal.id).values(**values))

    def body_html(self, proposal_id: ProposalId) -> str:
        """Return the rendered body."""
        return str(
            self._conn.execute(select(t.proposals.c.body_html).where(t.proposals.c.id == proposal_id)).scalar_one()
        )

    def listing(self, states: Iterable[ProposalState], *, public: bool = False, limit: int = 100) -> list[Proposal]:
        """Return proposals that have a plan and are in these states, newest first; `public` leaves out those for members."""
        query = select(*_PROPOSAL_COLUMNS).join(t.plans, t.plans.c.proposal_id == t.proposals.c.id)
        query = query.where(t.proposals.c.state.in_([state.value for state in states]))
        if public:
            query = query.where(t.plans.c.audience == "public")
        return every(self._conn, query.order_by(t.proposals.c.id.desc()).limit(limit), _proposal)

    def count_submitted(self, states: Iterable[ProposalState], *, public: bool = False) -> int:
        """Return how many proposals in these states were submitted; `public` leaves out those for members."""
        query = select(func.count()).select_from(t.proposals.join(t.plans, t.plans.c.proposal_id == t.proposals.c.id))
        query = query.where(t.proposals.c.state.in_([state.value for state in states]))
        query = query.where(t.plans.c.submitted_at.is_not(None))
        return int(self._conn.execute(query.where(t.plans.c.audience == "public") if public else query).scalar_one())

    def numbers_of(self, proposal_ids: Sequence[ProposalId]) -> dict[ProposalId, tuple[int, int]]:
        """Return how many sponsors and how many comments each proposal has, in two queries."""
        counts = []
        for table in (t.proposal_sponsors, t.proposal_comments):
            column = table.c.proposal_id
            query = select(column, func.count()).where(column.in_(proposal_ids)).group_by(column)
            counts.append({row[0]: int(row[1]) for row in self._conn.execute(query)})
        return {key: (counts[0].get(key, 0), counts[1].get(key, 0)) for key in proposal_ids}

    def part_of(self, member_id: MemberId, proposal_ids: Sequence[ProposalId]) -> Part:
        """Return what the member is to these proposals, in three queries."""
        tables = (t.proposal_sponsors, t.proposal_authors, t.proposal_comments)
        owners = (tables[0].c.member_id, tables[1].c.member_id, tables[2].c.author_id)
        sponsors, authors, said = (
            select(table).where(table.c.proposal_id.in_(proposal_ids), owner == member_id)
            for table, owner in zip(tables, owners, strict=True)
        )
        return Part(
            sponsored={ProposalId(row.proposal_id): int(row.version) for row in self._conn.execute(sponsors)},
            co_writes=frozenset(ProposalId(row.proposal_id) for row in self._conn.execute(authors)),
            spoke=frozenset(ProposalId(row.proposal_id) for row in self._conn.execute(said)),
        )

    def drafts_of(self, member_id: MemberId) -> list[Proposal]:
        """Return the member's own drafts, newest first."""
        c = t.proposals.c
        query = _proposals_where(c.author_id == member_id, c.state == ProposalState.DRAFT.value)
        return every(self._conn, query.order_by(c.id.desc()), _proposal)

    # plans

    def plan(self, proposal_id: ProposalId) -> Plan | None:
        """Return the proposal's plan; those opened before there were plans have none."""
        return first(self._conn, select(t.plans).where(t.plans.c.proposal_id == proposal_id), _plan)

    def plans(self, proposal_ids: Sequence[ProposalId]) -> dict[ProposalId, Plan]:
        """Return the plans of these proposals."""
        found = every(self._conn, select(t.plans).where(t.plans.c.proposal_id.in_(proposal_ids)), _plan)
        return {plan.proposal_id: plan for plan in found}

    def put_plan(self, plan: Plan) -> None:
        """Store the plan whole."""
        upsert(self._conn, t.plans, _plan_values(plan), keys=("proposal_id",))

    # versions

    def add_version(self, version: Version) -> None:
        """Store a version; a second one with its number breaks the primary key."""
        insert(self._conn, t.proposal_versions, {name: getattr(version, name) for name in Version.__slots__})

    def put_version(self, version: Version) -> None:
        """Store a version in place of the one with its number: a draft has one only."""
        values = {name: getattr(version, name) for name in Version.__slots__}
        upsert(self._conn, t.proposal_versions, values, keys=("proposal_id", "n"))

    def versions(self, proposal_id: ProposalId, *, numbers: Sequence[int] = ()) -> list[Version]:
        """Return the versions, the first first; those of these numbers, or all."""
        c = t.proposal_versions.c
        query = select(t.proposal_versions).where(c.proposal_id == proposal_id).order_by(c.n)
        return every(self._conn, query.where(c.n.in_(numbers)) if numbers else query, _version)

    # authors and sponsors

    def authors(self, proposal_id: ProposalId) -> list[MemberId]:
        """Return the co-authors beside the author, in the order in which they came."""
        c = t.proposal_authors.c
        rows = self._conn.execute(select(c.member_id).where(c.proposal_id == proposal_id).order_by(c.at, c.member_id))
        return [MemberId(row[0]) for row in rows]

    def writers(self, proposal: Proposal) -> list[MemberId]:
        """Return the author and the co-authors."""
        first_author = [proposal.author_id] if proposal.author_id is not None else []
        return [*first_author, *self.authors(proposal.id)]

    def add_author(self, proposal_id: ProposalId, member_id: MemberId, at: Any) -> bool:
        """Make the member a co-author; return whether they were none."""
        values = {"proposal_id": proposal_id, "member_id": member_id, "at": at}
        return insert_ignore(self._conn, t.proposal_authors, values)

    def drop_author(self, proposal_id: ProposalId, member_id: MemberId) -> None:
        """End the member's co-authorship."""
        c = t.proposal_authors.c
        self._conn.execute(delete(t.proposal_authors).where(c.proposal_id == proposal_id, c.member_id == member_id))

    def sponsors(self, proposal_id: ProposalId) -> list[Sponsor]:
        """Return who stands behind it, in the order in which they came."""
        c = t.proposal_sponsors.c
        query = select(t.proposal_sponsors).where(c.proposal_id == proposal_id).order_by(c.at, c.member_id)
        return every(self._conn, query, _sponsor)

    def add_sponsor(self, sponsor: Sponsor) -> bool:
        """Store the sponsor; return whether they were none yet."""
        return insert_ignore(
            self._conn, t.proposal_sponsors, {name: getattr(sponsor, name) for name in Sponsor.__slots__}
        )

    def drop_sponsor(self, proposal_id: ProposalId, member_id: MemberId) -> bool:
        """Remove the sponsor; return whether they were one."""
        c = t.proposal_sponsors.c
        gone = delete(t.proposal_sponsors).where(c.proposal_id == proposal_id, c.member_id == member_id)
        return bool(self._conn.execute(gone).rowcount)

    # amendments

    def add_amendment(self, amendment: Amendment) -> None:
        """Store a new amendment."""
        insert(self._conn, t.amendments, _amendment_values(amendment))

    def put_amendment(self, amendment: Amendment) -> None:
        """Store the amendment's row whole."""
        c = t.amendments.c
        self._conn.execute(update(t.amendments).where(c.id == amendment.id).values(**_amendment_values(amendment)))

    def find_amendment(self, uuid: str) -> Amendment | None:
        """Return the amendment with this UUID."""
        return first(self._conn, select(t.amendments).where(t.amendments.c.uuid == uuid), _amendment)

    def amendments(self, proposal_id: ProposalId) -> list[Amendment]:
        """Return the amendments to a proposal, oldest first."""
        c = t.amendments.c
        return every(self._conn, select(t.amendments).where(c.proposal_id == proposal_id).order_by(c.id), _amendment)

    def amendments_of_motion(self, motion_id: MotionId) -> list[Amendment]:
        """Return what a vote decides on: one amendment, or several that contradict; nothing for other votes."""
        c = t.amendments.c
        return every(self._conn, select(t.amendments).where(c.motion_id == motion_id).order_by(c.id), _amendment)

    def backers(self, amendment_ids: Sequence[int]) -> dict[int, list[MemberId]]:
        """Return who stands behind each amendment: sponsors of formal ones, authors who accept friendly ones."""
        c = t.amendment_backers.c
        query = select(c.amendment_id, c.member_id).where(c.amendment_id.in_(amendment_ids)).order_by(c.at, c.member_id)
        found: dict[int, list[MemberId]] = {number: [] for number in amendment_ids}
        for row in self._conn.execute(query):
            found[row[0]].append(MemberId(row[1]))
        return found

    def add_backer(self, amendment_id: int, member_id: MemberId, at: Any) -> bool:
        """Put the member behind the amendment; return whether they were not yet."""
        return insert_ignore(
            self._conn, t.amendment_backers, {"amendment_id": amendment_id, "member_id": member_id, "at": at}
        )

    def drop_backers(self, amendment_id: int, member_id: MemberId | None = None) -> None:
        """Remove one who stood behind the amendment, or all."""
        c = t.amendment_backers.c
        gone = delete(t.amendment_backers).where(c.amendment_id == amendment_id)
        self._conn.execute(gone if member_id is None else gone.where(c.member_id == member_id))

    # comments

    def add_comment(self, comment: Comment) -> None:
        """Store a comment."""
        insert(self._conn, t.proposal_comments, {name: getattr(comment, name) for name in Comment.__slots__})

    def find_comment(self, uuid: str) -> Comment | None:
        """Return the comment with this UUID."""
        return first(self._conn, select(t.proposal_comments).where(t.proposal_comments.c.uuid == uuid), _comment)

    def put_comment(self, comment: Comment) -> None:
        """Store the comment's row whole."""
        values = {name: getattr(comment, name) for name in Comment.__slots__}
        self._conn.execute(update(t.proposal_comments).where(t.proposal_comments.c.id == comment.id).values(**values))

    def comments(self, proposal_id: ProposalId, *, kinds: Sequence[str] = ()) -> list[Comment]:
        """Return the comments on a proposal, oldest first; of these kinds, or all."""
        c = t.proposal_comments.c
        query = select(t.proposal_comments).where(c.proposal_id == proposal_id).order_by(c.id)
        return every(self._conn, query.where(c.kind.in_(kinds)) if kinds else query, _comment)

    # votes

    def audience_of(self, proposal_id: ProposalId) -> str:
        """Return for whom the proposal is: `public` or `members`."""
        query = select(t.plans.c.audience).where(t.plans.c.proposal_id == proposal_id)
        return str(self._conn.execute(query).scalar_one_or_none() or "public")

    def discussed(self, proposal_id: ProposalId) -> str:
        """Return the proposal's UUID if it was discussed before its vote; empty for one that went straight to it."""
        query = select(t.proposals.c.uuid).join(t.plans, t.plans.c.proposal_id == t.proposals.c.id)
        query = query.where(t.proposals.c.id == proposal_id, t.plans.c.discussion_began_at.is_not(None))
        return str(self._conn.execute(query).scalar_one_or_none() or "")
