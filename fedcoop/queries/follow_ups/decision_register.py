"""Lists of decisions: what is open, what was decided lately, the searchable register, what waits for a member."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from fedcoop.governance.members.member import Member
from fedcoop.governance.motions.method import Sentence
from fedcoop.governance.motions.motion import Change, Motion, MotionState
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally, tally_of
from fedcoop.governance.motions.visibility import Viewer as Sight
from fedcoop.governance.motions.visibility import may_see_counts
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.ids import MotionId
from fedcoop.queries.instance.outages import AwayLine, away_lately
from fedcoop.queries.talk.announcements import AnnouncementView, announcement_views
from fedcoop.storage.unit_of_work import UnitOfWork

PAGE = 20
DECIDED = (MotionState.DECIDED,)
UNDER_WAY = (MotionState.OPEN, MotionState.CLOSED)
STATES: Mapping[str, tuple[MotionState, ...]] = {
    "open": (MotionState.SCHEDULED, *UNDER_WAY),
    "decided": DECIDED,
    "annulled": (MotionState.ANNULLED, MotionState.WITHDRAWN),
    "all": tuple(MotionState),
}
STANDING: Mapping[str, tuple[ProposalState, ...]] = {
    "in_force": (ProposalState.IN_FORCE, ProposalState.REVIEW_DUE),
    "review_due": (ProposalState.REVIEW_DUE,),
    "replaced": (ProposalState.SUPERSEDED, ProposalState.REPEALED),
}
"""Parts of the register by where decisions stand now (governance.md 2)."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where the decision that a vote made stands: its number, the state of its proposal, its dates, what replaced it."""

    number: str
    state: str
    effective_at: datetime | None
    review_at: datetime | None
    replaced_by: str


@dataclass(frozen=True, slots=True)
class MotionLine:
    """One decision in a list. `tally` is None while its numbers are hidden; `code` and `decided_at` once decided."""

    id: MotionId
    uuid: str
    title: str
    method: str
    phase: str
    rule: Sentence
    motion: Motion
    closes_at: datetime
    voted: int
    eligible: int
    tally: Tally | None
    code: str
    decided_at: datetime | None
    standing: Standing | None = None


def phase_of(motion: Motion, now: datetime) -> str:
    """Return the state as people see it: a motion past its close is `counting` until it is decided."""
    if motion.state is MotionState.CLOSED or (motion.state is MotionState.OPEN and now > motion.closes_at):
        return "counting"
    return motion.state.value


def rule_of(motion: Motion) -> Sentence:
    """Return when the motion carries, in one or two sentences made from its settings (design.md 7)."""
    return METHODS[motion.method].sentence(motion.options, motion.settings, motion.eligible)


def motion_lines(uow: UnitOfWork, motions: Sequence[Motion]) -> tuple[MotionLine, ...]:
    """Return the lines of these motions, in a few queries whatever their number."""
    ids = [motion.id for motion in motions]
    counts, outcomes = uow.motions.ballot_counts(ids), uow.motions.outcome_codes(ids)
    for key, guests in uow.rolls.guest_ballots([motion.id for motion in motions if motion.has_guests]).items():
        counts[key] -= guests
    standing = standings(uow, motions)
    return tuple(replace(_line(uow, motion, counts, outcomes), standing=standing.get(motion.id)) for motion in motions)


def standings(uow: UnitOfWork, motions: Sequence[Motion]) -> dict[MotionId, Standing]:
    """Return where each decision stands, by the motion that made it; earlier calls and rounds have none."""
    found = uow.deciding.standings([motion.proposal_id for motion in motions])
    newer = uow.deciding.standings([line.ended_by for line, _ in found.values() if line.ended_by is not None])
    return {
        line.motion_id: Standing(
            number=line.label,
            state=state.value,
            effective_at=line.effective_at,
            review_at=line.review_at,
            replaced_by=newer[line.ended_by][0].label if line.ended_by in newer else "",
        )
        for line, state in found.values()
        if line.motion_id is not None
    }


def _line(
    uow: UnitOfWork,
    motion: Motion,
    counts: Mapping[MotionId, int],
    outcomes: Mapping[MotionId, tuple[str, Mapping[str, object]]],
) -> MotionLine:
    decided = outcomes.get(motion.id)
    visible = decided is not None and may_see_counts(motion, Sight.wire(), uow.now)
    return MotionLine(
        id=motion.id,
        uuid=motion.uuid,
        title=motion.title,
        method=motion.method,
        phase=phase_of(motion, uow.now),
        rule=rule_of(motion),
        motion=motion,
        closes_at=motion.closes_at,
        voted=counts.get(motion.id, 0),
        eligible=motion.eligible,
        tally=tally_of(decided[1]) if decided is not None and visible else None,
        code=decided[0] if decided and motion.state is MotionState.DECIDED else "",
        decided_at=motion.closes_at if decided else None,
    )


@dataclass(frozen=True, slots=True)
class RegisterView:
    """A page of the register; `older` is the id to go on from, or None."""

    lines: tuple[MotionLine, ...]
    older: int | None
    numbers: Mapping[str, int]


