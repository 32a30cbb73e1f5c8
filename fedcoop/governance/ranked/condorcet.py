"""Options compared one against one: the table of all pairs, and the order that a relation "beats" gives (governance.md 7.14)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from fedcoop.governance.motions.choices import Choice
from fedcoop.governance.motions.method import reaches
from fedcoop.governance.motions.motion import Option, Settings, Threshold
from fedcoop.governance.motions.tallies import Pile, Ranking
from fedcoop.governance.ranked.ranking import Contest, contest_of, extra_key, groups_of

Table = Mapping[str, Mapping[str, int]]
"""`table[x][y]`: how many ballots (by weight) have x above y."""
Beats = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Pairs:
    """The table of all pairs of those who stand; `valid` ballots rank somebody, `blank` ones nobody."""

    table: Table
    valid: int
    blank: int


def pairs_of(piles: Sequence[Pile], standing: Sequence[str], *, unranked_last: bool = True) -> Pairs:
    """Return the pairs. Who is left out of a ballot is below everybody on it, or says nothing about any pair.

    All counts of a row lie side by side in one integer, so that one addition counts a name against everybody below it.
    """
    whole = sum(pile.value for pile in piles)
    width = whole.bit_length() + 1
    lanes = {key: 1 << width * n for n, key in enumerate(standing)}
    everybody, known = sum(lanes.values()), frozenset(standing)
    rows, blank = dict.fromkeys(standing, 0), 0
    for pile in piles:
        ranks, weight = ranks_of(pile.choice, known), pile.number * pile.weight
        below = everybody if unranked_last else sum(lanes[key] for rank in ranks for key in rank)
        blank += 0 if ranks else weight
        for rank in ranks:
            below -= lanes[rank[0]] if len(rank) == 1 else sum(lanes[key] for key in rank)
            counted = below if weight == 1 else weight * below
            for key in rank:
                rows[key] += counted
    mask = (1 << width) - 1
    table = {
        key: {other: row >> width * n & mask for n, other in enumerate(standing) if other != key}
        for key, row in rows.items()
    }
    return Pairs(table, whole - blank, blank)


def ranks_of(choice: Choice | Ranking, known: frozenset[str]) -> list[tuple[str, ...]]:
    """Return the ranks without skipped ones; a name repeated keeps its first place."""
    if known.issuperset(choice):
        return [(key,) for key in dict.fromkeys(key for key in choice if isinstance(key, str))]
    seen: set[str] = set()
    found: list[tuple[str, ...]] = []
    for group in groups_of(choice, known):
        rank = tuple(key for key in dict.fromkeys(group) if key not in seen)
        seen.update(rank)
        if rank:
            found.append(rank)
    return found


def eligible_pairs(
    piles: Sequence[Pile], options: Sequence[Option], settings: Settings, threshold: Threshold
) -> tuple[Contest, Pairs, dict[str, dict[str, int | bool]]]:
    """Return contest and pairs of those who may win, and how each did against the status quo, where one is set.

    What does not reach the threshold against the status quo, one against one, is dropped before anybody is compared.
    """
    last = settings.extra.get("unranked", "last") == "last"
    contest = contest_of(options, settings)
    pairs = pairs_of(piles, contest.standing, unranked_last=last)
    quo = extra_key(settings, "status_quo")
    if quo not in pairs.table:
        return contest, pairs, {}
    against: dict[str, dict[str, int | bool]] = {}
    for key in contest.standing:
        if key != quo:
            have, opposed = pairs.table[key][quo], pairs.table[quo][key]
            passed = have + opposed > 0 and reaches(have, have + opposed, threshold)
            against[key] = {"for": have, "against": opposed, "passed": passed}
    dropped = [key for key, figures in against.items() if not figures["passed"]]
    contest = contest_of(options, settings, dropped)
    table = {
        x: {y: n for y, n in row.items() if y not in dropped} for x, row in pairs.table.items() if x not in dropped
    }
    return contest, Pairs(table, pairs.valid, pairs.blank), against


def condorcet_winner(table: Table) -> str:
    """Return who beats every other one against one, or nothing."""
    return next((x for x, row in table.items() if all(n > table[y][x] for y, n in row.items())), "")


def groups(beats: Beats) -> tuple[tuple[str, ...], ...]:
    """Return the order from the best: again and again those whom nobody who is left beats."""
    above = dict.fromkeys(beats, 0)
    for beaten in beats.values():
        for key in beaten:
            above[key] += 1
    found: list[tuple[str, ...]] = []
    while above:
        top = sorted(key for key, number in above.items() if not number) or sorted(above)
        found.append(tuple(top))
        for key in top:
            del above[key]
        for key in top:
            for other in beats[key]:
                if other in above:
                    above[other] -= 1
    return tuple(found)


class Reach:
    """Who reaches whom over steps from one to another, kept up with step by step: a bit for each in an integer.

    Theory: a step x → y adds something for those a only who reach x and not y yet; each of them gains at least the pair
    (a, y). So all steps together cost no more than there are pairs, and not the third power of their number.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = keys
        self._place = {key: n for n, key in enumerate(keys)}
        self._below = [1 << n for n in range(len(keys))]
        self._above = [1 << n for n in range(len(keys))]

    def reaches(self, start: str, end: str) -> bool:
        """Return whether there is a way; everybody reaches themselves."""
        return bool(self._below[self._place[start]] >> self._place[end] & 1)

    def below(self, key: str) -> frozenset[str]:
        """Return all whom `key` reaches, without itself."""
        place = self._place[key]
        return frozenset(self.keys[n] for n in bits(self._below[place] ^ 1 << place))

    def add(self, start: str, end: str) -> Iterator[tuple[str, str]]:
        """Add a step, and yield the pairs of which now the first reaches the second."""
        x, y = self._place[start], self._place[end]
        gained = self._below[y]
        for a in bits(self._above[x] & ~self._above[y]):
            new = gained & ~self._below[a]
            self._below[a] |= new
            for b in bits(new):
                self._above[b] |= 1 << a
                yield self.keys[a], self.keys[b]


def bits(number: int) -> Iterator[int]:
    """Yield the places of the bits that are set, lowest first."""
    while number:
        low = number & -number
        yield low.bit_length() - 1
        number ^= low
