"""What changed between two texts, word by word, with whole paragraphs kept (design.md 5, Diff). Pure.

The cost is linear in the texts, whatever they say: a paragraph that is rewritten beyond what `alignment` follows is shown as
one that went and one that came.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from fedcoop.governance.proposals.paragraphs import paragraphs_of
from fedcoop.kernel.alignment import Run, align

KEEP, INSERT, DELETE = "keep", "ins", "del"
ALIKE = 0.4
LOOK_AHEAD = 8
"""Among how many paragraphs that went the earlier form of one that came is looked for."""
_WORDS = re.compile(r"\s+|[^\s\w]|\w+")
_WORD = re.compile(r"\w+")


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
    found: list[Paragraph] = []
    at = new_at = 0
    for run in (*align(before, now), Run(len(before), len(now), 0)):
        found += _changed(before[at : run.old], now[new_at : run.new])
        at, new_at = run.old + run.length, run.new + run.length
        found += [(Piece(KEEP, text),) for text in before[run.old : at]]
    return tuple(found)


def _changed(before: list[str], now: list[str]) -> Iterator[Paragraph]:
    """Pair paragraphs in order where they are alike; what has no partner went or came whole."""
    bags = [_bag(text) for text in before]
    at = 0
    for text in now:
        bag = _bag(text)
        near = range(at, min(at + LOOK_AHEAD, len(before)))
        partner = next((number for number in near if _alike(bags[number], bag)), None)
        if partner is None:
            yield (Piece(INSERT, text),)
            continue
        yield from ((Piece(DELETE, old),) for old in before[at:partner])
        yield diff_words(before[partner], text)
        at = partner + 1
    yield from ((Piece(DELETE, old),) for old in before[at:])


def _bag(text: str) -> Counter[str]:
    return Counter(_WORD.findall(text))


def _alike(old: Counter[str], new: Counter[str]) -> bool:
    """Return whether the two share enough words to be one paragraph that was changed."""
    return 2 * (old & new).total() >= ALIKE * (old.total() + new.total())


def diff_words(old: str, new: str) -> Paragraph:
    """Return one paragraph with the words that stayed, went and came."""
    before, now = _WORDS.findall(old), _WORDS.findall(new)
    found: list[Piece] = []
    at = new_at = 0
    for run in (*_readable(before, now), Run(len(before), len(now), 0)):
        parts = ((DELETE, before[at : run.old]), (INSERT, now[new_at : run.new]))
        at, new_at = run.old + run.length, run.new + run.length
        found += [Piece(kind, "".join(words)) for kind, words in (*parts, (KEEP, before[run.old : at])) if words]
    return tuple(found)


def _readable(before: list[str], now: list[str]) -> list[Run]:
    """Return what stayed, but for spaces and signs between words that all changed: those change with them."""

    def stays(run: Run) -> bool:
        end = run.old + run.length
        return run.old == 0 or end == len(before) or any(map(_WORD.match, before[run.old : end]))

    return [run for run in align(before, now) if stays(run)]


def words_changed(old: str, new: str) -> int:
    """Return how many words came or went: the measure of which amendment changes most (governance.md 2.1)."""
    pieces = (piece for paragraph in diff_texts(old, new) for piece in paragraph if piece.kind != KEEP)
    return sum(len(piece.text.split()) for piece in pieces)
