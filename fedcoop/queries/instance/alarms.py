"""What is wrong with the machine without stopping it: for the office, `/readyz` and `doctor`."""

from dataclasses import dataclass

from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.clock import runs_behind
from fedcoop.storage.instance.condition import Difference
from fedcoop.storage.unit_of_work import UnitOfWork

SHOWN = 20


@dataclass(frozen=True, slots=True)
class Alarms:
    """Whether the clock stands before the last log entry, and motions whose record does not agree, the newest first."""

    clock: bool
    differences: tuple[tuple[Motion, Difference], ...]

    @property
    def names(self) -> list[str]:
        """Their short names."""
        return ["clock"] * self.clock + ["difference"] * bool(self.differences)


def alarms_of(uow: UnitOfWork) -> Alarms:
    """Return what is wrong now."""
    found = uow.condition.differences(limit=SHOWN)
    differences = tuple((uow.motions.get(difference.motion_id), difference) for difference in found)
    return Alarms(runs_behind(uow.now, uow.condition.last_entry_at()), differences)
