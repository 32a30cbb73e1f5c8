"""Equal shares with its jumps is what raising by one unit each time gives; what must hold of counts with seats and money."""

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.counting import equal_shares
from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.choices import Scores
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.motion import Motion, Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Pile
from fedcoop.kernel.money import largest_remainder
from tests.properties.strategies import choices_for
from tests.unit.governance.samples import motion

KEYS = "abcdef"
Votes = list[frozenset[str]]
votes_of = st.lists(st.frozensets(st.sampled_from(KEYS)), min_size=1, max_size=9)
costs_of = st.lists(st.integers(1, 60), min_size=len(KEYS), max_size=len(KEYS))
budgets_of = st.integers(5, 150)


def slow_run(votes: Votes, costs: dict[str, int], start: Fraction, order: str) -> list[str]:
    """One run word for word as governance.md 11.2 has it."""
    left, bought = [start] * len(votes), []
    while True:
        best: tuple[Fraction, int, int, int, str, Fraction] | None = None
        for key in set(costs) - set(bought):
            who = [n for n, vote in enumerate(votes) if key in vote]
            if not who or sum(left[n] for n in who) < costs[key]:
                continue
            q = price([left[n] for n in who], costs[key])
            place = (q / costs[key], -len(who), costs[key], order.index(key), key, q)
            best = place if best is None or place < best else best
        if best is None:
            return bought
        bought.append(best[4])
        left = [max(b - best[5], Fraction(0)) if best[4] in vote else b for b, vote in zip(left, votes, strict=True)]


def price(budgets: Sequence[Fraction], cost: int) -> Fraction:
    """The smallest q with Σ min(b, q) = cost."""
    paid, payers = Fraction(0), len(budgets)
    for budget in sorted(budgets):
        if paid + budget * payers >= cost:
            return (cost - paid) / payers
        paid, payers = paid + budget, payers - 1
    raise AssertionError("they cannot pay")


def slow_add1(votes: Votes, costs: dict[str, int], budget: int, order: str) -> tuple[list[str], Fraction]:
    start = Fraction(budget, len(votes))
    found = slow_run(votes, costs, start, order)
    supported = set().union(*votes)
    while set(found) != supported:
        later = slow_run(votes, costs, start + 1, order)
        if sum(costs[key] for key in later) > budget:
            break
        found, start = later, start + 1
    return found, start


@given(votes=votes_of, costs=costs_of, budget=budgets_of, order=st.permutations(KEYS))
@settings(max_examples=150, deadline=None)
def test_jumps_give_what_raising_by_one_step_by_step_gives(
    votes: Votes, costs: list[int], budget: int, order: list[str]
) -> None:
    cost, places = dict(zip(KEYS, costs, strict=True)), "".join(order)
    support = {key: sum(key in vote for vote in votes) for key in KEYS}
    projects = [
        equal_shares.Project(key, cost[key], support[key], (-support[key], cost[key], places.index(key)))
        for key in KEYS
    ]
    voters = equal_shares.Electorate(projects, [Pile(tuple(sorted(vote))) for vote in votes])
    bought, start = slow_add1(votes, cost, budget, places)
    found = equal_shares.raised(voters, budget, 1)
    assert (list(found.run.keys), found.run.cost) == (bought, sum(cost[key] for key in bought))
    assert found.run.start == start or set(bought) == set().union(*votes)
    once = equal_shares.only_once(voters, budget)
    assert list(once.run.keys) == slow_run(votes, cost, Fraction(budget, len(votes)), places)


@given(votes=votes_of, costs=costs_of, first=st.integers(1, 40), gap=st.integers(1, 40))
@settings(max_examples=150, deadline=None)
def test_a_certified_gap_holds_the_same_purchases_everywhere(
    votes: Votes, costs: list[int], first: int, gap: int
) -> None:
    cost = dict(zip(KEYS, costs, strict=True))
    support = {key: sum(key in vote for vote in votes) for key in KEYS}
    projects = [
        equal_shares.Project(key, cost[key], support[key], (-support[key], cost[key], KEYS.index(key))) for key in KEYS
    ]
    voters = equal_shares.Electorate(projects, [Pile(tuple(sorted(vote))) for vote in votes])
    low = equal_shares.run(voters, Fraction(first))
    assert low is not None
    if equal_shares.run(voters, Fraction(first + gap), like=low) is not None:
        for start in range(first, first + gap + 1):
            assert slow_run(votes, cost, Fraction(start), KEYS) == list(low.keys)


