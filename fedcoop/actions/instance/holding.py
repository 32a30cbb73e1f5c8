"""A restored copy, or an instance under another name, does nothing until a person confirms it (interface.md 2).

Two copies that act in one name would answer votes twice, send what was sent, and contradict each other for good.
"""

from fedcoop.kernel.errors import Conflict
from fedcoop.storage.unit_of_work import UnitOfWork

WORDS = {
    "restored": "This is a restored copy; it sends, counts and takes nothing until `fedcoop restore confirm`.",
    "origin": "The database is of another origin than the settings; nothing is sent, counted or taken until that is mended "
    "or `fedcoop restore confirm` says that it is meant.",
}
HELD = "restored"


def held(uow: UnitOfWork) -> str:
    """Return why nothing may be done yet, a key of `WORDS`, or nothing."""
    return uow.condition.held(uow.urls.origin)


def refuse_held(uow: UnitOfWork) -> None:
    """Raise Conflict (`restored`) if nothing may be done yet."""
    if why := held(uow):
        raise Conflict(HELD, WORDS[why])


def mark_restored(uow: UnitOfWork) -> None:
    """The database is a restored copy from now on, until `confirm`."""
    uow.condition.note_origin(uow.urls.origin)
    uow.condition.mark_restored(uow.now)
    uow.audit("restored", who="operator")


def confirm(uow: UnitOfWork) -> str:
    """The instance acts again: a person said that no other copy does. Returns why it did not, or nothing if it did."""
    why = held(uow)
    if why:
        uow.condition.confirm(uow.urls.origin)
        uow.audit("restore-confirmed", who="operator", details={"because": why, "origin": uow.urls.origin})
    return why
