"""A proposal before its vote: what it plans, and the guards of each step until the vote opens (governance.md 2).

A guard is a pure function that returns a `Refusal`, or None where the step may be taken; `demand` raises it. Where a step
leads is the table of `proposals`, who may take it is `permissions`, when it is taken by itself is a timer of `actions`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from fractions import Fraction

from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.motions.method import ceil_of, plural
from fedcoop.governance.motions.motion import Channel
from fedcoop.governance.proposals.proposal import UNDER_DISCUSSION, ProposalEvent, ProposalState
from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.ids import MemberId, ProposalId

RULE_PRESETS = frozenset({"rule_change", "dissolution"})
AUDIENCES = ("public", "members")
SHORTEST_VOTE_AFTER_NOTICE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to become of a proposal: its way to decide, its dates, and how far it has come.

    `settings` are words by their names, `options` lines as `option_lines` reads them. `opens_at` and `closes_at` are wishes
    until the text is frozen, then they are fixed.
    `withdrawal_at` is when a withdrawal takes effect unless a sponsor adopts the proposal before.
    """

    proposal_id: ProposalId
    method: str = "resolution"
    options: tuple[str, ...] = ()
    settings: Mapping[str, str] = field(default_factory=dict)
    channels: frozenset[Channel] = frozenset({Channel.WEB, Channel.ACTIVITYPUB})
    template: str = ""
    audience: str = "public"
    topic: str = ""
    summary: str = ""
    seeks_sponsors: bool = False
    discusses: bool = True
    sponsors_needed: int = 0
    notice: timedelta = timedelta(days=2)
    lasts: timedelta = timedelta(days=7)
    admission_ends_at: datetime | None = None
    discussion_began_at: datetime | None = None
    discussion_ends_at: datetime | None = None
    notice_ends_at: datetime | None = None
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    submitted_at: datetime | None = None
    changed_at: datetime | None = None
    frozen_at: datetime | None = None
    withdrawal_at: datetime | None = None
    text_hash: str = ""
    context_uuid: str = ""

    @property
    def is_rule_change(self) -> bool:
        """Whether it would change the co-op's rules: more time is given for those."""
        return self.settings.get("preset", "") in RULE_PRESETS


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a step cannot be taken: a kebab-case code and a sentence that says what to do."""

    code: str
    why: str


def demand(refusal: Refusal | None) -> None:
    """Raise Conflict with the code of the refusal, if there is one."""
    if refusal is not None:
        raise Conflict(refusal.code, refusal.why)


# --- dates ------------------------------------------------------------------------------------------------------


def shortest_discussion(plan: Plan, bylaws: Bylaws) -> timedelta:
    """Return how long it must be discussed at least: 3 days, 14 for rule changes."""
    return bylaws.rule_discussion if plan.is_rule_change else bylaws.shortest_discussion


def begun(plan: Plan, now: datetime, bylaws: Bylaws) -> Plan:
    """Return the plan with its discussion begun: it ends at the date wished for, never before the shortest time."""
    earliest = now + shortest_discussion(plan, bylaws)
    wished = plan.discussion_ends_at or earliest
    ends_at = max(wished, earliest)
    return replace(plan, discussion_began_at=now, discussion_ends_at=ends_at, admission_ends_at=None)


def frozen(plan: Plan, now: datetime, *, text_hash: str) -> Plan:
    """Return the plan with its text fixed, and the dates of notice, opening and close fixed with it."""
    notice_ends_at = now + plan.notice
    opens_at = max(plan.opens_at or notice_ends_at, notice_ends_at)
    wished = plan.closes_at
    fits = wished is not None and wished - opens_at >= min(plan.lasts, SHORTEST_VOTE_AFTER_NOTICE)
    return replace(
        plan,
        frozen_at=now,
        notice_ends_at=notice_ends_at,
        opens_at=opens_at,
        closes_at=wished if fits else opens_at + plan.lasts,
        text_hash=text_hash,
    )


def thawed(plan: Plan) -> Plan:
    """Return the plan as it stands before another discussion: no dates, no fixed text (7.5, next version)."""
    return replace(
        plan,
        discusses=True,
        discussion_began_at=None,
        discussion_ends_at=None,
        notice_ends_at=None,
        opens_at=None,
        closes_at=None,
        frozen_at=None,
        text_hash="",
    )


def sponsors_for(plan: Plan, *, eligible: int, authors: int, bylaws: Bylaws) -> int:
    """Return how many sponsors it needs: max(2, ceil(2% of eligible)) or the plan's own number, if there are so many."""
    usual = max(bylaws.fewest_sponsors, ceil_of(Fraction(bylaws.sponsors_percent, 100) * eligible))
    return min(plan.sponsors_needed or usual, max(0, eligible - authors))


