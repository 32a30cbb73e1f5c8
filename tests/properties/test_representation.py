"""What must hold of votes passed on: no vote is made or lost, cycles speak for nobody, and the order of anything is no matter."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from fedcoop.governance.delegation.delegation_rule import DelegationMode, DelegationRule
from fedcoop.governance.delegation.representation import Grant, Why, cap_of, resolve

NAMES = [f"m{number}" for number in range(12)]
rules = st.builds(
    DelegationRule,
    mode=st.sampled_from([DelegationMode.LIQUID, DelegationMode.PROXY]),
    cap=st.sampled_from([0, 2, 3, 13]),
)
voted = st.sets(st.sampled_from(NAMES))


@st.composite
def grants(draw: st.DrawFn) -> list[Grant]:
    """Anybody's vote to anybody else, or to somebody off the roll, granted in any order."""
    givers = draw(st.permutations(NAMES))[: draw(st.integers(0, len(NAMES)))]
    return [
        Grant(name, draw(st.sampled_from([other for other in [*NAMES, None] if other != name])), order)
        for order, name in enumerate(givers)
    ]


@given(rules, voted, grants())
def test_every_vote_counts_at_most_once_and_all_that_delegates_speak_for_are_members(
    rule: DelegationRule, direct: set[str], given_: list[Grant]
) -> None:
    found = resolve(rule, len(NAMES), direct, given_)
    assert direct.isdisjoint(found.speaker)
    assert set(found.speaker).isdisjoint(found.missing)
    assert set(found.speaker.values()) <= direct
    assert {grant.delegator for grant in given_} - direct == {*found.speaker, *found.missing}
    weights = found.weights()
    alone = len(direct) - len(weights)
    assert sum(weights.values()) + alone == len(direct) + len(found.speaker)
    assert max(weights.values(), default=1) <= cap_of(rule, len(NAMES)) + 1


@given(rules, voted, grants(), st.randoms(use_true_random=False))
def test_the_order_in_which_grants_are_told_changes_nothing(
    rule: DelegationRule, direct: set[str], given_: list[Grant], random: object
) -> None:
    shuffled = sorted(given_, key=lambda grant: hash((repr(random), grant.delegator)))
    once, again = resolve(rule, len(NAMES), direct, given_), resolve(rule, len(NAMES), sorted(direct), shuffled)
    assert (once.speaker, once.missing) == (again.speaker, again.missing)


@given(grants())
def test_where_nobody_voted_nobody_is_represented(given_: list[Grant]) -> None:
    assert resolve(DelegationRule(DelegationMode.LIQUID), len(NAMES), (), given_).speaker == {}


@given(voted, grants())
def test_a_cycle_is_never_represented_and_every_chain_ends_with_its_speaker(
    direct: set[str], given_: list[Grant]
) -> None:
    found = resolve(DelegationRule(DelegationMode.LIQUID, cap=13), len(NAMES), direct, given_)
    for name, speaker in found.speaker.items():
        chain = found.chain(name)
        assert chain[-1] == speaker
        assert direct.isdisjoint(chain[:-1])
    for name, why in found.missing.items():
        assert direct.isdisjoint(found.chain(name))
        if why is Why.CYCLE:
            last = found.chain(name)[-1]
            assert last in found.chain(last)


@given(voted, grants(), st.sampled_from(NAMES))
def test_revoking_touches_only_those_whose_chain_it_was_part_of(
    direct: set[str], given_: list[Grant], who: str
) -> None:
    rule = DelegationRule(DelegationMode.LIQUID, cap=13)
    before = resolve(rule, len(NAMES), direct, given_)
    after = resolve(rule, len(NAMES), direct, [grant for grant in given_ if grant.delegator != who])
    for name in NAMES:
        if name != who and who not in before.chain(name):
            assert before.speaker.get(name) == after.speaker.get(name)
            assert before.missing.get(name) == after.missing.get(name)


@given(rules, voted, grants(), st.sampled_from(NAMES))
def test_a_direct_ballot_takes_back_just_that_vote(
    rule: DelegationRule, direct: set[str], given_: list[Grant], who: str
) -> None:
    found = resolve(replace(rule, cap=13), len(NAMES), direct | {who}, given_)
    assert who not in found.speaker
    assert who not in found.missing
