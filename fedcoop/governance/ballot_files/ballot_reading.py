"""From the bytes of a ballot file to its ballots; what stands in it tells which form it has (interface.md 2)."""

import gzip
import hashlib
import io
import json
import zlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, BinaryIO, NoReturn

from fedcoop.governance.ballot_files.ballot_file import BallotFile, broken
from fedcoop.governance.ballot_files.ballot_json import read_json
from fedcoop.governance.ballot_files.ballot_table import is_table, read_table
from fedcoop.governance.ballot_files.blt import read_blt
from fedcoop.governance.ballot_files.pabulib import read_pabulib, read_pb_json

LARGEST = 256 * 2**20
"""Bytes, before unpacking and after: a million ballots fit, and what has no end does no harm."""
_GZIP = b"\x1f\x8b"


def bytes_of(file: BinaryIO, size: int) -> bytes:
    """Return what is in the file, which says that it has `size` bytes. Raises Refused (`ballot-file`) for more than `LARGEST`."""
    if size > LARGEST:
        raise _too_large()
    return file.read(LARGEST + 1)


def read_ballot_file(data: bytes) -> BallotFile:
    """Return the ballots of a BLT, Pabulib, JSON or CSV file. Raises Refused (`ballot-file`) with one sentence on what is wrong."""
    if len(data) > LARGEST:
        raise _too_large()
    text = _text(_unpacked(data) if data.startswith(_GZIP) else data)
    return replace(_read(text), digest=hashlib.sha256(data).hexdigest())


def _too_large() -> Exception:
    return broken(f"The file has more than {LARGEST // 2**20} MiB.")


def _unpacked(data: bytes) -> bytes:
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(data)).read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise broken(f"The file is gzipped, and broken: {error}.") from error
    if len(found) > LARGEST:
        raise _too_large()
    return found


def _text(data: bytes) -> str:
    """Return the text; older programs write Windows-1252, in which every byte that they use has a meaning."""
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise broken("This is no text, so no ballot file.")


def _read(text: str) -> BallotFile:
    start = text.lstrip()
    if not start:
        raise broken("The file is empty.")
    if start[0] in "{[":
        return _of_document(_document(text))
    head = start.splitlines()[0]
    if head.replace('"', "").strip(" ;\t").upper() == "META":
        return read_pabulib(text)
    return read_table(text) if is_table(head) else read_blt(text)


def _document(text: str) -> Any:
    try:
        return json.loads(text, parse_float=Decimal, parse_constant=_no_number, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise broken(f"On line {error.lineno} the file is no JSON: {error.msg}.") from error
    except RecursionError as error:
        raise broken("The file is no election in JSON: lists stand in lists too deep.") from error
    except ValueError as error:
        raise broken("The file is no election in JSON: a number in it has thousands of digits.") from error


def _no_number(name: str) -> NoReturn:
    raise broken(f"The file is no JSON: {name} is no number.")


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        [(twice, _)] = Counter(name for name, _ in pairs).most_common(1)
        raise broken(f"The name {twice[:40]} stands twice in one object: which of both is meant?")
    return found


def _of_document(document: Any) -> BallotFile:
    if not isinstance(document, dict):
        raise broken("The file is JSON, but no election: that is an object with candidates and ballots.")
    return read_pb_json(document) if document.get("method") == "pb" or "projects" in document else read_json(document)
