"""A text as paragraphs, each with an id that stays the same as long as the paragraph does (governance.md 2.1). Pure.

Paragraphs end at blank lines; each point of a list is one of its own, so that an amendment can name it. The id is made of
the words themselves: a paragraph that moves keeps its id, one that is changed loses it. That is what makes an amendment
to it stale.
"""

import re
from collections import Counter
from dataclasses import dataclass

from fedcoop.kernel.canonical import sha256_hex

START = "start"
ID_DIGITS = 10
_POINT = re.compile(r"(?:[0-9]{1,9}[.)]|[-*+])[ \t]")
_NUMBERED = re.compile(r"([0-9]{1,9})([.)][ \t]+)")
_PARTS = re.compile(r"(\n(?:[ \t]*\n)+)")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: `gap` is the white space before it, `is_point` whether it is a point of a list."""

    id: str
    text: str
    gap: str = ""
    is_point: bool = False


def paragraphs_of(text: str) -> tuple[Paragraph, ...]:
    """Return the paragraphs of a text; joined by `text_of` they say the text again, but for its outer white space."""
    seen: Counter[str] = Counter()
    found = []
    for gap, words in _split(text.replace("\r\n", "\n").strip()):
        stem = sha256_hex(" ".join(words.split()).encode())[:ID_DIGITS]
        seen[stem] += 1
        number = f"-{seen[stem]}" if seen[stem] > 1 else ""
        found.append(Paragraph(stem + number, words, gap, is_point=bool(_POINT.match(words))))
    return tuple(found)


def text_of(paragraphs: tuple[Paragraph, ...]) -> str:
    """Return the text of the paragraphs, without white space before the first."""
    return "".join(
        (paragraph.gap if number else "") + paragraph.text for number, paragraph in enumerate(paragraphs)
    ).strip()


def renumbered(text: str) -> str:
    """Return a text whose numbered points count on from the first of their list: what was put between them shifts the rest."""
    found, number = [], 0
    for paragraph in paragraphs_of(text):
        match = _NUMBERED.match(paragraph.text)
        if match is None:
            number = 0
            found.append(paragraph)
            continue
        number = number + 1 if number else int(match[1])
        found.append(
            Paragraph(paragraph.id, f"{number}{paragraph.text[len(match[1]) :]}", paragraph.gap, is_point=True)
        )
    return text_of(tuple(found))


def _split(text: str) -> list[tuple[str, str]]:
    """Return (gap, words) of each paragraph: blocks between blank lines, and the points of lists in them."""
    parts = _PARTS.split(text)
    blocks = [("" if number == 0 else parts[number - 1], parts[number]) for number in range(0, len(parts), 2)]
    return [pair for gap, block in blocks if block for pair in _points(gap, block)]


def _points(gap: str, block: str) -> list[tuple[str, str]]:
    """Return the points of a block apart; lines that are no point belong to what stands before them."""
    found: list[list[str]] = []
    for line in block.split("\n"):
        if found and not _POINT.match(line):
            found[-1].append(line)
        else:
            found.append([line])
    return [("\n" if number else gap, "\n".join(lines)) for number, lines in enumerate(found)]
