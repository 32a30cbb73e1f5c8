"""Which step a motion or proposal may take, when; closing early; digests of what is put to the vote (governance.md 2, 12.5)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import product
from typing import Any

import pytest

from fedcoop.governance.fediverse.publication import motion_digest, motion_members
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.motions import lifecycle
from fedcoop.governance.motions.motion import Channel, EarlyClose, Motion, MotionState, Option, Quorum, Threshold
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.governance.proposals.proposal import TRANSITIONS, Proposal, ProposalEvent, ProposalState, after
from fedcoop.kernel.canonical import digest_of
from fedcoop.kernel.errors import Conflict, MotionRefused
from fedcoop.kernel.ids import ProposalId
from tests.unit.governance.samples import CLOSES, OPENS, motion, tally

SECOND = timedelta(seconds=1)
S = MotionState
STEPS: dict[str, tuple[Callable[[Motion], Motion], set[MotionState], MotionState]] = {
    "open": (lifecycle.opened, {S.SCHEDULED}, S.OPEN),
    "withdraw": (lifecycle.withdrawn, {S.SCHEDULED}, S.WITHDRAWN),
    "extend": (lambda m: lifecycle.extended(m, CLOSES + SECOND, CLOSES - SECOND), {S.OPEN}, S.OPEN),
    "close early": (
        lambda m: lifecycle.closed_early(m, tally(1, **{"for": 1}, against=0, abstain=0), OPENS),
        {S.OPEN},
        S.OPEN,
    ),
    "close": (lambda m: lifecycle.closed(m, CLOSES), {S.OPEN}, S.CLOSED),
    "decide": (lifecycle.decided, {S.CLOSED}, S.DECIDED),
    "annul": (lambda m: lifecycle.annulled(m, "wrong roll", CLOSES), {S.OPEN, S.CLOSED, S.DECIDED}, S.ANNULLED),
}


def code(act: Callable[..., Any], *values: Any, **named: Any) -> str:
    with pytest.raises(MotionRefused) as refused:
        act(*values, **named)
    return refused.value.code


@pytest.mark.parametrize(("name", "state"), list(product(STEPS, MotionState)))
def test_each_step_leads_from_its_states_and_from_no_other(name: str, state: MotionState) -> None:
    step, allowed, to = STEPS[name]
    asked = replace(motion(), state=state)
    if state in allowed:
        assert step(asked).state is to
    else:
        assert code(step, asked) == "motion-state"


def test_a_proposal_takes_the_steps_of_its_table_only() -> None:
    base = Proposal(ProposalId(1), "u", None, "t", "b", 1, ProposalState.DRAFT, OPENS)
    for state, event in product(ProposalState, ProposalEvent):
        asked = replace(base, state=state)
        if (state, event) in TRANSITIONS:
            assert after(asked, event) == replace(asked, state=TRANSITIONS[state, event])
        else:
            with pytest.raises(Conflict) as refused:
                after(asked, event)
            assert refused.value.code == "proposal-state"
    assert not any(state in (ProposalState.WITHDRAWN, ProposalState.ANNULLED) for state, _ in TRANSITIONS)


def test_an_extension_is_later_in_time_and_twice_at_most() -> None:
    asked = motion()
    before = CLOSES - timedelta(microseconds=1)
    once = lifecycle.extended(asked, CLOSES + SECOND, before)
    assert (once.closes_at, once.extensions, once.first_closes_at) == (CLOSES + SECOND, 1, CLOSES)
    assert code(lifecycle.extended, asked, CLOSES, before) == "closes_at"
    assert code(lifecycle.extended, asked, CLOSES - SECOND, before) == "closes_at"
    assert code(lifecycle.extended, asked, before + timedelta(days=366, microseconds=1), before) == "closes_at"
    assert lifecycle.extended(asked, before + timedelta(days=366), before).extensions == 1
    assert code(lifecycle.extended, asked, CLOSES + SECOND, CLOSES) == "motion-closed"
    twice = lifecycle.extended(once, CLOSES + 2 * SECOND, before)
    assert code(lifecycle.extended, twice, CLOSES + 3 * SECOND, before) == "extensions"
    assert code(lifecycle.extended, motion(max_extensions="0"), CLOSES + SECOND, before) == "extensions"


def test_annulling_needs_a_reason_and_keeps_the_first_close() -> None:
    assert code(lifecycle.annulled, motion(), "  ", CLOSES) == "reason"
    assert lifecycle.annulled(motion(), "wrong roll", OPENS).closed_at == OPENS
    closed = lifecycle.closed(motion(), CLOSES)
    assert lifecycle.annulled(closed, "wrong roll", CLOSES + SECOND).closed_at == CLOSES


def votes(for_: int, against: int, abstain: int = 0, eligible: int = 12) -> Tally:
    return tally(eligible, **{"for": for_}, against=against, abstain=abstain)


@pytest.mark.parametrize(
    ("rule", "some", "decided", "all_"),
    [
        ("all_voted", False, False, True),
        ("decided", False, True, True),
        ("any", True, True, True),
        ("never", False, False, False),
    ],
)
def test_closing_early_follows_its_setting(rule: str, some: bool, decided: bool, all_: bool) -> None:
    asked = motion(early_close=rule)
    for counts, allowed in ((votes(3, 3), some), (votes(7, 0), decided), (votes(6, 6), all_)):
        if allowed:
            ended = lifecycle.closed_early(asked, counts, OPENS + SECOND)
            assert (ended.closes_at, ended.state) == (OPENS + SECOND, MotionState.OPEN)
            assert ended.no_grace is (counts.voted == 12)
            grace = timedelta(0) if ended.no_grace else timedelta(seconds=120)
            assert lifecycle.acceptance_ends_at(ended) == OPENS + SECOND + grace
        else:
            assert code(lifecycle.closed_early, asked, counts, OPENS + SECOND) == "early-close"
    assert code(lifecycle.closed_early, asked, votes(6, 6), CLOSES) == "motion-closed"


# --- decided already?


def completions(counts: dict[str, int], eligible: int) -> Iterator[Tally]:
    """Every way in which the missing members may vote or not."""
    missing = eligible - sum(counts.values())
    for added in product(range(missing + 1), repeat=len(counts)):
        if sum(added) <= missing:
            yield tally(eligible, **{key: counts[key] + more for key, more in zip(counts, added, strict=True)})


RULES: list[tuple[str, dict[str, str]]] = [
    *(
        ("resolution", {"threshold": threshold, "base": base, "quorum": quorum, **more})
        for threshold in (">1/2", "1/2", "2/3", ">1/3")
        for base in ("yes_no", "cast", "eligible")
        for quorum, more in (("0", {}), ("1/2", {"approval_quorum": "1/3"}), ("max(5, 1/10)", {}))
    ),
    ("resolution", {"base": "present", "present": "3", "quorum": "0"}),
    ("consent", {}),
    ("consent", {"quorum": "0"}),
    *(
        ("consensus", {"max_blocks": blocks, "max_stand_aside": aside, "quorum": quorum})
        for blocks in ("0", "1")
        for aside in ("20", "50")
        for quorum in ("0", "1/2")
    ),
]


@pytest.mark.parametrize(("method", "settings"), RULES)
def test_decided_means_that_no_completion_gives_another_code(method: str, settings: dict[str, str]) -> None:
    for eligible in (1, 2, 5):
        asked = motion(method, eligible=eligible, **settings)
        keys = [option.key for option in asked.options]
        for counts in product(range(eligible + 1), repeat=len(keys)):
            if sum(counts) > eligible:
                continue
            cast = dict(zip(keys, counts, strict=True))
            codes = {METHODS[method].decide(t, asked.options, asked.settings).code for t in completions(cast, eligible)}
            assert lifecycle.is_decided(asked, tally(eligible, **cast)) == (len(codes) == 1), (eligible, cast, codes)


DEMANDS = ["for >= 1/3 of cast, against >= 1/3 of cast", "abstain = 1", "for > 1/2 of eligible, abstain <= 1/5 of cast"]


@pytest.mark.parametrize("demands", DEMANDS)
def test_with_combined_requirements_decided_is_never_said_too_early(demands: str) -> None:
    for eligible in (1, 2, 5):
        asked = motion(eligible=eligible, quorum="0", require=demands)
        for counts in product(range(eligible + 1), repeat=3):
            if sum(counts) > eligible:
                continue
            cast = dict(zip(("for", "against", "abstain"), counts, strict=True))
            now = tally(eligible, **cast)
            codes = {
                METHODS["resolution"].decide(t, asked.options, asked.settings).code for t in completions(cast, eligible)
            }
            assert not lifecycle.is_decided(asked, now) or codes == {"carried"}, (eligible, cast)


@pytest.mark.parametrize("preset", ["rule_change", "dissolution"])
def test_a_rule_change_keeps_its_dates(preset: str) -> None:
    motion(preset="special", early_close="any")
    motion(preset=preset, early_close="decided")
    with pytest.raises(MotionRefused) as refused:
        motion(preset=preset, early_close="any")
    assert refused.value.code == "early_close"


def test_elections_and_secret_votes_keep_their_dates() -> None:
    settings = motion().settings
    assert not lifecycle.keeps_its_dates("approval", settings)
    assert lifecycle.keeps_its_dates("stv_scottish", settings)
    assert lifecycle.keeps_its_dates("approval", replace(settings, secrecy="secret"))


def test_deciding_whether_it_is_decided_costs_no_more_in_a_large_electorate() -> None:
    asked = motion("consensus", eligible=3, max_blocks="1")
    counts = tally(10**9, agree=6 * 10**8, abstain=0, stand_aside=0, block=0)
    assert not lifecycle.is_decided(asked, counts)
    assert lifecycle.is_decided(motion(eligible=3, quorum="0"), votes(6 * 10**8, 0, 0, 10**9))


# --- texts, options, dates


def test_a_motion_needs_a_title_and_bounded_texts() -> None:
    lifecycle.check_text("x" * 200, "y" * 50_000)
    assert code(lifecycle.check_text, " ", "b") == "title"
    assert code(lifecycle.check_text, "x" * 201, "b") == "title"
    assert code(lifecycle.check_text, "x", "y" * 50_001) == "body"


def test_options_differ_under_folding_and_are_two_to_fifty() -> None:
    def named(*names: str) -> list[Option]:
        return [Option(f"k{number}", name) for number, name in enumerate(names)]

    lifecycle.check_options(named("a", "b"))
    lifecycle.check_options(named(*(f"n{n}" for n in range(50))))
    lifecycle.check_options(named("x" * 100, "b"))
    for bad in (
        named("a"),
        named(*(f"n{n}" for n in range(51))),
        named("a", " "),
        named("a", "x" * 101),
        named("A  b", " A b "),
        named("Caf\u00e9", "Cafe\u0301"),
        [Option("k", "a"), Option("k", "b")],
    ):
        assert code(lifecycle.check_options, bad) == "options"


def test_a_vote_lasts_from_a_minute_to_a_year() -> None:
    rule = Bylaws()
    lifecycle.check_dates(OPENS, OPENS + timedelta(minutes=1), rule)
    lifecycle.check_dates(OPENS, OPENS + timedelta(days=366), rule)
    for ends in (timedelta(seconds=59), timedelta(days=366, seconds=1), timedelta(0), -SECOND):
        assert code(lifecycle.check_dates, OPENS, OPENS + ends, rule) == "closes_at"


def test_both_ends_of_the_vote_count() -> None:
    asked, tick = motion(), timedelta(microseconds=1)
    assert [lifecycle.is_open(asked, at) for at in (OPENS - tick, OPENS, CLOSES, CLOSES + tick)] == [
        False,
        True,
        True,
        False,
    ]
    assert not lifecycle.is_open(replace(asked, state=MotionState.CLOSED), OPENS)


def test_only_what_other_servers_show_rightly_is_a_poll() -> None:
    web, both = frozenset({Channel.WEB}), frozenset({Channel.WEB, Channel.ACTIVITYPUB})

    def is_poll(asked: Motion, channels: frozenset[Channel] = both) -> bool:
        return lifecycle.is_poll(asked.method, asked.options, asked.settings, channels)

    assert all(is_poll(motion(method)) for method in ("resolution", "consent", "consensus", "approval"))
    assert not is_poll(motion(), web)
    assert is_poll(motion("approval", min="1"))
    assert not is_poll(motion("approval", min="2"))
    secret = motion()
    assert not is_poll(replace(secret, settings=replace(secret.settings, secrecy="secret")))
    eleven = tuple(Option(f"k{n}", f"n{n}") for n in range(11))
    assert not is_poll(motion("approval", options=eleven))
    assert is_poll(motion("approval", options=eleven[:10]))


# --- digests


def test_the_text_hash_is_of_title_body_options_method_and_settings() -> None:
    asked = motion()

    def hashed(**changes: Any) -> str:
        values = {name: getattr(asked, name) for name in ("title", "body", "options", "method", "settings")}
        return lifecycle.text_hash(**{**values, **changes})

    assert hashed() == asked.text_hash
    others = [
        {"title": "Buy a third oven"},
        {"body": "From reserves"},
        {"options": asked.options[::-1]},
        {"options": (replace(asked.options[0], meaning="yes"), *asked.options[1:])},
        {"method": "consent"},
        {"settings": replace(asked.settings, threshold=Threshold(Fraction(1, 2)))},
        {"settings": replace(asked.settings, quorum=Quorum(Fraction(1, 2)))},
        {"settings": replace(asked.settings, early_close=EarlyClose.ANY)},
    ]
    assert len({hashed(), *(hashed(**change) for change in others)}) == 1 + len(others)


def test_the_motion_digest_is_of_the_published_members_absent_ones_left_out() -> None:
    asked = motion(threshold="2/3", quorum="1/2", change="never")
    members = {
        "coop:method": "resolution",
        "coop:ballotMode": "open",
        "coop:channels": ["web", "activitypub"],
        "coop:revoting": "first",
        "coop:opens": "2026-03-01T09:00:00Z",
        "coop:electorate": "https://alder.example/actors/alder",
        "coop:options": [
            {"coop:key": "for", "name": "For"},
            {"coop:key": "against", "name": "Against"},
            {"coop:key": "abstain", "name": "Abstain"},
        ],
        "coop:quorum": "1/2",
        "coop:threshold": "2/3",
    }
    coop = "https://alder.example/actors/alder"
    assert motion_members(asked, electorate=coop) == members
    expected = "sha-256:" + digest_of({"content": "<p>x</p>", **members})
    assert motion_digest(asked, content="<p>x</p>", electorate=coop) == expected
    plain = motion_members(motion("consent", quorum="0"), electorate=coop)
    assert {"coop:quorum", "coop:threshold"}.isdisjoint(plain)
    assert motion_digest(replace(asked, closes_at=CLOSES + SECOND), content="<p>x</p>", electorate=coop) == expected
    for other in (
        replace(asked, opens_at=OPENS + SECOND),
        replace(asked, channels=frozenset({Channel.WEB})),
        replace(asked, settings=replace(asked.settings, threshold=None)),
    ):
        assert motion_digest(other, content="<p>x</p>", electorate=coop) != expected
