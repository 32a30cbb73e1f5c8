"""Spelling fixes beside a text that is put to the vote, never a change of it (governance.md 2)."""

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.motions.transitions import who
from fedcoop.governance.events import ErratumPublished
from fedcoop.governance.follow_ups.decision_register import Erratum, check_erratum
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.motions.motion import MotionState
from fedcoop.kernel.errors import MotionRefused
from fedcoop.kernel.html import prose
from fedcoop.kernel.ids import MemberId, MotionId, new_uuid
from fedcoop.storage.unit_of_work import UnitOfWork


@in_name_of("by")
def add_erratum(uow: UnitOfWork, *, by: MemberId | None, motion_id: MotionId, was: str, reads: str) -> Erratum:
    """How to read the words stands beside the text for everybody; the text and its hash stay. `by` None is the operator.

    Raises NotAllowed, MotionRefused (`motion-state`), Invalid (`erratum-was`, `erratum-reads`).
    """
    motion = uow.motions.get(motion_id, lock=True)
    if by is not None:
        demand(uow.members.get(by), Deed.COORDINATE, Bylaws(), own=motion.opened_by == by)
    if motion.state not in (MotionState.OPEN, MotionState.CLOSED, MotionState.DECIDED):
        raise MotionRefused("motion-state", "A spelling fix is for a text that is put to the vote. Edit yours instead.")
    was, reads = prose(was), prose(reads)
    check_erratum(motion.body, motion.title, was, reads)
    erratum = Erratum(uow.new_id(), motion_id, was, reads, by, uow.now, new_uuid())
    uow.deciding.add_erratum(erratum)
    details = {"was": was, "reads": reads}
    uow.audit("erratum-added", who=who(by, nobody="operator"), subject=motion.url, details=details)
    uow.record(ErratumPublished(motion_id=motion_id, erratum_id=erratum.id))
    return erratum
