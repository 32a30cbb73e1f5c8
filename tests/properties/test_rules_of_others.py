"""Rules that users of other programs miss, held against slow counts written from those rules alone.

Ballots here are as on paper: a rank may be skipped, or have several names. An oracle stops at the first tie: which way that
goes is the ladder's, and is tested elsewhere.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import groupby, permutations, product
from math import factorial, floor, prod

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.motions.tallies import Count, Pile, Ranking
from fedcoop.governance.ranked.tie_history import Ladder
from tests.properties.test_ranking_oracles import shared_out

KEYS = "ABCDE"
LOT = Lot(b"public")
Ballot = tuple[Ranking, int]

_rank = st.sampled_from([*KEYS, *KEYS, (), ("A", "B"), ("B", "C", "D"), ("C", "E"), ("A", "E")])
papers = st.lists(
    st.tuples(st.lists(_rank, min_size=1, max_size=5).map(tuple), st.integers(1, 9)), min_size=1, max_size=10
)
_shared = st.lists(st.lists(st.sampled_from(KEYS), min_size=1, max_size=3, unique=True), min_size=1, max_size=3)


def _distinct(ranks: Sequence[Sequence[str]]) -> Ranking:
    seen, found = set[str](), list[str | tuple[str, ...]]()
    for rank in ranks:
        kept = tuple(key for key in rank if key not in seen)
        seen.update(kept)
        if kept:
            found.append(kept[0] if len(kept) == 1 else kept)
    return tuple(found)


shared_papers = st.lists(st.tuples(_shared.map(_distinct), st.integers(1, 12)), min_size=1, max_size=8)
strict_papers = st.lists(
    st.tuples(
        st.permutations(KEYS).flatmap(lambda k: st.integers(1, 5).map(lambda n: tuple(k[:n]))), st.integers(1, 40)
    ),
    min_size=1,
    max_size=12,
)


def count(method: str, ballots: Sequence[Ballot], lot: Lot = LOT, /, **words: str) -> Count:
    rules = settings_of(METHODS[method], words, grace=timedelta())
    options = [Option(key, key) for key in KEYS]
    METHODS[method].validate(options, rules)
    tally = tally_motion(Ballots(method, options, rules, lot), [Pile(r, n) for r, n in ballots], {"": 1})
    assert tally.count is not None
    return tally.count


class Tied(Exception):
    """The rule alone does not say who is next."""


def only(keys: Sequence[str]) -> str:
    if len(keys) != 1:
        raise Tied
    return keys[0]


# --- papers moved one by one ------------------------------------------------------------------------------------


class Paper:
    def __init__(self, names: Sequence[str], value: Fraction) -> None:
        self.names, self.value, self.at = names, value, names[0]

    def move(self, continuing: set[str]) -> None:
        onward = self.names[self.names.index(self.at) + 1 :]
        self.at = next((name for name in onward if name in continuing), "")


def stages(
    ballots: Sequence[tuple[Sequence[str], int]],
    seats: int,
    *,
    quota: Callable[[int, int], int],
    cut: Callable[[Fraction], Fraction],
    together: bool = False,
) -> Iterator[dict[str, Fraction]]:
    """The totals of each stage of a single transferable vote, up to the end or the first tie."""
    held = [Paper(names, Fraction(1)) for names, number in ballots for _ in range(number)]
    needed = quota(len(held), seats)
    continuing, elected, kept = set(KEYS), list[str](), dict[str, Fraction]()
    try:
        while True:
            totals = {k: kept.get(k, sum((p.value for p in held if p.at == k), Fraction(0))) for k in KEYS}
            yield totals
            reached = [k for k in continuing if totals[k] >= needed or len(continuing) <= seats - len(elected)]
            elected += reached
            continuing -= set(reached)
            if len(elected) >= seats or not continuing:
                return
            over = {k: totals[k] - needed for k in elected if totals[k] > needed}
            out = losers(totals, continuing, sum(over.values(), Fraction(0)), seats - len(elected)) if together else []
            if not out and over:
                key = only([k for k in over if over[k] == max(over.values())])
                for paper in held:
                    if paper.at == key:
                        paper.value = cut(over[key] * paper.value / totals[key])
                        paper.move(continuing)
                kept[key] = Fraction(needed)
                continue
            out = out or [only([k for k in continuing if totals[k] == min(totals[o] for o in continuing)])]
            continuing -= set(out)
            for paper in held:
                if paper.at in out:
                    paper.move(continuing)
    except Tied:
        return


def losers(totals: dict[str, Fraction], continuing: set[str], surplus: Fraction, free: int) -> list[str]:
    """The largest group from the bottom whose votes with all surplus are fewer than the next one's."""
    best: list[str] = []
    for level in {totals[k] for k in continuing}:
        group = [k for k in continuing if totals[k] <= level]
        rest = [totals[k] for k in continuing if totals[k] > level]
        small = len(continuing) - len(group) >= free
        if small and rest and sum((totals[k] for k in group), surplus) < min(rest) and len(group) > len(best):
            best = group
    return best


