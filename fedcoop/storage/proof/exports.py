"""Recount files in parts: each so small that storing or handing it out holds up nobody, however many voted."""

import zlib
from collections.abc import Iterator

from sqlalchemy import Connection, delete, exists, func, select

from fedcoop.kernel.ids import MotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import upsert

PART_BYTES = 1 << 18
_QUICK = 1  # most of the text are digests, which no level makes much smaller


def pack(document: str) -> Iterator[bytes]:
    """Return the parts of the document, compressed one by one."""
    data = document.encode()
    for start in range(0, len(data), PART_BYTES):
        yield zlib.compress(data[start : start + PART_BYTES], _QUICK)


class Exports:
    """Repository of the recount files of motions (governance.md 5.3)."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def put_part(self, motion_id: MotionId, n: int, part: bytes) -> None:
        """Store part `n`, from 0, of the motion's recount file, as `pack` made it; what stood there goes."""
        upsert(self._conn, t.export_parts, {"motion_id": motion_id, "n": n, "part": part}, keys=("motion_id", "n"))

    def drop_parts(self, motion_id: MotionId, *, since: int = 0) -> None:
        """Remove the parts of the recount file from number `since` on."""
        c = t.export_parts.c
        self._conn.execute(delete(t.export_parts).where(c.motion_id == motion_id, c.n >= since))

    def count_parts(self, motion_id: MotionId) -> int:
        """Return how many parts of the motion's recount file are stored, also before its outcome."""
        query = select(func.count()).select_from(t.export_parts).where(t.export_parts.c.motion_id == motion_id)
        return int(self._conn.execute(query).scalar_one())

    def part(self, motion_id: MotionId, n: int) -> bytes | None:
        """Return part `n` of the recount file of a decided motion as text in UTF-8, or None after the last."""
        c = t.export_parts.c
        decided = exists().where(t.outcomes.c.motion_id == motion_id)
        query = select(c.part).where(c.motion_id == motion_id, c.n == n, decided)
        part = self._conn.execute(query).scalar_one_or_none()
        return None if part is None else zlib.decompress(part)

    def of(self, motion_id: MotionId) -> str | None:
        """Return the recount file (governance.md 5.3) of a decided motion: canonical JSON, one line."""
        parts: list[bytes] = []
        while (part := self.part(motion_id, len(parts))) is not None:
            parts.append(part)
        return b"".join(parts).decode() if parts else None
