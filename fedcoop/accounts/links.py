"""The one-time code by which a member proves control of a fediverse account (federation.md 14; governance.md 15.4)."""

import base64
import re
from collections.abc import Callable, Iterator

MAX_LINKS = 3
_BYTES = 16
_LETTERS = 26
_GROUP = 5
_CODE = re.compile(r"(?<![A-Z2-7])(?:[A-Z2-7]{1,5}[-\s]?){5}[A-Z2-7]{1,5}(?![A-Z2-7])")


def new_code(random_bytes: Callable[[int], bytes]) -> str:
    """Return a code of 128 random bits, easy to copy: base32 in groups of five, joined by hyphens."""
    letters = base64.b32encode(random_bytes(_BYTES)).decode().rstrip("=")
    return "-".join(letters[i : i + _GROUP] for i in range(0, len(letters), _GROUP))


def normal_code(code: str) -> str:
    """Return the code as it is hashed: without hyphens and spaces, in capitals."""
    return re.sub(r"[^A-Z2-7]", "", code.upper())


def codes_in(text: str) -> Iterator[str]:
    """Yield every normal code in the text of a message, at most ten."""
    found = 0
    for match in _CODE.finditer(text.upper()):
        code = normal_code(match[0])
        if len(code) == _LETTERS and found < 10:
            found += 1
            yield code
