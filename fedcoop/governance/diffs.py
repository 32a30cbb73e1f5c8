"""What changed between two texts, word by word, with whole paragraphs kept (design.md 5, Diff). Pure."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from fedcoop.governance.paragraphs import paragraphs_of

KEEP, INSERT, DELETE = "keep", "ins", "del"
ALIKE = 0.4
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text that stayed (`keep`), came (`ins`) or went (`del`)."""

    kind: str
    text: str


Paragraph = tuple[Piece, ...]


def diff_texts(old: str, new: str) -> tuple[Paragraph, ...]:
    """Return every paragraph of both texts in reading order, each with what came and went in it.

    Taken without `del` the pieces say the new text, without `ins` the old one, but for blank lines.
    """
    before = [paragraph.text for paragraph in paragraphs_of(old)]
    now = [paragraph.text for paragraph in paragraphs_of(new)]
    matcher = SequenceMatcher(None, before, now, autojunk=False)
    found: list[Paragraph] = []
    for tag, start, end, new_start, new_end in matcher.get_opcodes():
        if tag == "equal":
            found += [(Piece(KEEP, text),) for text in before[start:end]]
        else:
            found += _changed(before[start:end], now[new_start:new_end])
    return tuple(found)


def _changed(before: list[str], now: list[str]) -> Iterator[Paragraph]:
    """Pair paragraphs in order where they are alike; what has no partner went or came whole."""
    rest = list(before)
    for text in now:
        partner = next((number for number, old in enumerate(rest) if alike(old, text)), None)
        if partner is None:
            yield (Piece(INSERT, text),)
            continue
        yield from ((Piece(DELETE, old),) for old in rest[:partner])
        yield diff_words(rest[partner], text)
        rest = rest[partner + 1 :]
    yield from ((Piece(DELETE, old),) for old in rest)


def alike(old: str, new: str) -> bool:
    """Return whether the two share enough words to be one paragraph that was changed."""
    return SequenceMatcher(None, _WORDS.findall(old), _WORDS.findall(new), autojunk=False).ratio() >= ALIKE


def diff_words(old: str, new: str) -> Paragraph:
    """Return one paragraph with the words that stayed, went and came."""
    before, now = _WORDS.findall(old), _WORDS.findall(new)
    found: list[Piece] = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        if tag == "equal":
            found.append(Piece(KEEP, "".join(before[start:end])))
            continue
        if end > start:
            found.append(Piece(DELETE, "".join(before[start:end])))
        if new_end > new_start:
            found.append(Piece(INSERT, "".join(now[new_start:new_end])))
    return tuple(found)


def words_changed(old: str, new: str) -> int:
    """Return how many words came or went: the measure of which amendment changes most (governance.md 2.1)."""
    pieces = (piece for paragraph in diff_texts(old, new) for piece in paragraph if piece.kind != KEEP)
    return sum(len(piece.text.split()) for piece in pieces)
