"""Maintenance beside the loop: online backup, checkpoints, integrity checks, by aiosqlite (architecture.md 2)."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import aiosqlite

from fedcoop.kernel.errors import Conflict

PAGES_AT_ONCE = 500


async def backup_sqlite(source: Path, target: Path, *, progress: Callable[[int, int], None] | None = None) -> None:
    """Copy a consistent state of the database to the new file `target` while it is served.

    `progress` is told pages left and pages in all. Raises Conflict (`file-exists`) rather than overwriting.
    """
    if await asyncio.to_thread(target.exists):
        raise Conflict("file-exists", f"{target} is there already.")

    def told(status: int, remaining: int, total: int) -> None:
        if progress is not None:
            progress(remaining, total)

    try:
        async with aiosqlite.connect(f"file:{source}?mode=ro", uri=True) as origin, aiosqlite.connect(target) as copy:
            await origin.backup(copy, pages=PAGES_AT_ONCE, progress=told, sleep=0.001)
            await copy.execute("PRAGMA journal_mode=DELETE")
    except BaseException:
        await asyncio.to_thread(target.unlink, missing_ok=True)
        raise


async def integrity_problems(path: Path) -> list[str]:
    """Return what SQLite finds wrong with the file; nothing for a sound one."""
    async with aiosqlite.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = await database.execute_fetchall("PRAGMA integrity_check")
        broken = await database.execute_fetchall("PRAGMA foreign_key_check")
    problems = [str(row[0]) for row in rows if row[0] != "ok"]
    return problems + [f"{row[0]} row {row[1]} names a missing {row[2]}" for row in broken]


async def checkpoint(path: Path) -> None:
    """Move the write-ahead log into the database file."""
    async with aiosqlite.connect(path) as database:
        await database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
