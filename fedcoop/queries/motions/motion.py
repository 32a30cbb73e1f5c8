"""One motion as a reader sees it: what is hidden from whom comes from `governance.motions.visibility`, never from here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.member import Member
from fedcoop.governance.members.permissions import Allowed, Deed, may
from fedcoop.governance.motions.ballots import Ballot, RollEntry
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import Sentence, needed, present_for_quorum
from fedcoop.governance.motions.motion import Motion, MotionState, Option, Visibility
from fedcoop.governance.motions.option_order import shown_order
from fedcoop.governance.motions.outcomes import Outcome, outcome_from_json
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally, tally_of
from fedcoop.governance.motions.visibility import Viewer as Sight
from fedcoop.governance.motions.visibility import may_see_ballots, may_see_counts, shown_until
from fedcoop.governance.proof import secrecy
from fedcoop.governance.ranked import candidacy
from fedcoop.governance.rolls import bars
from fedcoop.governance.rolls.roll import entry_for
from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.html import markdown_to_html
from fedcoop.kernel.ids import MotionId
from fedcoop.queries.delegation.delegations import MotionDelegation, motion_delegation
from fedcoop.queries.follow_ups.decision_register import phase_of, rule_of
from fedcoop.queries.follow_ups.follow_ups import AfterView, after_view
from fedcoop.queries.instance.outages import NEVER, Away, away_during
from fedcoop.queries.motions.lots import awaits_lot
from fedcoop.queries.motions.places import PlacesView, places_view
from fedcoop.queries.people import Person, people
from fedcoop.queries.talk.replies import ReplyView, reply_view
from fedcoop.storage.instance.condition import Difference
from fedcoop.storage.records import OutcomeRow
from fedcoop.storage.unit_of_work import UnitOfWork

BALLOTS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class BallotLine:
    """One ballot with its voter's name, for members; that of a guest is not counted."""

    person: Person
    choice: Choice
    reason: str
    channel: str
    is_guest: bool = False


@dataclass(frozen=True, slots=True)
class MotionView:
    """One motion for one reader; `options` in the order that this reader sees.

    `voted` have a ballot, `present` count for a quorum. `tally` is None while its numbers are hidden from this reader,
    `hidden_until` then says `own-vote` or `close`.
    `ballots` is one page of them; `further_ballots` is where the next one begins, 0 at the end.
    `bar_to_vote` is empty for who may vote, else a key of the reasons why not. `may` holds the steps open to the reader.
    """

    motion: Motion
    options: tuple[Option, ...]
    text_html: str
    is_poll: bool
    phase: str
    proposer: Person | None
    rule: Sentence
    voted: int
    present: int
    quorum_needs: int
    tally: Tally | None
    hidden_until: str
    outcome: Outcome | None
    record: OutcomeRow | None
    my: Ballot | None
    my_leaf: str
    bar_to_vote: str
    ballots: tuple[BallotLine, ...]
    further_ballots: int
    replies: tuple[ReplyView, ...]
    may: frozenset[str]
    linked: tuple[str, ...]
    passed: MotionDelegation | None
    annulled_reason: str
    proposal_uuid: str
    awaits_lot: bool
    after: AfterView
    places: PlacesView | None
    my_row: RollEntry | None = None
    class_titles: Mapping[str, str] = field(default_factory=dict)
    away: Away = NEVER
    difference: Difference | None = None

    @property
    def ended_at(self) -> datetime:
        """When voting was over: the closing time, or the annulment where that came first."""
        closes_at, closed_at = self.motion.closes_at, self.motion.closed_at
        return min(closes_at, closed_at) if closed_at is not None else closes_at

    @property
    def text_is_list(self) -> bool:
        """Whether the whole text is one list of numbered points, which are set as clauses."""
        text = self.text_html.strip()
        return text.startswith("<ol>") and text.endswith("</ol>") and text.count("<ol") == 1

    @property
    def form(self) -> str:
        """The name of the ballot's part of the page."""
        return METHODS[self.motion.method].form

    @property
    def several(self) -> bool:
        """Whether a ballot may name more than one option."""
        return METHODS[self.motion.method].wire == "anyOf"

    @property
    def reason_for(self) -> tuple[str, ...]:
        """The options that need a reason by the method or by the setting."""
        method, settings = METHODS[self.motion.method], self.motion.settings
        named = set(settings.reasons_for)
        keys = (option.key for option in self.motion.options)
        return tuple(key for key in keys if key in named or method.needs_reason((key,), settings))


