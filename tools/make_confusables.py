"""Write `fedcoop/kernel/confusables.txt`: which characters look like which, from the data of UTS 39 in confusable-homoglyphs.

Each line is a family: what its members are read as, a tab, and its single characters. Usage: python tools/make_confusables.py
"""

import sys
from collections import defaultdict
from importlib.resources import files
from pathlib import Path

import msgspec

MARK = "\u200e"  # a direction that the table gives some signs of Hebrew; it is not seen
TARGET = Path(__file__).parents[1] / "fedcoop" / "kernel" / "confusables.txt"


class Twin(msgspec.Struct):
    """A character, or several, that look like another."""

    c: str


def table() -> str:
    """Return the families as the file holds them."""
    raw = (files("confusable_homoglyphs") / "confusables.json").read_bytes()
    parents: dict[str, str] = {}
    for text, twins in msgspec.json.decode(raw, type=dict[str, list[Twin]]).items():
        for twin in twins:
            one, other = (_root(parents, side.replace(MARK, "")) for side in (text, twin.c))
            parents[one] = other
    families = defaultdict(list)
    for text in parents:
        families[_root(parents, text)].append(text)
    return "".join(sorted(_line(members) for members in families.values()))


def _root(parents: dict[str, str], text: str) -> str:
    while parents.setdefault(text, text) != text:
        parents[text] = parents[parents[text]]
        text = parents[text]
    return text


def _line(members: list[str]) -> str:
    """A family with a member of several characters is read as that, since each of these has a family of its own."""
    longest = max(members, key=lambda text: (len(text), text.isascii(), [-ord(char) for char in text]))
    return f"{longest}\t{''.join(sorted(text for text in members if len(text) == 1 and text != longest))}\n"


if __name__ == "__main__":
    if "--check" in sys.argv:
        sys.exit(TARGET.read_text(encoding="utf-8") != table())
    TARGET.write_text(table(), encoding="utf-8", newline="\n")
