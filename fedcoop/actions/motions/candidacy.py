"""Somebody withdraws as a candidate, or a choice is taken back, while the vote is open (governance.md 7.11)."""

from fedcoop.actions.acting import in_name_of
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions.motion import Motion
from fedcoop.governance.ranked import candidacy
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, MotionId
from fedcoop.storage.unit_of_work import UnitOfWork

WITHDRAWN = "option-withdrawn"


@in_name_of("by")
def withdraw_option(uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, key: str, reason: str) -> Motion:
    """Take the option out of every ballot of an open vote, with a reason that all can read; `by` None is the operator.

    Raises NotAllowed, or MotionRefused (`reason`, `motion-state`, `withdraw-method`, `option`, `withdraw-last`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.EXTEND, Bylaws(), own=motion.opened_by == by)
    if not prose(reason):
        raise MotionRefused("reason", "Say why; everybody who ranked it will ask.")
    left = candidacy.left_since(uow.motions.log_of_type(motion.id, candidacy.ENTRY))
    candidacy.may_leave(motion, left, key)
    uow.motions.append_log(motion.id, motion.url, candidacy.withdrawal_entry(key, rfc3339(uow.now)))
    who = "operator" if by is None else f"member:{by}"
    uow.audit(WITHDRAWN, who=who, subject=motion.url, details={"option": key}, reason=prose(reason))
    return motion