def motion_view(uow: UnitOfWork, *, uuid: str, member: Member | None, ballots_after: int = 0) -> MotionView:
    """Return the motion as this reader may see it, with a page of its ballots. Raises NotFound."""
    motion = uow.motions.find_by_uuid(uuid)
    if motion is None or not may_know(uow, motion, member):
        raise NotFound("motion-unknown", "There is no such proposal.")
    phase = phase_of(motion, uow.now)
    my = uow.motions.ballot_of(motion.id, member.id) if member else None
    sight = _sight(member, my)
    shown = may_see_counts(motion, sight, uow.now)
    row = uow.motions.outcome_of(motion.id)
    counted = _tally(uow, motion, row)
    needs = needed(motion.settings.quorum, motion.eligible)
    outcome = outcome_from_json(row.outcome) if row is not None and phase == "decided" else None
    seen = may_see_ballots(motion, sight, uow.now)
    ballots, further = _ballots(uow, motion, after=ballots_after, only_reasons=phase == "open") if seen else ((), 0)
    _, is_poll, _ = uow.motions.presentation(motion.id)
    row_of_mine = _row(uow, motion, member)
    linked = _linked(uow, member)
    bar_to_vote = bars.bar_to_vote(motion, member, on_roll=row_of_mine is not None) if member else "signed-out"
    waits_for_me = phase == "open" and my is None and bool(linked) and not bar_to_vote
    return MotionView(
        motion=motion,
        options=shown_order(
            _standing(uow, motion), motion.settings, poll=motion.uuid, member=str(member.number) if member else ""
        ),
        text_html=text_html(motion.body),
        is_poll=is_poll,
        phase=phase,
        proposer=_proposer(uow, motion, member),
        rule=rule_of(motion),
        voted=counted.voted,
        present=present_for_quorum(counted, motion.settings) if needs else counted.took_part,
        quorum_needs=needs,
        tally=counted if shown else None,
        hidden_until=_hidden_until(motion, shown=shown),
        outcome=outcome,
        record=row,
        my=my,
        my_leaf=_leaf(motion, my) if my is not None else "",
        bar_to_vote=bar_to_vote,
        ballots=ballots,
        further_ballots=further,
        replies=_replies(uow, motion),
        may=_steps(motion, member, phase),
        linked=linked,
        passed=motion_delegation(uow, motion, member, has_voted=my is not None),
        annulled_reason=_annulled_reason(uow, motion),
        proposal_uuid=uow.proposals.discussed(motion.proposal_id),
        awaits_lot=awaits_lot(uow, motion),
        after=after_view(uow, motion, member),
        places=places_view(uow, motion) if seen else None,
        my_row=row_of_mine,
        class_titles={item.name: item.title for item in uow.classes.all()} if counted.classes or row_of_mine else {},
        difference=uow.condition.difference_of(motion.id),
        away=NEVER if member is None else away_during(uow, motion, may_have_lost=waits_for_me),
    )


def may_know(uow: UnitOfWork, motion: Motion, member: Member | None) -> bool:
    """Return whether this reader may know of the vote: what is for members does not exist for others."""
    return member is not None or uow.proposals.audience_of(motion.proposal_id) == "public"


def blank_ballot(uow: UnitOfWork, *, uuid: str, member: Member) -> tuple[Motion, tuple[Option, ...]]:
    """Return the motion with its options as this member sees them: what a ballot's form is read against. Raises NotFound."""
    motion = uow.motions.find_by_uuid(uuid)
    if motion is None:
        raise NotFound("motion-unknown", "There is no such proposal.")
    return motion, shown_order(_standing(uow, motion), motion.settings, poll=motion.uuid, member=str(member.number))


def _standing(uow: UnitOfWork, motion: Motion) -> tuple[Option, ...]:
    """Return the options; in a ranked vote those that withdrew since it opened say so (governance.md 7.11)."""
    if METHODS[motion.method].form != "ranking":
        return motion.options
    return candidacy.marked(motion.options, candidacy.left_since(uow.motions.log_of_type(motion.id, candidacy.ENTRY)))


def _sight(member: Member | None, my: Ballot | None) -> Sight:
    return Sight.wire() if member is None else Sight.member(has_voted=my is not None)


def _tally(uow: UnitOfWork, motion: Motion, row: OutcomeRow | None) -> Tally:
    if row is not None:
        return tally_of(row.tally)
    return uow.totals.seen(motion, received_by=shown_until(motion, uow.now))


