"""The opening of a motion by its timer: at once, or for a large roll in parts, so that no unit holds the writer for long.

A reader computes the roll; what an earlier, broken opening left is kept where it is right. `actions/motions/opening` says what each
step does, and why it does not matter where a crash comes between them.
"""

from collections.abc import Sequence

from fedcoop.actions.motions import opening
from fedcoop.governance.motions.ballots import RollEntry
from fedcoop.storage.unit_of_work import Units


async def open_motion(units: Units, key: str) -> None:
    """Timer: the scheduled motion is open. Opened or withdrawn already, nothing happens."""
    if not await units.read(opening.opens_in_parts):
        await units.write(opening.open_scheduled, key)
        return
    frozen = await units.read_whole(opening.roll_to_write, key)
    if frozen is not None:
        await _store(units, key, frozen.entries)
        await units.write(opening.open_with, key, frozen)
    # of a motion that was withdrawn meanwhile nothing stays; one that is open keeps its roll
    await _store(units, key, ())


async def _store(units: Units, key: str, wanted: Sequence[RollEntry]) -> None:
    stored = await units.read_whole(opening.stored_roll, key)
    for part in opening.parts_between(stored, wanted):
        await units.write(opening.store_part, key, part)
