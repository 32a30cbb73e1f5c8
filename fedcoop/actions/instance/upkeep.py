"""What an instance does for itself: freeing at the start what a dead process had taken, and forgetting what is over."""

from datetime import timedelta

from fedcoop.actions.delegation import delegations
from fedcoop.actions.fediverse import desk, outages, overtaking
from fedcoop.storage.unit_of_work import UnitOfWork

PURGE_TIMER = "purge"
PURGE_EVERY = timedelta(hours=6)
KEEP_FAILED = timedelta(days=60)
KEEP_UNREAD = timedelta(days=90)
KEEP_OWED = timedelta(days=60)


def start_up(uow: UnitOfWork, *, only_process: bool) -> None:
    """The timers that always run are set. Where there is no other process, what one that died had taken is free at once."""
    uow.condition.note_origin(uow.urls.origin)
    if only_process:
        uow.nodes.be_alone()
    uow.set_timer(PURGE_TIMER, "", uow.now + PURGE_EVERY)
    uow.set_timer(delegations.KEEP_UP_TIMER, "", uow.now + delegations.KEEP_UP_EVERY)


def purge(uow: UnitOfWork, key: str) -> None:
    """What is over is gone: sessions, failures, replay marks, tombstones, keys, outages, unread posts; the timer is set again."""
    uow.accounts.purge(uow.now)
    uow.queues.purge(uow.now, failed_before=uow.now - KEEP_FAILED, buried_before=uow.now - overtaking.KEEP)
    uow.actors.forget_retired_keys(uow.now)
    desk.purge(uow)
    uow.notes.purge_unread(uow.now - KEEP_UNREAD)
    uow.outages.forget(uow.now - outages.KEEP)
    uow.votes.forget_owed(uow.now - KEEP_OWED)
    uow.remote_outcomes.purge(uow.now - overtaking.KEEP)
    uow.queues.move_timer(PURGE_TIMER, key, uow.now + PURGE_EVERY)
