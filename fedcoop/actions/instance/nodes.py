"""What a process says of itself to the others on its database: that it is here, how far its door is clear, that it goes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from fedcoop import __version__
from fedcoop.storage.unit_of_work import UnitOfWork

QUEUES = ("inbox", "delivery", "timers", "polls", "visits")


def join(uow: UnitOfWork, *, name: str, kind: str) -> None:
    """This process works from now on."""
    uow.nodes.join(name=name, kind=kind, version=__version__, clear_until=clear_until(uow))


def beat(uow: UnitOfWork, *, name: str, kind: str, judges: bool) -> Sequence[str]:
    """This process is still here. If it `judges`, others that are dead are struck off: return their names.

    What those had taken is free, and our loops look for it.
    """
    if not uow.nodes.beat(clear_until(uow)):
        join(uow, name=name, kind=kind)
    gone = uow.nodes.strike_off_dead() if judges else ()
    for queue in QUEUES if gone else ():
        uow.wake(queue)
    return gone


def drain(uow: UnitOfWork) -> None:
    """This process takes no more work and finishes what it has."""
    uow.nodes.drain()


def leave(uow: UnitOfWork) -> None:
    """This process is gone; what it did not finish is free."""
    uow.nodes.leave()


def clear_until(uow: UnitOfWork) -> datetime:
    """Return until when nothing that was received is at the door of this process without an answer."""
    under_way = uow.in_flight.oldest()
    return uow.now if under_way is None else min(uow.now, under_way - timedelta(microseconds=1))
