"""The target of a count, watched where ballots are cast: reached once, lost when somebody steps back (governance.md 7.2)."""

from collections.abc import Sequence

from fedcoop.governance.counting.waiting import ACCEPT, crossing
from fedcoop.governance.events import TargetLost, TargetReached
from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import extra_int
from fedcoop.governance.motions.motion import Motion
from fedcoop.storage.unit_of_work import UnitOfWork


def watch_target(uow: UnitOfWork, motion: Motion, changes: Sequence[tuple[Choice, Choice]]) -> None:
    """Whatever crossings of the target these ballots made is in the audit log and recorded; most make none.

    `changes` are the voters' choices before and after, in order. The total after them is counted from the ballots; those
    in between follow from what each voter said. The motion is locked.
    """
    target = extra_int(motion.settings, "target", 0) if motion.method == "opt_in" else 0
    steps = [(ACCEPT in now) - (ACCEPT in before) for before, now in changes]
    if not target or not any(steps):
        return
    accepts = uow.totals.tally(motion).head_counts[ACCEPT] - sum(steps)
    for step in steps:
        crossed = crossing(accepts, accepts + step, target)
        accepts += step
        if crossed is None:
            continue
        what, event = ("target-reached", TargetReached) if crossed.reached else ("target-lost", TargetLost)
        uow.audit(what, subject=motion.url, details={"accepts": crossed.accepts, "target": target})
        uow.record(event(motion_id=motion.id, accepts=crossed.accepts))