def droop(valid: int, seats: int) -> int:
    return valid // (seats + 1) + 1


def hare(valid: int, seats: int) -> int:
    return -(-valid // seats)


def four(value: Fraction) -> Fraction:
    return Fraction(floor(value * 10_000), 10_000)


def _agree(found: Count, expected: list[dict[str, Fraction]]) -> None:
    assert [dict(item.totals) for item in found.rounds[: len(expected)]] == expected
    assert found.ties or len(found.rounds) == len(expected)


@given(ballots=strict_papers, seats=st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_a_minneapolis_count_is_that_of_papers_and_of_losers_defeated_together(
    ballots: list[Ballot], seats: int
) -> None:
    words = {"decimals": "4", "batch_elimination": "on", "seats": str(seats)}
    _agree(count("stv_scottish", ballots, **words), list(stages(ballots, seats, quota=droop, cut=four, together=True)))


@given(ballots=strict_papers, seats=st.integers(1, 4))
@settings(max_examples=80, deadline=None)
def test_an_exact_count_is_that_of_papers_with_fractions(ballots: list[Ballot], seats: int) -> None:
    found = count("stv_scottish", ballots, exact="on", seats=str(seats))
    _agree(found, list(stages(ballots, seats, quota=droop, cut=lambda value: value)))
    assert found.facts["exact"] is True
    assert found.rounds[-1].lost == 0


@given(ballots=strict_papers, seats=st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_a_count_by_the_quota_of_hare_is_that_of_papers_with_it(ballots: list[Ballot], seats: int) -> None:
    found = count("stv_scottish", ballots, exact="on", quota="hare", seats=str(seats))
    _agree(found, list(stages(ballots, seats, quota=hare, cut=lambda value: value)))
    assert len(found.elected) == len(count("stv_meek", ballots, quota="hare", seats=str(seats)).elected) == seats


@given(ballots=strict_papers)
@settings(max_examples=60, deadline=None)
def test_defeating_losers_together_changes_no_winner_of_one_seat(ballots: list[Ballot]) -> None:
    one_by_one, together = (count("stv_scottish", ballots, batch_elimination=word) for word in ("off", "on"))
    assume(not one_by_one.ties and not together.ties)
    assert together.elected == one_by_one.elected
    assert len(together.rounds) <= len(one_by_one.rounds)


@pytest.mark.parametrize("method", ["stv_scottish", "stv_meek"])
def test_values_beyond_the_largest_unit_are_cut_off_and_the_record_says_so(
    method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ballots: list[Ballot] = [(("A", "B"), 7), (("B", "C"), 5), (("C", "D"), 4), (("D",), 2)]
    assert count("stv_scottish", ballots, exact="on", seats="3").facts["exact"] is True
    monkeypatch.setattr("fedcoop.governance.ranked.transfers.LARGEST_UNIT", 5)
    cut = count("stv_scottish", ballots, exact="on", seats="3")
    assert cut.facts["exact"] is False
    assert all(sum(item.totals.values()) + item.exhausted + item.lost == 18 for item in cut.rounds)


# --- equal ranks that share -------------------------------------------------------------------------------------


def in_every_order(ballots: Sequence[Ballot]) -> list[tuple[tuple[str, ...], int]]:
    """The ballots as if their voters had put equal names in every order, all multiplied by one number."""
    ways = [
        [permutations(rank) if isinstance(rank, tuple) else [(rank,)] for rank in ranking] for ranking, _ in ballots
    ]
    found: Counter[tuple[str, ...]] = Counter()
    for (ranking, number), ranks in zip(ballots, ways, strict=True):
        orders = prod(factorial(len(rank)) for rank in ranking if isinstance(rank, tuple))
        for parts in product(*ranks):
            found[tuple(name for part in parts for name in part)] += number * TIMES // orders
    return list(found.items())


TIMES = 6**3
"""Three ranks of three names at most."""


@given(ballots=shared_papers, seats=st.integers(1, 3))
@settings(max_examples=80, deadline=None)
def test_sharing_is_as_if_the_names_had_been_put_in_every_order(ballots: list[Ballot], seats: int) -> None:
    assume(
        sum(number for _, number in ballots) % seats == 0
    )  # the quota of the multiplied ballots is the multiplied one
    words = {"quota": "hare", "exact": "on", "seats": str(seats)}
    found = count("stv_scottish", ballots, equal_ranks="share", **words)
    expanded = count("stv_scottish", in_every_order(ballots), **words)
    assert found.elected == expanded.elected
    assert [{k: n * TIMES for k, n in item.totals.items()} for item in found.rounds] == [
        dict(item.totals) for item in expanded.rounds
    ]


@given(ballots=shared_papers, seats=st.integers(1, 3), quota=st.sampled_from(["droop", "hare"]))
@settings(max_examples=80, deadline=None)
def test_every_round_of_meeks_sharing_is_that_of_the_names_in_every_order(
    ballots: list[Ballot], seats: int, quota: str
) -> None:
    found = count("stv_meek", ballots, equal_ranks="share", seats=str(seats), quota=quota)
    seated, hopeful, near = set[str](), set(KEYS), Fraction(1, 10**5)
    for item in found.rounds:
        keep = {key: Fraction(text) for key, text in item.facts["keep"].items()}
        votes, rest = shared_out(in_every_order(ballots), keep, hopeful)
        assert all(abs(votes[key] / TIMES - item.totals[key]) < near for key in KEYS)
        assert abs(rest / TIMES - item.exhausted) < near
        needed, counted = Fraction(item.facts["quota"]), sum(item.totals.values())
        assert abs(counted / (seats + (quota == "droop")) - needed) <= Fraction(1, 10**9)
        if item.excluded:
            assert all(item.totals[key] < needed for key in hopeful)
            assert item.totals[item.excluded[0]] <= min(item.totals[key] for key in hopeful) + near
        seated |= set(item.elected)
        hopeful -= {*item.elected, *item.excluded}
    assert set(found.elected) == seated
    assert len(seated) == seats


@given(ballots=shared_papers, seats=st.integers(1, 3))
@settings(max_examples=60, deadline=None)
def test_sharing_loses_no_vote(ballots: list[Ballot], seats: int) -> None:
    for method in ("stv_scottish", "stv_meek"):
        found = count(method, ballots, equal_ranks="share", seats=str(seats))
        for item in found.rounds:
            assert sum(item.totals.values()) + item.exhausted + item.lost == found.facts["valid"]
        assert len(found.elected) == seats


def test_many_equal_names_are_shared_out_in_little_time() -> None:
    keys = [f"c{n}" for n in range(200)]
    rules = settings_of(METHODS["stv_scottish"], {"equal_ranks": "share", "seats": "5"}, grace=timedelta())
    options = [Option(key, key) for key in keys]
    piles = [Pile((tuple(keys),), 3), Pile((keys[0], tuple(keys[1:])), 200), Pile((keys[1], tuple(keys[2:])), 90)]
    tally = tally_motion(Ballots("stv_scottish", options, rules, LOT), piles, {"": 1})
    assert tally.count is not None
    assert tally.count.elected[:2] == ("c0", "c1")


# --- skipped ranks and overvotes --------------------------------------------------------------------------------


def recipient(ranking: Ranking, continuing: set[str], equal: str, skips: int | None) -> str:
    """Whom a paper counts for, read from its top anew in every round; "" once it is exhausted."""
    last = 0
    for place, rank in enumerate(ranking, start=1):
        names = {rank} if isinstance(rank, str) else set(rank)
        if not names:
            continue
        if skips is not None and place - last > skips + 1:
            return ""
        last = place
        here = names & continuing
        if len(names) > 1:
            if equal == "cut" or (equal == "cut_if_several" and len(here) > 1):
                return ""
            if equal == "skip":
                continue
        if here:
            return here.pop()
    return ""


@pytest.mark.parametrize("equal", ["cut", "skip", "cut_if_several"])
@given(ballots=papers, skips=st.sampled_from([0, 1, 2, None]))
@settings(max_examples=80, deadline=None)
def test_a_runoff_reads_skipped_ranks_and_overvotes_as_the_rule_says(
    equal: str, ballots: list[Ballot], skips: int | None
) -> None:
    limit = "unlimited" if skips is None else str(skips)
    found = count("runoff", ballots, equal_ranks=equal, max_skipped_ranks=limit)
    exhausted: set[int] = set()
    continuing = set(KEYS)
    for stage, item in enumerate(found.rounds):
        totals = Counter[str]()
        for n, (ranking, number) in enumerate(ballots):
            at = "" if n in exhausted else recipient(ranking, continuing, equal, skips)
            exhausted |= {n} if not at else set()
            totals[at] += number
        assert {key: totals[key] for key in KEYS} == item.totals
        if stage == 0:
            assert found.facts["blank"] == totals[""]
        continuing -= set(item.excluded)


@given(ballots=papers, method=st.sampled_from(["points", "runoff", "stv_scottish", "stv_meek"]))
@settings(max_examples=60, deadline=None)
def test_usually_a_ranking_is_cut_before_the_first_equal_or_skipped_rank(ballots: list[Ballot], method: str) -> None:
    cut = [(tuple(name for name, _ in _until_odd(ranking)), number) for ranking, number in ballots]
    assert (
        count(method, ballots) == count(method, ballots, equal_ranks="cut", max_skipped_ranks="0") == count(method, cut)
    )


def _until_odd(ranking: Ranking) -> Iterator[tuple[str, None]]:
    for rank in ranking:
        if not isinstance(rank, str):
            return
        yield rank, None


# --- Condorcet with runoff --------------------------------------------------------------------------------------


def by_runoff(ballots: Sequence[Ballot], unranked: str) -> Iterator[list[str]]:
    """The places, best first, up to the first lot."""
    places = [{k: n for n, rank in enumerate(ranking) for k in reversed((*rank,))} for ranking, _ in ballots]

    def place(n: int, key: str) -> int | None:
        first = [i for i, rank in enumerate(ballots[n][0]) if key in rank]
        return first[0] if first else (99 if unranked == "last" else None)

    assert len(places) == len(ballots)
    left = set(KEYS)
    while left:
        active = set(left)
        while True:
            beats = {
                x: {y for y in active if x != y and _prefer(ballots, place, x, y) > _prefer(ballots, place, y, x)}
                for x in active
            }
            winner = [x for x in active if beats[x] == active - {x}]
            tops = Counter[str]()
            for n, (_, number) in enumerate(ballots):
                known = {k: p for k in active if (p := place(n, k)) is not None}
                for key in known:
                    tops[key] += number * (known[key] == min(known.values()))
            lowest = [k for k in active if tops[k] == min(tops[k] for k in active)]
            if winner or len(lowest) == len(active):
                yield sorted(winner or lowest)
                left -= set(winner or lowest)
                break
            try:
                active.discard(only(lowest))
            except Tied:
                return


def _prefer(ballots: Sequence[Ballot], place: Callable[[int, str], int | None], x: str, y: str) -> int:
    pairs = ((place(n, x), place(n, y), number) for n, (_, number) in enumerate(ballots))
    return sum(number for a, b, number in pairs if a is not None and b is not None and a < b)


@given(ballots=papers, unranked=st.sampled_from(["last", "no_opinion"]))
@settings(max_examples=80, deadline=None)
def test_condorcet_with_runoff_places_whom_looking_at_all_ballots_anew_places(
    ballots: list[Ballot], unranked: str
) -> None:
    found = count("schulze", ballots, circles="runoff", unranked=unranked)
    if not found.facts["valid"]:
        return
    expected = list(by_runoff(ballots, unranked))
    assert [list(group) for group in found.ranking[: len(expected)]] == expected
    assert any(tie.about == "exclusion" for tie in found.ties) or len(found.ranking) == len(expected)


# --- the ladder -------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 5), max_size=6))
@settings(max_examples=100, deadline=None)
def test_the_ladder_says_what_comparing_all_rounds_backwards_says(rounds: list[tuple[int, ...]]) -> None:
    ladder = Ladder(KEYS, LOT)
    for totals in rounds:
        ladder.record(dict(zip(KEYS, totals, strict=True)), KEYS)
    past = {key: tuple(-totals[n] for totals in reversed(rounds)) for n, key in enumerate(KEYS)}
    groups = [tuple(group) for _, group in groupby(sorted(KEYS, key=past.__getitem__), key=past.__getitem__)]
    order, ties = ladder.apart(KEYS, about="x")
    assert order == tuple(key for group in groups for key in LOT.order(group))
    assert [tie.among for tie in ties if tie.rung == "lot"] == [group for group in groups if len(group) > 1]
