"""What a voting page says beside the ballot: seats, who may vote, how many have, when results show, how ties end."""

from datetime import datetime
from zoneinfo import ZoneInfo

from fedcoop.governance.motions.motion import Visibility
from fedcoop.kernel.dates import day_of
from fedcoop.queries.motions.motion import MotionView
from fedcoop.web.frame import words
from fedcoop.web.frame.formats import money, plural, whole

_RESULTS = {
    Visibility.LIVE: "as votes come in: totals only, the count itself after the close",
    Visibility.AFTER_OWN_VOTE: "after your own vote",
    Visibility.AFTER_CLOSE: "after the close",
}


def facts_of(view: MotionView, zone: ZoneInfo, now: datetime) -> tuple[tuple[str, str], ...]:
    """Return names and texts of the facts, in the order they are shown."""
    motion, extra = view.motion, view.motion.settings.extra
    roll = f"{plural(motion.eligible, 'member')} on the roll of {day_of(motion.opens_at, zone, now)}"
    found = [("May vote", roll), ("Have voted", f"{whole(view.voted)} so far")]
    if view.passed is not None:
        found.append(("Through others", f"one member votes for at most {plural(view.passed.cap, 'other')}"))
    if seats := extra.get("seats"):
        found.insert(0, ("Seats", str(seats)))
    if budget := extra.get("budget"):
        found.insert(0, ("Money", money(int(budget), words.currency(extra))))
    return (
        *found,
        ("Results", _RESULTS[motion.settings.visibility]),
        ("Ties", "first by the rule’s own way, then by lot"),
    )
