"""Proposals, motions, rolls, ballots, logs and outcomes: rows ↔ the values of `governance`."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, Select, and_, bindparam, delete, exists, func, or_, select, union_all, update

from fedcoop.governance.members.member import MemberStatus
from fedcoop.governance.motions.ballots import Ballot, Boxed, RollEntry
from fedcoop.governance.motions.choices import choice_of, choice_to_json
from fedcoop.governance.motions.motion import Channel, Motion, MotionState, Option, Settings, option_to_json
from fedcoop.governance.motions.settings import settings_from_json, settings_to_json
from fedcoop.governance.proof import logchain, secrecy
from fedcoop.governance.proposals.proposal import Proposal, ProposalState
from fedcoop.kernel.canonical import canonical_each
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId, MotionId, ProposalId
from fedcoop.kernel.lru import Lru
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import every, fields, first, insert, insert_many, itself, maker, upsert_many
from fedcoop.storage.records import LogEntry, OutcomeRow

_outcome = maker(OutcomeRow)
_MOTION_FIELDS = tuple(Motion.__slots__)
_MOTION_COLUMNS = [t.motions.c[name] for name in _MOTION_FIELDS]
_WRITTEN_ONCE = frozenset({"id", "title", "body", "method", "options", "settings", "text_hash", "poll_secret"})
BALLOT_COLUMNS = fields(t.ballots, Ballot)
_ROLL_COLUMNS = fields(t.roll_entries, RollEntry)
_CHOICE, _CHANNEL = map(Ballot.__slots__.index, ("choice", "channel"))
_decode = msgspec.json.Decoder().decode


@lru_cache(maxsize=512)
def _settings(text: str) -> Settings:
    return settings_from_json(json.loads(text))


@lru_cache(maxsize=512)
def _options(text: str) -> tuple[Option, ...]:
    return tuple(Option(**item) for item in json.loads(text))


def _options_text(options: Sequence[Option]) -> str:
    return json.dumps([option_to_json(option) for option in options], ensure_ascii=False)


def _motion(row: Row[Any]) -> Motion:
    return _motion_of(*row)


@lru_cache(maxsize=256)
def _motion_of(*row: Any) -> Motion:
    """Return the motion of a row of `_MOTION_COLUMNS`; the same row is the same value: every vote reads it."""
    values = dict(zip(_MOTION_FIELDS, row, strict=True))
    values["options"] = _options(values["options"])
    values["settings"] = _settings(values["settings"])
    values["channels"] = frozenset(Channel(name) for name in values["channels"].split(","))
    values["state"] = MotionState(values["state"])
    return Motion(**values)


def ballot_of_row(row: Row[Any]) -> Ballot:
    """Return the ballot of a row of `BALLOT_COLUMNS`."""
    return _ballot_of(*row)


def _ballot_of(*row: Any) -> Ballot:
    values = list(row)
    values[_CHOICE] = choice_of(_decode(values[_CHOICE]))
    values[_CHANNEL] = Channel(values[_CHANNEL])
    return Ballot(*values)


def _ballot_values(ballot: Ballot, url: str) -> dict[str, Any]:
    values = {name: getattr(ballot, name) for name in Ballot.__slots__}
    values["choice"] = json.dumps(choice_to_json(ballot.choice), sort_keys=True)
    values["channel"] = ballot.channel.value
    values["leaf"] = secrecy.leaf(secrecy.box_ballot(ballot, url))
    return values


def _voter_state(*row: Any) -> tuple[RollEntry, MemberStatus, Ballot | None]:
    width = len(_ROLL_COLUMNS)
    ballot = None if row[width + 1] is None else _ballot_of(*row[width + 1 :])
    return RollEntry(*row[:width]), MemberStatus(row[width]), ballot


def _proposal(row: Row[Any]) -> Proposal:
    values = {name: value for name, value in row._mapping.items() if name in Proposal.__slots__}
    return Proposal(**{**values, "state": ProposalState(values["state"])})


def _motion_where(*conditions: Any) -> Select[Any]:
    return select(*_MOTION_COLUMNS).where(*conditions)


def _one_motion(column: Any, name: str) -> tuple[Prepared[Motion], Prepared[Motion]]:
    """Return the statements that read a motion, and that lock it: rows that refer to it may still be added beside."""
    query = _motion_where(column == bindparam(name))
    return Prepared(query, _motion_of), Prepared(query.with_for_update(key_share=True), _motion_of)


_BY_ID, _BY_ID_LOCKED = _one_motion(t.motions.c.id, "motion_id")
_BY_URL, _BY_URL_LOCKED = _one_motion(t.motions.c.url, "url")
_BY_UUID, _BY_UUID_LOCKED = _one_motion(t.motions.c.uuid, "uuid")
_IN_STATES = t.motions.c.state.in_(bindparam("states", expanding=True))
_FOR_MEMBERS = exists().where(t.plans.c.proposal_id == t.motions.c.proposal_id, t.plans.c.audience != "public")
_COUNT_IN = select(func.count()).select_from(t.motions).where(_IN_STATES)
_PRESENTATION = Prepared(
    select(t.motions.c.body_html, t.motions.c.is_poll, t.motions.c.context_uuid).where(
        t.motions.c.id == bindparam("motion_id")
    ),
    lambda html, is_poll, uuid: (str(html), bool(is_poll), str(uuid)),
)
_PUBLISHED = select(t.motions.c.published).where(t.motions.c.id == bindparam("motion_id"))
_BALLOT_COUNTS = (
    select(t.ballots.c.motion_id, func.count())
    .where(t.ballots.c.motion_id.in_(bindparam("ids", expanding=True)))
    .group_by(t.ballots.c.motion_id)
)
_OUTCOME_CODES = select(t.outcomes.c.motion_id, t.outcomes.c.code, t.outcomes.c.tally).where(
    t.outcomes.c.motion_id.in_(bindparam("ids", expanding=True))
)
_ROLL = Prepared(
    select(*_ROLL_COLUMNS).where(t.roll_entries.c.motion_id == bindparam("motion")).order_by(t.roll_entries.c.voter),
    RollEntry,
)
_BOX = Prepared(
    select(t.ballots.c.voter, t.ballots.c.choice, t.ballots.c.nonce)
    .where(t.ballots.c.motion_id == bindparam("motion"))
    .order_by(t.ballots.c.voter),
    lambda voter, choice, nonce: Boxed(voter, choice_of(_decode(choice)), nonce),
)
_LOG = Prepared(
    select(*fields(t.log_entries, LogEntry))
    .where(t.log_entries.c.motion_id == bindparam("motion"))
    .order_by(t.log_entries.c.n),
    LogEntry,
)
_LOG_TEXTS = Prepared(
    select(t.log_entries.c.entry).where(t.log_entries.c.motion_id == bindparam("motion")).order_by(t.log_entries.c.n),
    itself,
)
_BALLOT_OF = Prepared(
    select(*BALLOT_COLUMNS).where(
        t.ballots.c.motion_id == bindparam("motion"), t.ballots.c.member_id == bindparam("member")
    ),
    _ballot_of,
)
_VOTER_STATES = Prepared(
    select(*_ROLL_COLUMNS, t.members.c.status, *BALLOT_COLUMNS)
    .select_from(
        t.roll_entries.join(t.members, t.members.c.id == t.roll_entries.c.member_id).outerjoin(
            t.ballots,
            and_(
                t.ballots.c.motion_id == t.roll_entries.c.motion_id, t.ballots.c.member_id == t.roll_entries.c.member_id
            ),
        )
    )
    .where(
        t.roll_entries.c.motion_id == bindparam("motion"),
        t.roll_entries.c.member_id.in_(bindparam("members", expanding=True)),
    ),
    _voter_state,
    lists=("members",),
)
_LOG_HEAD = Prepared(
    select(t.log_entries.c.n, t.log_entries.c.head)
    .where(t.log_entries.c.motion_id == bindparam("motion"))
    .order_by(t.log_entries.c.n.desc())
    .limit(1),
    lambda n, head: (int(n), str(head)),
)


def _newest_in(state: MotionState, where: Sequence[Any], limit: int) -> Select[Any]:
    """Return the ids of the newest in one state: the index has each state in order, and none is read whole."""
    c = t.motions.c
    found = select(c.id).where(c.state == state.value, *where).order_by(c.id.desc()).limit(limit)
    return select(found.subquery().c.id)


_of_type: Lru[tuple[str, str], tuple[str, ...]] = Lru(256)


class Motions:
    """Repository of motions with all that hangs on them."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    # motions

    def get(self, motion_id: MotionId, *, lock: bool = False) -> Motion:
        """Return the motion, its row locked until the unit ends if `lock`. Raises NotFound."""
        found = (_BY_ID_LOCKED if lock else _BY_ID).first(self._conn, {"motion_id": motion_id})
        if found is None:
            raise NotFound("motion-unknown", "There is no such proposal.", motion=motion_id)
        return found

    def find_by_url(self, url: str, *, lock: bool = False) -> Motion | None:
        """Return the motion with this URL, its row locked until the unit ends if `lock`."""
        return (_BY_URL_LOCKED if lock else _BY_URL).first(self._conn, {"url": url})

    def find_by_uuid(self, uuid: str, *, lock: bool = False) -> Motion | None:
        """Return the motion with this UUID, its row locked until the unit ends if `lock`."""
        return (_BY_UUID_LOCKED if lock else _BY_UUID).first(self._conn, {"uuid": uuid})

    def add(self, motion: Motion, *, body_html: str, is_poll: bool, context_uuid: str) -> None:
        """Store a new motion; `is_poll` says whether it shows as a Question (federation.md 12.1)."""
        values = self._values(motion)
        insert(
            self._conn, t.motions, {**values, "body_html": body_html, "is_poll": is_poll, "context_uuid": context_uuid}
        )

    def put(self, motion: Motion) -> None:
        """Store what may change of the motion. What is put to the vote was written once, by `add`, and stays (governance.md 2).

        Its id is not written again: SQLite would look through every ballot for rows that refer to it.
        """
        values = {name: value for name, value in self._values(motion).items() if name not in _WRITTEN_ONCE}
        self._conn.execute(update(t.motions).where(t.motions.c.id == motion.id).values(**values))

    def presentation(self, motion_id: MotionId) -> tuple[str, bool, str]:
        """Return the rendered body, whether it is a poll on the wire, and the uuid of its conversation."""
        found = _PRESENTATION.first(self._conn, {"motion_id": motion_id})
        if found is None:
            raise NotFound("motion-unknown", "There is no such proposal.", motion=motion_id)
        return found

    def put_published(self, motion_id: MotionId, published: Mapping[str, Any]) -> None:
        """Keep what the motion's digest covers: it never changes after the opening (federation.md 12.5)."""
        self._conn.execute(update(t.motions).where(t.motions.c.id == motion_id).values(published=dict(published)))

    def published_of(self, motion_id: MotionId) -> dict[str, Any]:
        """Return what the motion's digest covers, as `publication.published` gave it when the vote opened."""
        found: dict[str, Any] = self._conn.execute(_PUBLISHED, {"motion_id": motion_id}).scalar_one()
        return found

    def find_by_context(self, context_uuid: str) -> Motion | None:
        """Return the motion whose conversation has this uuid."""
        return first(self._conn, _motion_where(t.motions.c.context_uuid == context_uuid), _motion)

    def listing(
        self,
        states: Iterable[MotionState],
        *,
        before: int | None = None,
        limit: int = 20,
        words: str = "",
        public: bool = False,
    ) -> list[Motion]:
        """Return motions in these states, newest first, below the id `before`, whose title or text holds `words`.

        `public` leaves out those that are for members only.
        """
        c = t.motions.c
        where: list[Any] = [~_FOR_MEMBERS] if public else []
        if before is not None:
            where.append(c.id < before)
        if words:
            where.append(or_(c.title.icontains(words, autoescape=True), c.body.icontains(words, autoescape=True)))
        newest = [_newest_in(state, where, limit) for state in states]
        ids = [MotionId(row[0]) for row in self._conn.execute(union_all(*newest))] if newest else []
        query = _motion_where(c.id.in_(sorted(ids)[-limit:])).order_by(c.id.desc())
        return every(self._conn, query, _motion) if ids else []

    def during(self, since: datetime, until: datetime, *, limit: int, public: bool = False) -> list[Motion]:
        """Return motions that were open at any time between, or are still, those that close last first.

        `public` leaves out those that are for members only.
        """
        c = t.motions.c
        had_votes = (MotionState.OPEN.value, MotionState.CLOSED.value, MotionState.DECIDED.value)
        query = _motion_where(c.state.in_(had_votes), c.closes_at > since, c.opens_at < until)
        if public:
            query = query.where(~_FOR_MEMBERS)
        return every(self._conn, query.order_by(c.closes_at.desc()).limit(limit), _motion)

    def count_in(self, states: Iterable[MotionState], *, public: bool = False) -> int:
        """Return how many motions are in these states; `public` leaves out those that are for members only."""
        query = _COUNT_IN.where(~_FOR_MEMBERS) if public else _COUNT_IN
        return int(self._conn.execute(query, {"states": [state.value for state in states]}).scalar_one())

    @staticmethod
    def _values(motion: Motion) -> dict[str, Any]:
        values = {name: getattr(motion, name) for name in _MOTION_FIELDS}
        values["options"] = _options_text(motion.options)
        values["settings"] = json.dumps(settings_to_json(motion.settings), ensure_ascii=False, sort_keys=True)
        values["channels"] = ",".join(sorted(channel.value for channel in motion.channels))
        values["state"] = motion.state.value
        return values

    # proposals

    def add_proposal(self, proposal: Proposal, *, body_html: str) -> None:
        """Store a new proposal."""
        values = {name: getattr(proposal, name) for name in Proposal.__slots__}
        insert(self._conn, t.proposals, {**values, "state": proposal.state.value, "body_html": body_html})

    def get_proposal(self, proposal_id: ProposalId) -> Proposal:
        """Return the proposal. Raises NotFound."""
        found = first(self._conn, select(t.proposals).where(t.proposals.c.id == proposal_id), _proposal)
        if found is None:
            raise NotFound("proposal-unknown", "There is no such proposal.")
        return found

    def find_proposal_by_uuid(self, uuid: str) -> Proposal | None:
        """Return the proposal with this UUID."""
        return first(self._conn, select(t.proposals).where(t.proposals.c.uuid == uuid), _proposal)

    def put_proposal_state(self, proposal: Proposal) -> None:
        """Store the state of the proposal."""
        self._conn.execute(
            update(t.proposals).where(t.proposals.c.id == proposal.id).values(state=proposal.state.value)
        )

    def motions_of(self, proposal_id: ProposalId) -> list[Motion]:
        """Return the motions on the proposal, oldest first."""
        return every(
            self._conn, _motion_where(t.motions.c.proposal_id == proposal_id).order_by(t.motions.c.id), _motion
        )

    # roll

    def add_roll(self, entries: Sequence[RollEntry]) -> None:
        """Store the frozen roll."""
        insert_many(
            self._conn, t.roll_entries, [{name: getattr(e, name) for name in RollEntry.__slots__} for e in entries]
        )

    def roll(self, motion_id: MotionId) -> list[RollEntry]:
        """Return the whole roll, by pseudonym."""
        return _ROLL.every(self._conn, {"motion": motion_id})

    def roll_entry(self, motion_id: MotionId, member_id: MemberId) -> RollEntry | None:
        """Return the member's row of the roll, if any."""
        return self.voter_state(motion_id, member_id)[0]

    # ballots

    def ballot_of(self, motion_id: MotionId, member_id: MemberId) -> Ballot | None:
        """Return the member's current ballot, if any."""
        return _BALLOT_OF.first(self._conn, {"motion": motion_id, "member": member_id})

    def voter_state(
        self, motion_id: MotionId, member_id: MemberId
    ) -> tuple[RollEntry | None, MemberStatus | None, Ballot | None]:
        """Return the member's row of the roll, status and current ballot, in one query."""
        return self.voter_states(motion_id, [member_id]).get(member_id, (None, None, None))

    def voter_states(
        self, motion_id: MotionId, member_ids: Sequence[MemberId]
    ) -> dict[MemberId, tuple[RollEntry | None, MemberStatus | None, Ballot | None]]:
        """Return the same of many members, in one query; whoever is not on the roll is not in it."""
        found = _VOTER_STATES.every(self._conn, {"motion": motion_id, "members": member_ids})
        return {state[0].member_id: state for state in found}

    def put_ballots(self, ballots: Iterable[Ballot], url: str) -> None:
        """Make each the one ballot of its member on the motion at `url`: the constraint on (motion, member) leaves room for one.

        Its leaf is kept beside it, by which its receipt is found (governance.md 5.2).
        """
        rows = [_ballot_values(ballot, url) for ballot in ballots]
        upsert_many(self._conn, t.ballots, rows, keys=("motion_id", "member_id"))

    def ballots_for(self, motion_id: MotionId, option: str) -> list[Ballot]:
        """Return the current ballots that chose this option, alone or among others, by pseudonym."""
        c = t.ballots.c
        query = select(*BALLOT_COLUMNS).where(c.motion_id == motion_id, c.choice.contains(json.dumps(option)))
        return [one for one in every(self._conn, query.order_by(c.voter), ballot_of_row) if option in one.choice]

    def ballot_by_leaf(self, motion_id: MotionId, leaf: bytes) -> Ballot | None:
        """Return the ballot that was stored with this leaf; whether it still is that one is for the caller to see."""
        c = t.ballots.c
        return first(self._conn, select(*BALLOT_COLUMNS).where(c.leaf == leaf, c.motion_id == motion_id), ballot_of_row)

    def drop_ballot(self, motion_id: MotionId, member_id: MemberId) -> None:
        """Remove the member's current ballot; the log keeps it."""
        self._conn.execute(
            delete(t.ballots).where(t.ballots.c.motion_id == motion_id, t.ballots.c.member_id == member_id)
        )

    def ballots(self, motion_id: MotionId, *, received_by: datetime | None = None) -> list[Ballot]:
        """Return all current ballots by pseudonym, or those received by an instant."""
        query = select(*BALLOT_COLUMNS).where(t.ballots.c.motion_id == motion_id).order_by(t.ballots.c.voter)
        if received_by is not None:
            query = query.where(t.ballots.c.received_at <= received_by)
        return every(self._conn, query, ballot_of_row)

    def box(self, motion_id: MotionId) -> list[Boxed]:
        """Return what lies in the box: all current ballots by pseudonym, as they are counted."""
        return _BOX.every(self._conn, {"motion": motion_id})

    def count_ballots(self, motion_id: MotionId) -> int:
        """Return how many members have a ballot."""
        return int(
            self._conn.execute(
                select(func.count()).select_from(t.ballots).where(t.ballots.c.motion_id == motion_id)
            ).scalar_one()
        )

    def voted(self, motion_ids: Sequence[MotionId], member_id: MemberId) -> set[MotionId]:
        """Return those of the motions on which the member has a ballot."""
        c = t.ballots.c
        query = select(c.motion_id).where(c.member_id == member_id, c.motion_id.in_(list(motion_ids)))
        return {MotionId(row[0]) for row in self._conn.execute(query)} if motion_ids else set()

    def ballot_counts(self, motion_ids: Sequence[MotionId]) -> dict[MotionId, int]:
        """Return the number of ballots of each motion, in one query."""
        found = self._conn.execute(_BALLOT_COUNTS, {"ids": list(motion_ids)}) if motion_ids else ()
        return {MotionId(row[0]): int(row[1]) for row in found}

    def on_roll(self, motion_ids: Sequence[MotionId], member_id: MemberId) -> set[MotionId]:
        """Return those of the motions on whose roll the member is."""
        c = t.roll_entries.c
        query = select(c.motion_id).where(c.member_id == member_id, c.motion_id.in_(list(motion_ids)))
        return {MotionId(row[0]) for row in self._conn.execute(query)} if motion_ids else set()

    # log chain

    def append_log(self, motion_id: MotionId, url: str, *entries: Mapping[str, Any]) -> None:
        """Add entries (without `n`) to the motion's log chain (governance.md 5.1); the motion's row is locked by the caller."""
        last = _LOG_HEAD.first(self._conn, {"motion": motion_id})
        n, head = (1, logchain.first_head(url)) if last is None else (last[0] + 1, last[1])
        texts = canonical_each([{"n": number, **entry} for number, entry in enumerate(entries, start=n)])
        rows: list[LogEntry] = []
        for number, text in enumerate(texts, start=n):
            head = logchain.next_head(head, text)
            rows.append(LogEntry(n=number, entry=text.decode(), head=head))
        self.extend_log(motion_id, rows)

    def extend_log(self, motion_id: MotionId, entries: Sequence[LogEntry]) -> None:
        """Add entries whose heads were computed outside; a clash with another entry breaks the primary key."""
        rows = [{"motion_id": motion_id, "n": entry.n, "entry": entry.entry, "head": entry.head} for entry in entries]
        insert_many(self._conn, t.log_entries, rows)

    def log_end(self, motion_id: MotionId) -> tuple[int, str]:
        """Return number and head of the last entry of a motion's log. Raises LookupError for a motion without one."""
        last = _LOG_HEAD.first(self._conn, {"motion": motion_id})
        if last is None:
            raise LookupError(f"motion {motion_id} has no log")
        return last

    def log(self, motion_id: MotionId) -> list[LogEntry]:
        """Return the motion's log from the first entry to the last."""
        return _LOG.every(self._conn, {"motion": motion_id})

    def log_texts(self, motion_id: MotionId) -> list[str]:
        """Return the canonical texts of the motion's log, in order."""
        return _LOG_TEXTS.every(self._conn, {"motion": motion_id})

    def log_of_type(self, motion_id: MotionId, kind: str) -> list[dict[str, Any]]:
        """Return the entries of one type, in order: the few of a long log, which is looked through once for each head."""
        last = _LOG_HEAD.first(self._conn, {"motion": motion_id})
        key = ("" if last is None else str(last[1]), kind)
        known = _of_type.find(key)
        if known is None:
            c = t.log_entries.c
            query = select(c.entry).where(c.motion_id == motion_id, c.entry.contains(f'"type":"{kind}"'))
            query = query.where(c.n <= (0 if last is None else last[0])).order_by(c.n)
            known = tuple(str(row[0]) for row in self._conn.execute(query))
            _of_type.put(key, known)
        found = [json.loads(text) for text in known]
        return [entry for entry in found if entry["type"] == kind]

    # outcomes

    def add_outcome(self, row: OutcomeRow) -> None:
        """Store the immutable result; a second one breaks the primary key."""
        insert(self._conn, t.outcomes, {name: getattr(row, name) for name in OutcomeRow.__slots__})

    def drop_outcome(self, motion_id: MotionId) -> None:
        """Remove the result of a vote that is opened again; its count stays in the log."""
        self._conn.execute(delete(t.outcomes).where(t.outcomes.c.motion_id == motion_id))

    def outcome_of(self, motion_id: MotionId) -> OutcomeRow | None:
        """Return the stored result, if the motion is decided."""
        return first(self._conn, select(t.outcomes).where(t.outcomes.c.motion_id == motion_id), _outcome)

    def outcome_codes(self, motion_ids: Sequence[MotionId]) -> dict[MotionId, tuple[str, Mapping[str, Any]]]:
        """Return code and tally of each decided motion, in one query."""
        found = self._conn.execute(_OUTCOME_CODES, {"ids": list(motion_ids)}) if motion_ids else ()
        return {MotionId(row[0]): (str(row[1]), row[2]) for row in found}

    def find_by_outcome_note(self, note_uuid: str) -> Motion | None:
        """Return the motion whose outcome, in numbers or in words, or a spelling fix to which was published as this Note."""
        said = (t.outcomes, t.statements, t.errata)
        query = _motion_where(
            or_(
                *(exists().where(table.c.motion_id == t.motions.c.id, table.c.note_uuid == note_uuid) for table in said)
            )
        )
        return first(self._conn, query, _motion)
