"""The form of a backup: a tar archive whose names do not depend on where the instance kept its files.

`manifest.json` comes first: version, time, and where each part lay. Parts: `instance.toml`, `instance.key`, `fedcoop.db` (an
online copy) or `database.dump` (pg_dump), `media/…`, `icon`, `header`. Restoring puts each part where the settings look for it,
and where that was an absolute path, into the new folder instead.
"""

import asyncio
import contextlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import tarfile
import tempfile
import tomllib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import fedcoop
from fedcoop.config import Config, load
from fedcoop.kernel.clock import SystemClock, rfc3339
from fedcoop.kernel.errors import Conflict, FedcoopError, Invalid
from fedcoop.storage.instance.maintenance import backup_sqlite, integrity_problems

FORM = "fedcoop-backup-v1"
PLACES = {  # part → section and key of its place, and where it goes if that was outside the folder
    "instance.key": ("instance", "key_file", "data/instance.key"),
    "fedcoop.db": ("database", "url", "data/fedcoop.db"),
    "media": ("media", "path", "data/media"),
    "icon": ("instance", "icon", "data/icon"),
    "header": ("instance", "header", "data/header"),
}
BALLOT_KEYS = "ballot-keys"
TAR_END = bytes(2 * tarfile.BLOCKSIZE)


async def pack(config: Config, file: Path, *, with_ballot_keys: bool, progress: Callable[[str], None]) -> list[str]:
    """Write the instance to `file` (0600), which must not exist, and return the names in it.

    It has its name only once it is whole and on the disk: whatever is killed leaves no file that looks like a backup.
    """
    if file.exists():
        raise Conflict("file-exists", f"{file} is there already; name another.")
    with tempfile.TemporaryDirectory(dir=file.absolute().parent, prefix=".backup-") as folder:
        progress("copying the database …")
        copy = await _copy_database(config, Path(folder))
        progress("packing …")
        whole = Path(folder) / "backup.tar"
        names = _write_whole(whole, config, copy, with_ballot_keys=with_ballot_keys)
        whole.replace(file)
        _sync(file.absolute().parent)
        return names