def register(uow: UnitOfWork, *, state: str, words: str, before: int | None, public: bool = False) -> RegisterView:
    """Return decisions in this state whose title or text holds `words`, newest first, below the id `before`.

    `public` leaves out what is for members only.
    """
    if state in STANDING:
        ids = uow.deciding.motions_in(STANDING[state], before=before, limit=PAGE + 1, words=words, public=public)
        found = [uow.motions.get(motion_id) for motion_id in ids]
    else:
        found = uow.motions.listing(STATES[state], before=before, limit=PAGE + 1, words=words, public=public)
    numbers = {key: uow.motions.count_in(states, public=public) for key, states in STATES.items()}
    numbers |= {key: uow.deciding.count_states(states, public=public) for key, states in STANDING.items()}
    older = found[PAGE - 1].id if len(found) > PAGE else None
    return RegisterView(motion_lines(uow, found[:PAGE]), older, numbers)


@dataclass(frozen=True, slots=True)
class FrontView:
    """What everybody sees first."""

    open: tuple[MotionLine, ...]
    latest: tuple[MotionLine, ...]
    announcements: tuple[AnnouncementView, ...]
    members: int
    decided: int
    followers: int


def front(uow: UnitOfWork) -> FrontView:
    """Return the public first page: open votes by their close, the latest decisions, public announcements, numbers."""
    coop = uow.actors.find_local(uow.site.coop_name)
    under_way = uow.motions.listing(UNDER_WAY, limit=20, public=True)
    lines = motion_lines(uow, [*under_way, *uow.motions.listing(DECIDED, limit=4, public=True)])
    open_ones = [line for line in lines[: len(under_way)] if line.phase == "open"]
    return FrontView(
        open=tuple(sorted(open_ones, key=lambda line: line.closes_at)),
        latest=lines[len(under_way) :],
        announcements=announcement_views(uow, uow.notes.announcements(("public",), limit=4), names=False),
        members=uow.members.count_active(),
        decided=uow.motions.count_in(DECIDED, public=True),
        followers=uow.actors.count_followers(coop.id) if coop else 0,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A vote that waits for this member, or that they gave: one line, one date, one button."""

    address: str
    title: str
    method: str
    closes_at: datetime
    verb: str
    why: str


@dataclass(frozen=True, slots=True)
class HomeView:
    """A member's first page: what needs them, what they gave, what changed."""

    needs: tuple[Waiting, ...]
    voted: tuple[Waiting, ...]
    latest: tuple[MotionLine, ...]
    announcements: tuple[AnnouncementView, ...]
    linked: tuple[str, ...]
    reviews: tuple[MotionLine, ...] = ()
    waits: tuple[MotionLine, ...] = ()
    away: AwayLine | None = None
    resting: tuple[str, ...] = ()


def due_reviews(uow: UnitOfWork, member: Member) -> tuple[MotionLine, ...]:
    """Return the decisions that are due for review: a member's own, and all for who has an office."""
    ids = uow.deciding.motions_in(STANDING["review_due"], before=None, limit=50)
    motions = [uow.motions.get(motion_id) for motion_id in ids]
    own = {m.id for m in motions if uow.motions.get_proposal(m.proposal_id).author_id == member.id}
    return motion_lines(uow, [motion for motion in motions if member.has_office or motion.id in own])


def home(uow: UnitOfWork, *, member: Member) -> HomeView:
    """Return the member's first page, what closes first on top."""
    open_ones = [motion for motion in uow.motions.listing((MotionState.OPEN,), limit=50) if motion.closes_at >= uow.now]
    open_ones.sort(key=lambda motion: motion.closes_at)
    ids = [motion.id for motion in open_ones]
    mine, given = uow.motions.on_roll(ids, member.id), uow.motions.voted(ids, member.id)
    all_links = [link for link, _ in uow.members.links_of(member.id)]
    links = [link for link in all_links if link.state == "active"]
    polled = [motion for motion in open_ones if motion.id in mine] if links else []
    return HomeView(
        needs=tuple(
            _waiting(m, "Your vote is not in yet", "Vote") for m in open_ones if m.id in mine and m.id not in given
        ),
        voted=tuple(_waiting(m, _changeable(m), "Change") for m in open_ones if m.id in given),
        latest=motion_lines(uow, uow.motions.listing(DECIDED, limit=4)),
        announcements=announcement_views(uow, uow.notes.announcements(("public", "members"), limit=4), names=True),
        linked=tuple(f"@{link.handle}" for link in links),
        reviews=due_reviews(uow, member),
        waits=motion_lines(uow, [uow.motions.get(found) for found in uow.deciding.waiting_on(member.id)]),
        away=away_lately(uow, polled, given),
        resting=tuple(f"@{link.handle}" for link in all_links if link.state != "active"),
    )


def _changeable(motion: Motion) -> str:
    return "You can change it until the close" if motion.settings.change is Change.UNTIL_CLOSE else "It stands as it is"


def _waiting(motion: Motion, why: str, verb: str) -> Waiting:
    return Waiting(f"/motions/{motion.uuid}", motion.title, motion.method, motion.closes_at, verb, why)


def eligible_now(uow: UnitOfWork) -> int:
    """Return how many members a vote that opened now would have on its roll."""
    return uow.members.count_active()
