"""What happened to a motion and what happens next, in words: the list on every motion page (design.md 5, Steps)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fedcoop.governance.follow_ups.rounds import fallback_of
from fedcoop.governance.motions.method import needed
from fedcoop.governance.motions.outcomes import OutcomeCode
from fedcoop.governance.proposals.proposal import ProposalState
from fedcoop.kernel.dates import moment
from fedcoop.queries.motions.motion import MotionView


@dataclass(frozen=True, slots=True)
class Step:
    """One step: `state` is `past`, `now` or empty for what comes."""

    state: str
    text: str
    more: str = ""


def steps_of(view: MotionView, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    """Return the steps of this motion's life so far and the next ones."""
    motion = view.motion
    opened = Step("past", f"Opened {moment(motion.opens_at, zone, now)}", "Text, rule and roll are fixed since then")
    closed = Step("past", f"Closed {moment(view.ended_at, zone, now)}")
    if view.phase == "open":
        more = "Anyone can repeat the count from the file"
        voting = Step("now", f"Voting until {moment(motion.closes_at, zone, now, long=True)}")
        return (
            opened,
            voting,
            Step("", "Counted at once, by the rule above", more),
            *_second_call(view, zone, now),
            *_next_round(view),
            Step("", "Outcome sent to members and followers"),
        )
    if view.phase == "counting":
        return (opened, closed, Step("now", "Being counted"), Step("", "Outcome sent to members and followers"))
    if view.phase == "decided" and view.outcome is not None:
        return (opened, closed, Step("past", "Counted by the rule"), *_after(view, view.outcome.code, zone, now))
    if view.phase == "annulled":
        return (opened, Step("past", "Annulled, with a reason"), Step("", "May be called again as a new vote"))
    if view.phase == "scheduled":
        return (
            Step("now", f"Opens {moment(motion.opens_at, zone, now, long=True)}"),
            Step("", "Then everyone on the roll can vote"),
        )
    return (Step("past", "Withdrawn before voting"),)


def _second_call(view: MotionView, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    """Return what follows by itself if too few take part, with its dates (governance.md 2: announced in the notice)."""
    motion = view.motion
    call = motion.settings.second_call
    if call is None:
        return ()
    opens_at = motion.closes_at + motion.settings.grace + call.after
    dates = f"{moment(opens_at, zone, now)} to {moment(opens_at + call.lasts, zone, now)}"
    need = needed(call.quorum, motion.eligible)
    quorum = f"{need} are enough then" if need else "then any number is enough"
    return (Step("", "If too few take part: the same text once more", f"{dates}; {quorum}"),)


def _next_round(view: MotionView) -> tuple[Step, ...]:
    """Return what follows if an objection stands at the close of a round of consent (governance.md 7.5)."""
    motion, after = view.motion, view.after
    if motion.method != "consent":
        return ()
    last = after.round >= after.rounds_of and fallback_of(motion.settings) is not None
    more = "Or a vote with another rule: this is the last round" if last else "All answers start anew then"
    return (Step("", "If an objection stands: the next version", more),)


def _after(view: MotionView, code: OutcomeCode, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    sent = Step("past", "Outcome sent to members and followers")
    standing = _standing(view, zone, now)
    if standing:
        return (sent, *standing)
    if code is OutcomeCode.INQUORATE and not view.after.later:
        return (sent, Step("", "This is not a rejection", "The same text may be called again"))
    return (sent,)


def _standing(view: MotionView, zone: ZoneInfo, now: datetime) -> tuple[Step, ...]:
    """Return where the decision stands that this vote made: when it comes into force, its review, what replaced it."""
    after, line = view.after, view.after.decision
    if line is None or line.motion_id != view.motion.id:
        return ()
    review = (Step("", f"Looked at again {moment(line.review_at, zone, now)}"),) if line.review_at else ()
    if after.state is ProposalState.DECIDED and line.effective_at:
        return (Step("now", "Decided"), Step("", f"In force from {moment(line.effective_at, zone, now)}"), *review)
    if after.state is ProposalState.IN_FORCE:
        since = f"since {moment(line.in_force_at, zone, now)}" if line.in_force_at else ""
        return (Step("now", "In force", since), *review)
    if after.state is ProposalState.REVIEW_DUE:
        return (Step("now", "In force, due for review", "Its author and the office are told"),)
    if after.state in (ProposalState.SUPERSEDED, ProposalState.REPEALED):
        word = "Replaced" if after.state is ProposalState.SUPERSEDED else "Repealed"
        by = f"by {after.replaced_by[0]}" if after.replaced_by else ""
        return (Step("past", "In force"), Step("now", word, by))
    if after.state is ProposalState.CLOSED:
        return (Step("now", "Waits for a word", _WAITS.get(view.motion.method, "The outcome is stated in words")),)
    return ()


_WAITS = {
    "consent": "The author works the objections into the next version",
    "advice": "Who asked answers every advice and decides",
}