def _write_whole(whole: Path, config: Config, copy: Path, *, with_ballot_keys: bool) -> list[str]:
    descriptor = os.open(whole, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        with tarfile.open(fileobj=target, mode="w") as archive:
            _write(archive, config, copy, with_ballot_keys=with_ballot_keys)
            names = archive.getnames()
        target.flush()
        os.fsync(target.fileno())
    return names


def _sync(folder: Path) -> None:
    """The name is on the disk too, where the system can do that for folders."""
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


async def _copy_database(config: Config, folder: Path) -> Path:
    if config.database.is_sqlite:
        copy = folder / "fedcoop.db"
        await backup_sqlite(config.database.sqlite_path, copy)
        return copy
    copy = folder / "database.dump"
    await asyncio.to_thread(_run, "pg_dump", "--format=custom", "--no-owner", f"--file={copy}", config.database.url)
    return copy


def _run(*command: str) -> None:
    if shutil.which(command[0]) is None:
        raise FedcoopError("tool-missing", f"{command[0]} is needed (Debian: apt install postgresql-client).")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise FedcoopError("tool-failed", f"{command[0]}: {done.stderr.strip()}")


def _write(archive: tarfile.TarFile, config: Config, copy: Path, *, with_ballot_keys: bool) -> None:
    now = SystemClock().now()
    manifest = {"form": FORM, "version": fedcoop.__version__, "made_at": rfc3339(now), "origin": config.instance.origin}
    text = json.dumps({**manifest, "database": copy.name}, indent=1).encode()
    header = tarfile.TarInfo("manifest.json")
    header.size, header.mode, header.mtime = len(text), 0o600, int(now.timestamp())
    archive.addfile(header, io.BytesIO(text))
    archive.add(config.root / "instance.toml", "instance.toml")
    key = Path(config.instance.key_file)
    if key.exists():  # it may live in the environment instead
        archive.add(key, "instance.key")
    archive.add(copy, copy.name)
    for part, picture in (("icon", config.instance.icon), ("header", config.instance.header)):
        if picture and Path(picture).is_file():
            archive.add(Path(picture), part)
    media = Path(config.media.path)
    if media.is_dir():
        archive.add(media, "media", filter=lambda entry: entry if entry.isfile() or entry.isdir() else None)
    ballot_keys = config.root / "data" / BALLOT_KEYS
    if with_ballot_keys and ballot_keys.is_dir():
        archive.add(ballot_keys, BALLOT_KEYS)


def unpack(file: Path, directory: Path, *, database: str = "") -> dict[str, Any]:
    """Put the instance of the backup `file` into the empty folder `directory`; return its manifest.

    A PostgreSQL instance goes into `database` (a URL) if given. What was written is taken away again on failure. Raises
    Invalid (`backup-bad`) for another file, one cut short, or one whose database is damaged; Conflict (`database-not-empty`)
    if the PostgreSQL database holds tables.
    """
    try:
        return _unpack(file, directory, database)
    except (tarfile.TarError, sqlite3.DatabaseError, UnicodeDecodeError, ValueError) as error:
        _empty(directory)
        raise Invalid("backup-bad", f"{file} is no backup of ours: {error}", field="file") from error
    except BaseException:
        _empty(directory)
        raise


def _empty(directory: Path) -> None:
    for path in directory.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _unpack(file: Path, directory: Path, database: str) -> dict[str, Any]:
    with tarfile.open(file) as archive:
        _check_end(file)
        manifest = _manifest(archive)
        places, text = _places(_text_of(archive, "instance.toml"), directory, database)
        _extract(archive, directory, places)
    target = directory / "instance.toml"
    target.touch(0o600)
    target.write_text(text, encoding="utf-8")
    dump = directory / "database.dump"
    if dump.exists():
        _restore_postgresql(load(target), dump)
    else:
        _check_sqlite(load(target))
    return manifest


def _check_end(file: Path) -> None:
    """A tar archive ends with two empty blocks; one that was cut short between two files would else pass for whole."""
    with file.open("rb") as data:
        data.seek(max(0, file.stat().st_size - len(TAR_END)))
        if data.read() != TAR_END:
            raise ValueError("it is cut short")


def _check_sqlite(config: Config) -> None:
    if not config.database.is_sqlite:
        raise ValueError("its database is one of SQLite, which does not go into PostgreSQL")
    path = config.database.sqlite_path
    if not path.exists():
        raise ValueError("the database is missing in it")
    if problems := asyncio.run(integrity_problems(path)):
        raise ValueError(f"its database is damaged: {problems[0]}")


def _manifest(archive: tarfile.TarFile) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(_text_of(archive, "manifest.json"))
    if manifest.get("form") != FORM:
        raise ValueError(f"its form is {manifest.get('form')}, not {FORM}")
    return manifest


def _text_of(archive: tarfile.TarFile, name: str) -> str:
    try:
        entry = archive.extractfile(name)
    except KeyError:
        entry = None
    if entry is None:
        raise ValueError(f"{name} is missing")
    return entry.read().decode()


def _places(toml: str, directory: Path, database: str) -> tuple[dict[str, Path], str]:
    """Return where each part goes, and the settings with places outside the folder turned into places inside."""
    raw, places = tomllib.loads(toml), {}
    if database:
        was = json.dumps(raw.get("database", {}).get("url", ""), ensure_ascii=False)
        toml = toml.replace(was, json.dumps(database, ensure_ascii=False))
    for part, (section, key, inside) in PLACES.items():
        written = str(raw.get(section, {}).get(key, inside))
        prefix = "sqlite:///" if written.startswith("sqlite:///") else ""
        bare = PurePosixPath(written.removeprefix(prefix))
        if bare.is_absolute() or ".." in bare.parts:
            toml = toml.replace(
                json.dumps(written, ensure_ascii=False), json.dumps(prefix + inside, ensure_ascii=False)
            )
            bare = PurePosixPath(inside)
        places[part] = directory / bare
    return {**places, BALLOT_KEYS: directory / "data" / BALLOT_KEYS, "database.dump": directory / "database.dump"}, toml


def _extract(archive: tarfile.TarFile, directory: Path, places: dict[str, Path]) -> None:
    for entry in archive:
        part, _, rest = entry.name.partition("/")
        if not entry.isfile() or part not in places:
            continue
        target = places[part] / rest if rest else places[part]
        if not target.resolve().is_relative_to(directory.resolve()):
            raise ValueError(f"{entry.name} leads out of the folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        source = archive.extractfile(entry)
        assert source is not None
        target.touch(0o600)
        with source, target.open("wb") as file:
            shutil.copyfileobj(source, file)


def _restore_postgresql(config: Config, dump: Path) -> None:
    try:
        _run(
            "pg_restore",
            "--no-owner",
            "--exit-on-error",
            "--single-transaction",
            f"--dbname={config.database.url}",
            str(dump),
        )
    except FedcoopError as error:
        if "already exists" in error.message:
            raise Conflict(
                "database-not-empty", "The PostgreSQL database of the settings holds tables already."
            ) from error
        raise
    dump.unlink()
