"""Which parts of two sequences are the same, in an order that both have, found in a number of steps bounded by their length.

Theory: elements that occur once in each are anchors (patience diff, Cohen); of those the longest run in both orders is taken.
Between two anchors the shortest edit script is sought (Myers 1986, "An O(ND) difference algorithm"), but only for so many
steps as its length allows: what is not found by then counts as not the same. So whatever is compared, the cost is linear.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

STEPS_EACH = 32
"""Steps of that search for each element of a stretch, and at least so many: enough for every script of some sixty edits."""
AT_LEAST = 4_096


@dataclass(frozen=True, slots=True)
class Run:
    """`length` elements that are the same, from `old` in the one sequence and from `new` in the other."""

    old: int
    new: int
    length: int


def align(old: Sequence[Hashable], new: Sequence[Hashable]) -> tuple[Run, ...]:
    """Return the runs that both have in common, in order; none touches the next in both sequences."""
    pairs: list[tuple[int, int]] = []
    start = (0, 0)
    for anchor in (*_anchors(old, new), (len(old), len(new))):
        pairs += _between(old, new, start, anchor)
        if anchor[0] < len(old):
            pairs.append(anchor)
        start = anchor[0] + 1, anchor[1] + 1
    return _runs(pairs)


def _anchors(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the longest series of pairs, rising in both, of elements that each sequence has once."""
    in_old, in_new = Counter(old), Counter(new)
    at = {item: number for number, item in enumerate(new) if in_new[item] == 1}
    pairs = [(number, at[item]) for number, item in enumerate(old) if in_old[item] == 1 and item in at]
    ends: list[int] = []  # the lowest end of a series of each length, and which pair that is
    last: list[int] = []
    before: list[int] = []
    for number, (_, place) in enumerate(pairs):
        length = bisect_left(ends, place)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [place]
        last[length : length + 1] = [number]
    found, number = [], last[-1] if last else -1
    while number >= 0:
        found.append(pairs[number])
        number = before[number]
    return found[::-1]


def _between(
    old: Sequence[Hashable], new: Sequence[Hashable], start: tuple[int, int], end: tuple[int, int]
) -> list[tuple[int, int]]:
    """Return the pairs of one stretch: what it begins and ends with alike, and what a search finds in between."""
    (a, b), (c, d) = start, end
    head: list[tuple[int, int]] = []
    while a < c and b < d and old[a] == new[b]:
        head.append((a, b))
        a, b = a + 1, b + 1
    tail: list[tuple[int, int]] = []
    while a < c and b < d and old[c - 1] == new[d - 1]:
        c, d = c - 1, d - 1
        tail.append((c, d))
    middle = _shortest(old[a:c], new[b:d]) if a < c and b < d else []
    return [*head, *((a + x, b + y) for x, y in middle), *reversed(tail)]


def _shortest(old: Sequence[Hashable], new: Sequence[Hashable]) -> list[tuple[int, int]]:
    """Return the pairs that a shortest edit script keeps; none where it is not found in the steps there are.

    `trail[n]` says how far each diagonal gets with n edits: from -n to n, every other one.
    """
    left = max(AT_LEAST, STEPS_EACH * (len(old) + len(new)))
    trail: list[list[int]] = []
    before = [0]
    while left > 0:
        row = []
        for place in range(len(trail) + 1):
            x, _ = _step(before, place, len(trail))
            y = first = x - (2 * place - len(trail))
            while x < len(old) and y < len(new) and old[x] == new[y]:
                x, y = x + 1, y + 1
            row.append(x)
            if x >= len(old) and y >= len(new):
                return _kept([*trail, row], place)
            left -= 2 + y - first
        trail.append(row)
        before = row
    return []


def _step(before: list[int], place: int, edits: int) -> tuple[int, int]:
    """Return where one more edit brings this diagonal, from the neighbour that got further, and that one's place."""
    if place == 0 or (place < edits and before[place - 1] < before[place]):
        return before[place], place
    return before[place - 1] + 1, place - 1


def _kept(trail: list[list[int]], place: int) -> list[tuple[int, int]]:
    """Go back from the end along the script; return the pairs that it steps over."""
    found = []
    for edits in range(len(trail) - 1, -1, -1):
        x, diagonal = trail[edits][place], 2 * place - edits
        begin, place = _step(trail[edits - 1] if edits else [0], place, edits)
        found += [(number, number - diagonal) for number in range(x - 1, begin - 1, -1)]
    return found[::-1]


def _runs(pairs: Sequence[tuple[int, int]]) -> tuple[Run, ...]:
    runs: list[Run] = []
    for old, new in pairs:
        last = runs[-1] if runs else Run(0, 0, 0)
        if runs and (last.old + last.length, last.new + last.length) == (old, new):
            runs[-1] = Run(last.old, last.new, last.length + 1)
        else:
            runs.append(Run(old, new, 1))
    return tuple(runs)
