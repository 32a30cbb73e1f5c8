"""What must hold of any decision: counted twice it is the same, order changes nothing, and no ballot makes a method fail."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.governance.motions.ballots import Ballot, Cast
from fedcoop.governance.motions.choices import Scores, Shape
from fedcoop.governance.motions.method import ceil_of, least, needed, reaches
from fedcoop.governance.motions.motion import Channel, Motion, Option, Quorum, Threshold
from fedcoop.governance.motions.outcomes import outcome_from_json, outcome_to_json
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_from_json, settings_to_json
from fedcoop.governance.motions.tallies import Pile, Tally, tally_of, tally_of_piles, tally_to_json
from fedcoop.governance.proof import logchain, recount
from fedcoop.governance.rolls import roll
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.errors import BallotRefused, MotionRefused
from fedcoop.kernel.ids import ActorId
from tests.properties.strategies import choices_for
from tests.unit.governance.samples import OPENS, ballot, cast, entries_of, motion, sealed, verify

MOTIONS = [
    motion(),
    motion(change="never"),
    motion("consent"),
    motion("consensus", max_blocks="1"),
    motion("approval"),
    motion("approval", seats="2", max="2", threshold="1/3"),
    motion("approval", none="c", change="never"),
    motion("score", rule="mean", seats="2"),
    motion("score", allow_blank="off", rule="median"),
    motion("dots", cap="4", quorum="1/4"),
    motion("greedy", max="2"),
    motion("equal_shares", budget="70.50"),
    motion("points", seats="2"),
    motion("runoff", max_ranked="2"),
    motion("schulze", status_quo="c", threshold="1/2"),
    motion("ranked_pairs", unranked="no_opinion"),
    motion("stv_scottish", seats="2", ron="c"),
    motion("stv_meek", seats="2", min_ranked="2", quorum="1/4"),
]
shares = st.fractions(min_value=0, max_value=1, max_denominator=10_000)
words = st.sampled_from(
    [
        "for",
        "against",
        "abstain",
        "consent",
        "consent_with_concern",
        "objection",
        "agree",
        "stand_aside",
        "block",
        "a",
        "b",
        "c",
        "",
        "zzz",
    ]
)
casts = st.builds(
    lambda choice, reason, channel, actor, minutes, wait, accumulate: Cast(
        choice=choice if isinstance(choice, Scores) else tuple(choice),
        reason=reason,
        channel=channel,
        actor_id=actor,
        cast_at=OPENS + timedelta(minutes=minutes),
        received_at=OPENS + timedelta(minutes=minutes, seconds=wait),
        accumulate=accumulate,
    ),
    st.lists(words, max_size=3) | st.dictionaries(words, st.integers(-1, 6), max_size=3).map(Scores),
    st.sampled_from(["", "because", "x" * 501]),
    st.sampled_from(Channel),
    st.sampled_from([None, ActorId(5), ActorId(6)]),
    st.integers(-1, 60 * 24 * 7 + 1),
    st.integers(0, 121),
    st.booleans(),
)


def _count(asked: Motion, ballots: Sequence[Ballot]) -> recount.Counted:
    entries = entries_of(asked)
    log = [
        logchain.open_entry(asked),
        *(logchain.ballot_entry(item) for item in ballots),
        logchain.close_entry(asked, len(ballots)),
    ]
    material = recount.Material(
        motion=asked,
        ballots=ballots,
        roll=roll.roll_lines(entries),
        log=[canonical_bytes({"n": n, **entry}).decode() for n, entry in enumerate(log, start=1)],
    )
    return recount.count(material, sealed)


@given(asked=st.sampled_from(MOTIONS), tries=st.lists(st.tuples(st.integers(0, 11), casts), max_size=30))
@settings(max_examples=120, deadline=None)
def test_whatever_is_cast_a_member_has_one_ballot_at_most_and_the_recount_agrees(
    asked: Motion, tries: list[tuple[int, Cast]]
) -> None:
    voters = entries_of(asked)
    box: dict[str, Ballot] = {}
    first: dict[str, Ballot] = {}
    for number, given_ in tries:
        voter = voters[number]
        try:
            box[voter.voter] = ballot(asked, voter, given_, box.get(voter.voter))
        except BallotRefused:
            continue
        stands = box[voter.voter]
        first.setdefault(voter.voter, stands)
        METHODS[asked.method].check(stands.choice, asked.options, asked.settings)
        assert asked.opens_at - asked.settings.grace <= stands.cast_at <= asked.closes_at
        if asked.settings.change == "never":
            mine = first[voter.voter]
            assert (stands.actor_id, stands.channel) == (mine.actor_id, mine.channel)
            assert set(mine.choice) <= set(stands.choice)
    counted = _count(asked, list(box.values()))
    assert counted.tally.voted == len(box)
    again = recount.recount(counted.export.encode(), verify)
    assert (again.tally, again.outcome, again.log_head) == (counted.tally, counted.outcome, counted.log_head)


@given(asked=st.sampled_from(MOTIONS), data=st.data())
@settings(max_examples=60, deadline=None)
def test_the_order_of_ballots_changes_neither_result_nor_root(asked: Motion, data: st.DataObject) -> None:
    voters = data.draw(st.permutations(entries_of(asked)))[: data.draw(st.integers(0, 12))]
    ballots = []
    for voter in voters:
        with suppress(BallotRefused):
            ballots.append(
                ballot(asked, voter, replace(cast(), choice=data.draw(choices_for(asked)), reason="because"))
            )
    one, other = _count(asked, ballots), _count(asked, data.draw(st.permutations(ballots)))
    assert (one.tally, one.outcome, one.root) == (other.tally, other.outcome, other.root)
    assert one.tally.voted == len(ballots)
    if METHODS[asked.method].shape not in (Shape.SET, Shape.SCORES):
        assert sum(one.tally.counts.values()) == len(ballots)


@given(part=st.integers(0, 10**6), base=st.integers(0, 10**6), share=shares, strict=st.booleans())
def test_thresholds_are_compared_exactly(part: int, base: int, share: Fraction, strict: bool) -> None:
    threshold = Threshold(share, strict)
    assert reaches(part, base, threshold) is (part > share * base if strict else part >= share * base)
    smallest = least(base, threshold)
    assert reaches(smallest, base, threshold)
    assert smallest == 0 or not reaches(smallest - 1, base, threshold)


@given(share=shares, floor=st.integers(0, 50), eligible=st.integers(0, 10_000), whole=st.booleans())
def test_a_quorum_lies_between_its_share_and_the_electorate(
    share: Fraction, floor: int, eligible: int, whole: bool
) -> None:
    need = needed(Quorum(share, floor, whole), eligible)
    assert share * eligible <= need <= eligible or need == eligible
    assert need >= min(floor, -(-eligible // 2))
    assert need in (ceil_of(share * eligible), floor, -(-eligible // 2), eligible)


@given(asked=st.sampled_from(MOTIONS), data=st.data())
@settings(max_examples=150, deadline=None)
def test_any_tally_has_an_outcome_that_survives_json(asked: Motion, data: st.DataObject) -> None:
    eligible = data.draw(st.integers(0, 40))
    picks = data.draw(st.lists(st.sampled_from([option.key for option in asked.options]), max_size=eligible))
    votes = tally_of_piles(
        [Pile((key,)) for key in picks], options=[option.key for option in asked.options], eligible={"member": eligible}
    )
    outcome = METHODS[asked.method].decide(votes, asked.options, asked.settings)
    assert outcome_from_json(outcome_to_json(outcome)) == outcome
    assert tally_of(tally_to_json(votes)) == votes
    assert isinstance(votes, Tally)
    if asked.method == "approval":
        assert len(outcome.winners) <= int(asked.settings.extra["seats"])
    assert all(item.work and item.title and item.have >= 0 for item in outcome.requirements)


@given(asked=st.sampled_from(MOTIONS), choice=st.lists(st.text(max_size=3) | words, max_size=5))
def test_no_choice_makes_a_method_fail(asked: Motion, choice: list[str]) -> None:
    method = METHODS[asked.method]
    refusal = ""
    try:
        method.check(tuple(choice), asked.options, asked.settings)
    except BallotRefused as refused:
        refusal = refused.code
    assert refusal in ("", "choice-shape", "option", "ranks", "too-many", "too-few")
    assert refusal or set(choice) <= {option.key for option in asked.options}
    method.needs_reason(tuple(choice), asked.settings)


@given(method=st.sampled_from(list(METHODS)), data=st.data())
@settings(max_examples=200, deadline=None)
def test_settings_are_refused_by_name_or_survive_json(method: str, data: st.DataObject) -> None:
    names = [
        "threshold",
        "base",
        "quorum",
        "visibility",
        "change",
        "grace",
        "reasons",
        "early_close",
        "seats",
        "min",
        "max",
        "none",
        "max_blocks",
        "max_stand_aside",
        "silence",
        "approval_quorum",
        "preset",
        "quorum_floor",
    ]
    texts = st.text(max_size=8) | st.sampled_from(
        ["1/2", ">2/3", "66.67%", "max(5, 1/10)", "never", "live", "2m", "optional", "any", "2", "cast", "special", "a"]
    )
    pairs: dict[str, str] = data.draw(st.dictionaries(st.sampled_from(names), texts, max_size=4))
    options = (Option("a", "Rye"), Option("b", "Wheat"), Option("c", "Spelt")) if method == "approval" else ()
    asked, refusal = None, None
    try:
        asked = motion(method, options=options, **pairs)
    except MotionRefused as refused:
        refusal = refused
    if asked is None:
        assert refusal is not None
        assert refusal.code
        assert refusal.message
        return
    value: dict[str, Any] = settings_to_json(asked.settings)
    assert settings_from_json(value) == asked.settings
    assert canonical_bytes(value)
