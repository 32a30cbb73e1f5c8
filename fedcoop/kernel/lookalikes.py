"""Do two short texts look alike? Two choices of one vote must not (governance.md 4; Unicode UTS 39 §4, UAX 44).

A text is compared as read: compatibility forms alike, without case, without what is not seen, and each character as the
family of those that look like it. Case is folded once and left once, since `I` looks like `l`, and `i` does not.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files

_IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
    "\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
"""Default_Ignorable_Code_Point: what is drawn as nothing."""
_SPACE = re.compile(r"\s+")
MAX_CHARS = 1000


def skeletons(text: str) -> tuple[str, str]:
    """Return how `text` is read, without case and with it; two texts look alike if either is the same for both."""
    plain = _IGNORABLE.sub("", unicodedata.normalize("NFKC", text[:MAX_CHARS]))
    return _skeleton(unicodedata.normalize("NFKC", plain.casefold())), _skeleton(plain)


def first_twins(texts: Sequence[str]) -> tuple[int, int] | None:
    """Return the places of two of the texts that look alike, the earlier first; None where none do."""
    seen: dict[tuple[int, str], int] = {}
    for place, text in enumerate(texts):
        for kind, skeleton in enumerate(skeletons(text)):
            earlier = seen.setdefault((kind, skeleton), place)
            if earlier != place:
                return earlier, place
    return None


def _skeleton(text: str) -> str:
    families = _families()
    read = "".join(families.get(char, char) for char in unicodedata.normalize("NFD", text))
    return _SPACE.sub(" ", unicodedata.normalize("NFD", read)).strip()


@cache
def _families() -> Mapping[str, str]:
    """Return what each character that looks like others is read as, once more where that is read as something too."""
    lines = (files("fedcoop.kernel") / "confusables.txt").read_text(encoding="utf-8").split("\n")[:-1]
    families = {char: name for name, _, twins in (line.partition("\t") for line in lines) for char in twins}
    return {char: "".join(families.get(part, part) for part in name) for char, name in families.items()}
