"""The one-time code by which a member proves control of a fediverse account (federation.md 14; governance.md 15.4)."""

import base64
import re
from collections.abc import Callable, Iterator

MAX_LINKS = 3
_BYTES = 16
_LETTERS = 26
_GROUP = 5
_SIZES = [5, 5, 5, 5, 5, 1]
_WORD = re.compile(r"[A-Z2-7]+")
_MAX_TEXT = 10_000
_MAX_CODES = 20


def new_code(random_bytes: Callable[[int], bytes]) -> str:
    """Return a code of 128 random bits, easy to copy: base32 in groups of five, joined by hyphens."""
    letters = base64.b32encode(random_bytes(_BYTES)).decode().rstrip("=")
    return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))


def normal_code(code: str) -> str:
    """Return the code as it is hashed: without hyphens and spaces, in capitals."""
    return re.sub(r"[^A-Z2-7]", "", code.upper())


def codes_in(text: str) -> Iterator[str]:
    """Yield what in the text of a message may be a code, in normal form: as we write codes first, at most twenty.

    Words before and after do not matter: every direct message begins with the name of whom it is for.
    """
    words = _WORD.findall(text.upper()[:_MAX_TEXT])
    found = [(sizes != _SIZES, code) for start in range(len(words)) for sizes, code in _from(words, start)]
    for _, code in sorted(found, key=lambda item: item[0])[:_MAX_CODES]:
        yield code


def _from(words: list[str], start: int) -> Iterator[tuple[list[int], str]]:
    """Yield the words from `start` on that together are as long as a code, if there are such."""
    taken: list[str] = []
    letters = 0
    for word in words[start:]:
        taken.append(word)
        letters += len(word)
        if letters >= _LETTERS:
            break
    if letters == _LETTERS:
        yield [len(word) for word in taken], "".join(taken)
