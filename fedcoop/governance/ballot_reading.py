"""From the bytes of a ballot file to its ballots; what stands in it tells which form it has (interface.md 2)."""

import gzip
import hashlib
import io
import json
import zlib
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fedcoop.governance.ballot_files import BallotFile, broken
from fedcoop.governance.ballot_json import read_ranked_json
from fedcoop.governance.blt import read_blt
from fedcoop.governance.pabulib import read_pabulib, read_pb_json

LARGEST = 256 * 2**20
"""Bytes after unpacking: a million ballots fit, and a file that only unpacks to be large does no harm."""
_GZIP = b"\x1f\x8b"


def read_ballot_file(data: bytes) -> BallotFile:
    """Return the ballots of a BLT, Pabulib or JSON file. Raises Refused (`ballot-file`) with one sentence on what is wrong."""
    text = _text(_unpacked(data) if data.startswith(_GZIP) else data)
    return replace(_read(text), digest=hashlib.sha256(data).hexdigest())


def _unpacked(data: bytes) -> bytes:
    try:
        found = gzip.GzipFile(fileobj=io.BytesIO(data)).read(LARGEST + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise broken(f"The file is gzipped, and broken: {error}.") from error
    return found


def _text(data: bytes) -> str:
    """Return the text; older programs write Windows-1252, in which every byte that they use has a meaning."""
    if len(data) > LARGEST:
        raise broken(f"The file has more than {LARGEST // 2**20} MiB.")
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
        return _json(text)
    first = start.splitlines()[0].replace('"', "").strip(" ;\t").upper()
    return read_pabulib(start) if first == "META" else read_blt(text)


def _json(text: str) -> BallotFile:
    try:
        document: Any = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise broken(f"The file is no JSON: {str(error)[:100]}.") from error
    if not isinstance(document, dict):
        raise broken("The file is JSON, but no election: that is an object with candidates and ballots.")
    return (
        read_pb_json(document)
        if document.get("method") == "pb" or "projects" in document
        else read_ranked_json(document)
    )
