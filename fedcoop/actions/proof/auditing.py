"""What the audit found is remembered: one line in the audit log when a difference appears and one when it is over."""

from fedcoop.kernel.errors import Refused
from fedcoop.kernel.ids import MotionId
from fedcoop.storage.instance.condition import Difference
from fedcoop.storage.unit_of_work import UnitOfWork


def note(uow: UnitOfWork, motion_id: MotionId, refused: Refused | None) -> bool:
    """The motion's first difference stands on its page and in the office, or none does; return whether that is news."""
    subject = uow.motions.get(motion_id).url
    if refused is None:
        over = uow.condition.drop_difference(motion_id)
        if over:
            uow.audit("difference-over", subject=subject)
        return over
    difference = Difference(motion_id, refused.code, refused.message, uow.now)
    new = uow.condition.note_difference(difference)
    if new:
        uow.audit("difference-found", subject=subject, details={"code": refused.code}, reason=refused.message)
    return new
