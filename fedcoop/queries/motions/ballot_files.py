"""The ballots of a decided ranked vote as a BLT file, without voters (governance.md 7.11)."""

import json

from fedcoop.governance.ballot_files.ballot_export import ballot_file_of
from fedcoop.governance.ballot_files.blt import write_blt
from fedcoop.governance.motions.choices import Shape
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.errors import NotFound
from fedcoop.storage.unit_of_work import UnitOfWork


def blt_file(uow: UnitOfWork, *, uuid: str) -> str:
    """Return the file. Raises NotFound (`ballots-absent`) before the outcome, and for ballots that are no rankings."""
    motion = uow.motions.find_by_uuid(uuid)
    ranked = motion is not None and METHODS[motion.method].shape is Shape.RANKING
    export = uow.exports.of(motion.id) if motion is not None and ranked else None
    if not export:
        raise NotFound("ballots-absent", "There is no ballot file here; a ranked vote has one when it is counted.")
    return write_blt(ballot_file_of(json.loads(export)))
