"""What of the register can be chosen in a form: classes of members, those with a vote, groups."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedcoop.storage.unit_of_work import UnitOfWork

Names = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choosable:
    """Names with their titles, as the register has them now."""

    classes: Names = ()
    voting: Names = ()
    groups: Names = ()


def choosable(uow: UnitOfWork) -> Choosable:
    """Return the classes and groups of the register."""
    classes = uow.classes.all()
    return Choosable(
        classes=tuple((item.name, item.title) for item in classes),
        voting=tuple((item.name, item.title) for item in classes if item.weight),
        groups=tuple((item.name, item.title) for item in uow.classes.groups()),
    )