def first_step(plan: Plan, *, sponsors: int, opens_later: bool) -> ProposalEvent:
    """Return where a submitted draft goes: to its sponsors, its discussion, or its vote at once or later."""
    if plan.seeks_sponsors and sponsors > 0:
        return ProposalEvent.SEEK_SPONSORS
    if plan.discusses:
        return ProposalEvent.DISCUSS
    return ProposalEvent.SCHEDULE if opens_later else ProposalEvent.SUBMIT


# --- guards -----------------------------------------------------------------------------------------------------


def may_sponsor(state: ProposalState, member: MemberId, authors: Sequence[MemberId]) -> Refusal | None:
    """Return why this member cannot stand behind the proposal now."""
    if state not in UNDER_DISCUSSION:
        return Refusal("sponsor-state", "Sponsors are sought before the vote; this proposal is past that.")
    if member in authors:
        return Refusal("sponsor-own", "You wrote this. Others must stand behind it.")
    return None


def may_be_admitted(*, sponsors: int, needed: int) -> Refusal | None:
    """Return what is missing before the discussion can begin."""
    if sponsors < needed:
        missing = plural(needed - sponsors, "more sponsor is", "more sponsors are")
        return Refusal("sponsors-missing", f"{missing} needed before the discussion begins.")
    return None


def may_lapse(plan: Plan, now: datetime, *, sponsors: int, needed: int) -> Refusal | None:
    """Return why the search for sponsors is not over without success."""
    if plan.admission_ends_at is None or now < plan.admission_ends_at:
        return Refusal("admission-runs", "There is still time to find sponsors.")
    if sponsors >= needed:
        return Refusal("sponsors-enough", "Enough members stand behind it.")
    return None


def may_edit(*, based_on: int, version: int) -> Refusal | None:
    """Return that somebody else changed the text meanwhile (design.md 8.20)."""
    if based_on != version:
        return Refusal("edited-meanwhile", "This text was changed while you wrote. Yours is kept; see what differs.")
    return None


def may_freeze(plan: Plan, now: datetime, *, open_amendments: int, bylaws: Bylaws) -> Refusal | None:
    """Return why the text cannot be fixed yet: the shortest discussion, or formal amendments that are undecided."""
    if plan.withdrawal_at is not None:
        return Refusal("withdrawal-asked", "Its author withdrew it; a sponsor may adopt it first.")
    begun_at = plan.discussion_began_at
    if begun_at is None or now < begun_at + shortest_discussion(plan, bylaws):
        days = shortest_discussion(plan, bylaws).days
        return Refusal(
            "discussion-short", f"A proposal like this is discussed for at least {plural(days, 'day', 'days')}."
        )
    if open_amendments:
        told = plural(open_amendments, "formal amendment is", "formal amendments are")
        return Refusal("amendments-open", f"{told} undecided. They are voted on before the text is fixed.")
    return None


def may_open(plan: Plan, now: datetime, *, running: int) -> Refusal | None:
    """Return why the vote cannot open yet: the notice period, or another vote on the same proposal."""
    if plan.withdrawal_at is not None:
        return Refusal("withdrawal-asked", "Its author withdrew it; a sponsor may adopt it first.")
    if plan.notice_ends_at is None or now < plan.notice_ends_at:
        return Refusal("notice-runs", "The notice period is not over yet; the vote opens after it.")
    return may_run(running=running)


def may_run(*, running: int) -> Refusal | None:
    """Return that a binding vote on this proposal is under way already: members do not face competing votes."""
    if running:
        return Refusal("vote-running", "A vote on this proposal is under way. The next one opens when it has ended.")
    return None


def may_withdraw(plan: Plan) -> Refusal | None:
    """Return that the proposal is being withdrawn already."""
    if plan.withdrawal_at is not None:
        return Refusal("withdrawal-asked", "It is being withdrawn already.")
    return None


def may_adopt(plan: Plan, now: datetime, *, is_sponsor: bool) -> Refusal | None:
    """Return why this member cannot make a withdrawn proposal their own."""
    if plan.withdrawal_at is None or now >= plan.withdrawal_at:
        return Refusal("adoption-over", "There is nothing to adopt: it is not being withdrawn.")
    if not is_sponsor:
        return Refusal("adoption-sponsor", "Only somebody who sponsored it before can adopt it.")
    return None
