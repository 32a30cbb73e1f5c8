"""What happened to a motion and what happens next, in words: the list on every motion page (design.md 5, Steps)."""

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from fedcoop.governance.outcomes import OutcomeCode
from fedcoop.queries.motions import MotionView
from fedcoop.web.formats import moment


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
            Step("", "Outcome sent to members and followers"),
        )
    if view.phase == "counting":
        return (opened, closed, Step("now", "Being counted"), Step("", "Outcome sent to members and followers"))
    if view.phase == "decided" and view.outcome is not None:
        return (opened, closed, Step("past", "Counted by the rule"), *_after(view.outcome.code))
    if view.phase == "annulled":
        return (opened, Step("past", "Annulled, with a reason"), Step("", "May be called again as a new vote"))
    if view.phase == "scheduled":
        return (
            Step("now", f"Opens {moment(motion.opens_at, zone, now, long=True)}"),
            Step("", "Then everyone on the roll can vote"),
        )
    return (Step("past", "Withdrawn before voting"),)


def _after(code: OutcomeCode) -> tuple[Step, ...]:
    sent = Step("past", "Outcome sent to members and followers")
    if code is OutcomeCode.CARRIED:
        return (sent, Step("now", "In force"))
    if code is OutcomeCode.INQUORATE:
        return (sent, Step("", "This is not a rejection", "The same text may be called again"))
    return (sent,)