@given(
    method=st.sampled_from(["greedy", "equal_shares"]),
    votes=votes_of,
    costs=costs_of,
    budget=budgets_of,
    data=st.data(),
)
@settings(max_examples=80, deadline=None)
def test_no_budget_is_overspent_and_no_order_changes_what_is_funded(
    method: str, votes: Votes, costs: list[int], budget: int, data: st.DataObject
) -> None:
    options = tuple(Option(key, key, cost=cost * 100) for key, cost in zip(KEYS, costs, strict=True))
    piles = [Pile(tuple(sorted(vote))) for vote in votes]
    asked, lot = motion(method, options=options, budget=str(budget)), Lot(bytes(32))
    one = METHODS[method].count(piles, options, asked.settings, lot)
    other = METHODS[method].count(
        data.draw(st.permutations(piles)), data.draw(st.permutations(options)), asked.settings, lot
    )
    assert one is not None
    assert other is not None
    assert (one.elected, one.rounds, one.ties) == (other.elected, other.rounds, other.ties)
    spent = sum(option.cost for option in options if option.key in one.elected)
    assert spent == one.facts["spent_minor"] <= budget * 100
    assert set(one.elected) <= set().union(*votes)


@given(asked=st.sampled_from([motion("approval", seats="2"), motion("score"), motion("dots")]), data=st.data())
@settings(max_examples=80, deadline=None)
def test_no_order_of_options_or_ballots_changes_who_is_chosen(asked: Motion, data: st.DataObject) -> None:
    piles = [Pile(choice) for choice in data.draw(st.lists(choices_for(asked), max_size=8))]
    decide = METHODS[asked.method].decide
    found = []
    for options, given_ in (
        (asked.options, piles),
        (tuple(data.draw(st.permutations(asked.options))), data.draw(st.permutations(piles))),
    ):
        rule = Ballots(asked.method, options, asked.settings, Lot(bytes(32)))
        tally = tally_motion(rule, given_, {"member": 50})
        outcome = decide(tally, options, asked.settings)
        found.append((dict(tally.counts), tally.count, outcome.code, set(outcome.winners)))
    assert found[0] == found[1]


@given(
    method=st.sampled_from(["approval", "score", "dots", "greedy"]),
    votes=st.lists(st.sampled_from("abc"), min_size=1, max_size=8),
    more=st.integers(1, 5),
    favourite=st.sampled_from("abc"),
)
@settings(max_examples=120, deadline=None)
def test_more_ballots_for_a_favourite_never_hurt_it(method: str, votes: list[str], more: int, favourite: str) -> None:
    """For greedy because all of these projects cost the same."""
    asked = motion(method)
    rule = Ballots(method, asked.options, asked.settings, Lot(bytes(32)))

    def winners(keys: Sequence[str]) -> tuple[str, ...]:
        as_scores = method in ("score", "dots")
        piles = [Pile(Scores({key: 4}) if as_scores else (key,)) for key in keys]
        tally = tally_motion(rule, piles, {"member": 50})
        return METHODS[method].decide(tally, asked.options, asked.settings).winners

    if favourite in winners(votes):
        assert favourite in winners([*votes, *[favourite] * more])


@given(total=st.integers(0, 10**6), weights=st.lists(st.integers(0, 10**4), min_size=1, max_size=9))
def test_shares_add_up_and_none_is_off_by_one(total: int, weights: list[int]) -> None:
    shares, whole = largest_remainder(total, weights), sum(weights)
    assert sum(shares) == (total if whole else 0)
    for share, weight in zip(shares, weights, strict=True):
        assert not whole or abs(share - Fraction(total * weight, whole)) < 1