def _hidden_until(motion: Motion, *, shown: bool) -> str:
    if shown:
        return ""
    return "own-vote" if motion.settings.visibility is Visibility.AFTER_OWN_VOTE else "close"


def _proposer(uow: UnitOfWork, motion: Motion, reader: Member | None) -> Person | None:
    if reader is None or motion.opened_by is None:
        return None
    return people(uow, [motion.opened_by]).get(motion.opened_by)


def _ballots(uow: UnitOfWork, motion: Motion, *, after: int, only_reasons: bool) -> tuple[tuple[BallotLine, ...], int]:
    """Return a page of ballots in the order in which their members joined, and where the next page begins."""
    until, most = shown_until(motion, uow.now), BALLOTS_SHOWN + 1
    found = uow.totals.ballots_page(motion, after=after, limit=most, with_reason=only_reasons, received_by=until)
    shown = found[:BALLOTS_SHOWN]
    ids = [ballot.member_id for ballot in shown]
    names = people(uow, ids)
    guests = uow.totals.guests_among(motion.id, ids) if motion.has_guests else set()
    lines = [BallotLine(names[b.member_id], b.choice, b.reason, b.channel.value, b.member_id in guests) for b in shown]
    return tuple(lines), ids[-1] if len(found) > BALLOTS_SHOWN else 0


def _row(uow: UnitOfWork, motion: Motion, member: Member | None) -> RollEntry | None:
    """Return the member's row of the roll, or the one that a late joiner gets with the first ballot."""
    entry = None if member is None else uow.motions.roll_entry(motion.id, member.id)
    if entry is not None or member is None or not motion.settings.electorate.live:
        return entry
    return entry_for(motion.id, member, uow.classes.around(member, uow.now), motion.settings, motion.poll_secret)


def _steps(motion: Motion, member: Member | None, phase: str) -> frozenset[str]:
    own = member is not None and motion.opened_by == member.id
    wanted = {"close": Deed.CLOSE_EARLY, "extend": Deed.EXTEND, "annul": Deed.ANNUL}
    open_to = {name for name, deed in wanted.items() if isinstance(may(member, deed, Bylaws(), own=own), Allowed)}
    fitting = {"open": {"close", "extend", "annul"}, "counting": {"annul"}}.get(phase, set())
    return frozenset(open_to & fitting)


def _replies(uow: UnitOfWork, motion: Motion) -> tuple[ReplyView, ...]:
    return tuple(reply_view(note, actor) for note, actor in uow.notes.replies(motion.id))


def _linked(uow: UnitOfWork, member: Member | None) -> tuple[str, ...]:
    if member is None:
        return ()
    return tuple(f"@{link.handle}" for link, _ in uow.members.links_of(member.id) if link.state == "active")


def _annulled_reason(uow: UnitOfWork, motion: Motion) -> str:
    if motion.state is not MotionState.ANNULLED:
        return ""
    return next((entry.reason for entry in uow.audits.about(motion.url) if entry.reason), "")


@lru_cache(maxsize=256)
def text_html(body: str) -> str:
    """Return a motion's text as safe HTML."""
    return markdown_to_html(body)


def _leaf(motion: Motion, ballot: Ballot) -> str:
    return secrecy.leaf(secrecy.box_ballot(ballot, motion.url)).hex()


def find_counted(uow: UnitOfWork, *, motion_id: MotionId, leaf: str) -> Choice | None:
    """Return what the counted ballot with this leaf hash chose, or None if none was counted (governance.md 5.2).

    A row that was changed behind our back is not the ballot of its receipt.
    """
    motion = uow.motions.get(motion_id)
    if motion.state is not MotionState.DECIDED:
        return None
    ballot = uow.motions.ballot_by_leaf(motion_id, bytes.fromhex(leaf))
    return ballot.choice if ballot is not None and _leaf(motion, ballot) == leaf else None


def recount_part(uow: UnitOfWork, *, uuid: str, n: int, member: Member | None = None) -> bytes:
    """Return part `n` of the recount file of a decided motion, byte for byte as it was stored; empty after the last.

    Raises NotFound where there is no such file.
    """
    motion = uow.motions.find_by_uuid(uuid)
    known = motion is not None and may_know(uow, motion, member)
    part = uow.exports.part(motion.id, n) if motion is not None and known else None
    if part is None and n == 0:
        raise NotFound("recount-absent", "There is no recount file here; it is made when the vote is counted.")
    return part or b""
