"""The target of a count, watched where ballots are cast: reached once, lost when somebody steps back (governance.md 7.2)."""

from fedcoop.governance.choices import Choice
from fedcoop.governance.counting import extra_int
from fedcoop.governance.events import TargetLost, TargetReached
from fedcoop.governance.motions import Motion
from fedcoop.governance.waiting import ACCEPT, crossing
from fedcoop.storage.unit_of_work import UnitOfWork


def watch_target(uow: UnitOfWork, motion: Motion, *, before: Choice, now: Choice) -> None:
    """Whatever crossing of the target this one ballot made is in the audit log and recorded; most make none.

    The total after it is counted from the ballots; the one before follows from what this voter said. The motion is locked.
    """
    target = extra_int(motion.settings, "target", 0) if motion.method == "opt_in" else 0
    if not target or (ACCEPT in before) == (ACCEPT in now):
        return
    after = uow.totals.tally(motion).head_counts[ACCEPT]
    crossed = crossing(after - (ACCEPT in now) + (ACCEPT in before), after, target)
    if crossed is None:
        return
    what, event = ("target-reached", TargetReached) if crossed.reached else ("target-lost", TargetLost)
    uow.audit(what, subject=motion.url, details={"accepts": crossed.accepts, "target": target})
    uow.record(event(motion_id=motion.id, accepts=crossed.accepts))
