"""What must hold of counts of rankings: order changes nothing, no vote vanishes, and what each rule promises of its winner.

Promises, and no more: points, Schulze and ranked pairs are monotone, which instant runoff and the single transferable vote
are not; further ballots for the winner alone hurt nobody's win by points, Schulze or instant runoff; and whoever beats all
others stays on top by Schulze and ranked pairs when somebody else withdraws.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.methods.schulze import strongest_paths
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.motions.tallies import Count, Pile, count_of, count_to_json
from fedcoop.governance.ranked.travel import travel
from tests.properties.strategies import rankings
from tests.unit.governance.ranked.rules import RANKED

KEYS = "ABCDE"
LOT = Lot(b"public")
SEATED = ("stv_scottish", "stv_meek")
IN_ROUNDS = (*SEATED, "runoff")
Ballot = tuple[str, ...]
piles = st.lists(st.tuples(rankings(KEYS), st.integers(1, 6)), min_size=1, max_size=14)
methods = st.sampled_from(RANKED)
seats = st.integers(1, 4)


def count(
    method: str,
    given_: Sequence[tuple[Ballot, int]],
    number: int = 1,
    *,
    keys: str = KEYS,
    lot: Lot = LOT,
    **words: str,
) -> Count:
    chosen = METHODS[method]
    typed = {**words, **({"seats": str(number)} if "seats" in chosen.extra_keys() else {})}
    rules = settings_of(chosen, typed, grace=timedelta())
    options = [Option(key, key) for key in keys]
    tally = tally_motion(
        Ballots(method, options, rules, lot), [Pile(ranking, n) for ranking, n in given_], {"member": 1}
    )
    assert tally.count is not None
    return tally.count


@given(method=methods, ballots=piles, number=seats, data=st.data())
@settings(max_examples=100, deadline=None)
def test_neither_the_order_of_ballots_nor_that_of_options_changes_a_figure(
    method: str, ballots: list[tuple[Ballot, int]], number: int, data: st.DataObject
) -> None:
    one = count(method, ballots, number)
    mixed, keys = data.draw(st.permutations(ballots)), "".join(data.draw(st.permutations(KEYS)))
    single = [(ranking, 1) for ranking, n in mixed for _ in range(n)]
    assert count(method, single, number, keys=keys) == one
    assert count_of(count_to_json(one)) == one


@given(method=st.sampled_from(IN_ROUNDS), ballots=piles, number=seats)
@settings(max_examples=100, deadline=None)
def test_in_every_round_all_votes_are_somewhere(method: str, ballots: list[tuple[Ballot, int]], number: int) -> None:
    found = count(method, ballots, number)
    whole = sum(n for _, n in ballots)
    previous = Fraction(0)
    for stage in found.rounds:
        assert sum(stage.totals.values()) + stage.exhausted + stage.lost == whole == found.facts["valid"]
        assert min(stage.totals.values()) >= 0
        assert stage.lost >= previous
        previous = stage.lost
    assert len(found.rounds) <= 2 * len(KEYS)
    assert found.rounds[-1].elected


@given(method=st.sampled_from(SEATED), ballots=piles, number=seats)
@settings(max_examples=80, deadline=None)
def test_seats_are_filled_once_each_and_nobody_is_both_elected_and_excluded(
    method: str, ballots: list[tuple[Ballot, int]], number: int
) -> None:
    found = count(method, ballots, number)
    assert len(found.elected) == len(set(found.elected)) == number
    assert tuple(key for stage in found.rounds for key in stage.elected) == found.elected
    excluded = [key for stage in found.rounds for key in stage.excluded]
    assert len(set(excluded)) == len(excluded)
    assert not set(excluded) & set(found.elected)
    assert not found.facts.get("limited")
    assert sorted(key for group in found.ranking for key in group) == list(KEYS)


@given(method=st.sampled_from(SEATED), ballots=piles, number=seats)
@settings(max_examples=80, deadline=None)
def test_a_solid_group_with_quotas_of_first_ranks_gets_its_seats(
    method: str, ballots: list[tuple[Ballot, int]], number: int
) -> None:
    """Proportionality for solid coalitions: who put A and B before all others fill as many seats as they have quotas."""
    whole = sum(n for _, n in ballots)
    solid = sum(n for ranking, n in ballots if set(ranking[:2]) == {"A", "B"})
    quotas = solid // (whole // (number + 1) + 1)
    assert len({"A", "B"} & set(count(method, ballots, number).elected)) >= min(2, quotas)


@given(method=st.sampled_from(IN_ROUNDS), ballots=piles, number=seats)
@settings(max_examples=60, deadline=None)
def test_every_ballot_followed_through_the_rounds_adds_up_to_their_totals(
    method: str, ballots: list[tuple[Ballot, int]], number: int
) -> None:
    found = count(method, ballots, number)
    ways = [(travel(ranking, found), n) for ranking, n in ballots]
    for place, stage in enumerate(found.rounds):
        held: Counter[str] = Counter()
        for way, n in ways:
            held[way[place].at] += n * way[place].value
            for key, share in way[place].kept.items():
                held[key] += n * share
        assert held[""] == stage.exhausted
        assert sum(held[key] - total for key, total in stage.totals.items()) == stage.lost


@given(method=st.sampled_from(("points", "schulze", "runoff")), ballots=piles, more=st.integers(1, 20))
@settings(max_examples=100, deadline=None)
def test_further_ballots_for_the_winner_alone_never_hurt(
    method: str, ballots: list[tuple[Ballot, int]], more: int
) -> None:
    before = count(method, ballots)
    assume(not before.ties)
    winner = before.elected[0]
    assert count(method, [*ballots, ((winner,), more)]).ranking[0] == (winner,)


@given(method=st.sampled_from(("points", "schulze", "ranked_pairs")), ballots=piles, data=st.data())
@settings(max_examples=120, deadline=None)
def test_a_winner_raised_on_a_ballot_still_wins(
    method: str, ballots: list[tuple[Ballot, int]], data: st.DataObject
) -> None:
    """Monotone: moving the sole winner up, all else as it was, keeps it on top."""
    before = count(method, ballots)
    assume(not before.ties)
    winner = before.elected[0]
    place = data.draw(st.integers(0, len(ballots) - 1))
    ranking, n = ballots[place]
    rest = tuple(key for key in ranking if key != winner)
    old = ranking.index(winner) if winner in ranking else len(ranking)
    new = data.draw(st.integers(0, old))
    raised = (*rest[:new], winner, *rest[new:])
    if method == "points" and winner not in ranking:
        assume(False)
    after = count(method, [*ballots[:place], (raised, n), *ballots[place + 1 :]])
    assert winner in after.ranking[0]


@given(method=st.sampled_from(("schulze", "ranked_pairs")), ballots=piles)
@settings(max_examples=100, deadline=None)
def test_who_beats_all_others_one_against_one_wins(method: str, ballots: list[tuple[Ballot, int]]) -> None:
    found = count(method, ballots)
    winner = found.facts.get("condorcet_winner")
    if winner:
        assert found.ranking[0] == (winner,)
        loser = next(key for key in KEYS if key != winner)
        without = count(method, ballots, withdrawn=loser)
        assert not without.facts["valid"] or winner in without.ranking[0]


@given(ballots=piles)
@settings(max_examples=60, deadline=None)
def test_strongest_paths_are_those_that_trying_all_ways_finds(ballots: list[tuple[Ballot, int]]) -> None:
    pairs = count("schulze", ballots).facts["pairs"]
    paths = strongest_paths(pairs)

    def best(start: str, end: str, left: frozenset[str]) -> int:
        direct = pairs[start][end] if pairs[start][end] > pairs[end][start] else 0
        ways = [
            min(pairs[start][by] if pairs[start][by] > pairs[by][start] else 0, best(by, end, left - {by}))
            for by in left
        ]
        return max([direct, *ways])

    for start in KEYS:
        for end in KEYS:
            if start != end:
                assert paths[start][end] == best(start, end, frozenset(KEYS) - {start, end})


@given(ballots=piles)
@settings(max_examples=60, deadline=None)
def test_pairs_are_those_that_counting_by_hand_gives(ballots: list[tuple[Ballot, int]]) -> None:
    for unranked in ("last", "no_opinion"):
        pairs = count("schulze", ballots, unranked=unranked).facts["pairs"]
        for x in KEYS:
            for y in KEYS:
                if x != y:
                    assert pairs[x][y] == sum(n for ranking, n in ballots if _above(ranking, x, y, unranked))


def _above(ranking: Ballot, x: str, y: str, unranked: str) -> bool:
    if x not in ranking:
        return False
    if y not in ranking:
        return unranked == "last"
    return ranking.index(x) < ranking.index(y)


@given(ballots=piles, data=st.data())
@settings(max_examples=80, deadline=None)
def test_ranked_pairs_lock_no_circle_and_skip_only_what_would_close_one(
    ballots: list[tuple[Ballot, int]], data: st.DataObject
) -> None:
    victories = count("ranked_pairs", ballots).facts["victories"]
    below: dict[str, set[str]] = {key: set() for key in KEYS}
    for item in victories:
        winner, loser = item["winner"], item["loser"]
        assert item["locked"] is not _reaches(below, loser, winner)
        if item["locked"]:
            below[winner].add(loser)
        else:
            way = item["circle"]
            assert (way[0], way[-1]) == (loser, winner)
            assert all(onward in below[key] for key, onward in pairwise(way))
    strengths = [(-item["for"], item["against"]) for item in victories]
    assert strengths == sorted(strengths)


def _reaches(below: dict[str, set[str]], start: str, end: str) -> bool:
    return start == end or any(_reaches(below, key, end) for key in below[start])


@given(ballots=piles)
@settings(max_examples=60, deadline=None)
def test_an_instant_runoff_elects_nobody_whom_all_others_beat(ballots: list[tuple[Ballot, int]]) -> None:
    winner = count("runoff", ballots).elected[0]
    pairs = count("schulze", ballots).facts["pairs"]
    assert any(n >= pairs[other][winner] for other, n in pairs[winner].items())


@given(method=methods, ballots=piles, number=seats)
@settings(max_examples=60, deadline=None)
def test_who_withdraws_might_as_well_never_have_stood(
    method: str, ballots: list[tuple[Ballot, int]], number: int
) -> None:
    with_ = count(method, ballots, number, withdrawn="E")
    without = [(tuple(key for key in ranking if key != "E"), n) for ranking, n in ballots]
    never = count(method, [(ranking, n) for ranking, n in without if ranking], number, keys="ABCD")
    assert (with_.elected, with_.ranking, with_.rounds) == (never.elected, never.ranking, never.rounds)


@pytest.mark.parametrize("method", IN_ROUNDS)
@given(ballots=piles)
@settings(max_examples=32, deadline=None)
def test_every_lot_was_needed(method: str, ballots: list[tuple[Ballot, int]]) -> None:
    """Without a lot in the record another seed changes nobody's place."""
    one, other = (count(method, ballots, 2, lot=Lot(seed)) for seed in (b"one", b"another"))
    if not any(tie.rung == "lot" for tie in one.ties):
        assert (set(one.elected), one.ranking) == (set(other.elected), other.ranking)
        assert [stage.totals for stage in one.rounds] == [stage.totals for stage in other.rounds]
