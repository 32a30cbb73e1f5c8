"""Who is on the roll, by which rule, and which rules are none (governance.md 3)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.governance.members.classes import Group, MemberClass, check_class, check_group
from fedcoop.governance.members.electorate import (
    ElectorateRule,
    Register,
    check_electorate,
    electorate_of,
    electorate_to_json,
)
from fedcoop.governance.members.member import Member, MemberStatus
from fedcoop.governance.motions.ballots import entitled
from fedcoop.governance.motions.motion import Settings
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.rolls.roll import (
    Merge,
    RegisterAt,
    eligible_in,
    freeze,
    merged,
    pseudonym,
    roll_hash,
    roll_lines,
)
from fedcoop.kernel.errors import Invalid, MotionRefused
from fedcoop.kernel.ids import MotionId
from tests.unit.governance.samples import OPENS, members

S = MemberStatus
SECRET = b"s" * 32
CLASSES = {name: MemberClass(name, name) for name in ("worker", "user", "friend")}
REGISTER = Register({**CLASSES, "silent": MemberClass("silent", "Silent", 0)}, {"board"}, {"m1", "m2"})


def settings(method: str = "resolution", **words: str) -> Settings:
    return settings_of(METHODS[method], words, grace=timedelta(0))


def people() -> list[Member]:
    """Six members: two workers, two users, a friend of the co-op, one in a class without a vote."""
    classes = ("worker", "worker", "user", "user", "friend", "silent")
    return [replace(m, member_class=name) for m, name in zip(members(6), classes, strict=True)]


def on_roll(rule: Settings, found: list[Member], groups: dict[int, set[str]] | None = None) -> dict[int, int]:
    """The weight of each number on the roll."""
    given: Any = groups or {}
    entries = freeze(MotionId(7), RegisterAt(OPENS, found, {"silent"}, given), rule, SECRET)
    numbers = {pseudonym(SECRET, m.number): m.number for m in found}
    return {numbers[entry.voter]: entry.weight for entry in entries}


def test_everybody_with_a_vote_is_on_the_roll_unless_the_rule_says_otherwise() -> None:
    assert on_roll(settings(), people()) == {1: 1, 2: 1, 3: 1, 4: 1, 5: 1}


@pytest.mark.parametrize("status", list(S))
def test_only_statuses_with_a_vote_are_on_a_roll(status: MemberStatus) -> None:
    found = [replace(people()[0], status=status)]
    assert bool(on_roll(settings(), found)) == (status in (S.FULL, S.LEAVING))
    trial = settings(statuses="full, probation")
    assert bool(on_roll(trial, found)) == (status in (S.FULL, S.PROBATION))


@pytest.mark.parametrize("status", list(S))
def test_whose_status_lost_its_vote_after_the_snapshot_cannot_cast_any_more(status: MemberStatus) -> None:
    (entry,) = freeze(MotionId(7), RegisterAt(OPENS, people()[:1]), settings(), SECRET)
    assert (entitled(entry, status) is entry) == (status in (S.FULL, S.LEAVING))
    trial = ElectorateRule(statuses=frozenset({S.FULL, S.PROBATION}))
    assert (entitled(entry, status, trial) is entry) == (status in (S.FULL, S.LEAVING, S.PROBATION))


def test_classes_groups_and_names_narrow_the_roll_together() -> None:
    groups = {2: {"board"}, 3: {"board", "shop"}}
    assert set(on_roll(settings(classes="worker"), people())) == {1, 2}
    assert set(on_roll(settings(groups="board"), people(), groups)) == {2, 3}
    assert set(on_roll(settings(groups="board", classes="worker"), people(), groups)) == {2}
    assert set(on_roll(settings(members="m1, m3"), people())) == {1, 3}
    assert on_roll(settings(members="m1", classes="user"), people()) == {}


def test_days_of_membership_are_counted_to_the_record_date() -> None:
    old, new = people()[0], people()[1]
    old = replace(old, joined_at=OPENS - timedelta(days=30))
    new = replace(new, joined_at=OPENS - timedelta(days=30) + timedelta(microseconds=1))
    assert set(on_roll(settings(min_days="30"), [old, new])) == {1}
    assert set(on_roll(settings(), [old, new])) == {1, 2}


def test_good_standing_is_asked_only_where_the_rule_does() -> None:
    late = [replace(people()[0], arrears_since=OPENS), replace(people()[1], arrears_since=OPENS + timedelta(days=1))]
    assert set(on_roll(settings(good_standing="on"), late)) == {2}
    assert set(on_roll(settings(), late)) == {1, 2}


def test_guests_are_on_the_roll_without_a_vote() -> None:
    rule = settings(guests="friend, silent", classes="worker")
    found = on_roll(rule, people())
    assert found == {1: 1, 2: 1, 5: 0, 6: 0}
    entries = freeze(MotionId(7), RegisterAt(OPENS, people(), {"silent"}), rule, SECRET)
    assert eligible_in(entries) == 2
    assert roll_hash(roll_lines(entries)) == roll_hash(list(reversed(roll_lines(entries))))


def test_weights_stand_on_the_roll_by_class() -> None:
    words = {"weights": "worker=3", "weight_reference": "article 12", "ignored_for": "special"}
    assert on_roll(settings(**words), people()) == {1: 3, 2: 3, 3: 1, 4: 1, 5: 1}
    assert set(on_roll(settings(**words, preset="special"), people()).values()) == {1}


def test_a_rule_survives_storing() -> None:
    rule = settings(
        classes="worker",
        groups="board",
        members="m1",
        guests="friend",
        statuses="full, probation",
        min_days="30",
        good_standing="on",
        record_date="2026-02-01T00:00:00Z",
    ).electorate
    assert electorate_of(electorate_to_json(rule)) == rule
    assert electorate_to_json(ElectorateRule()) == {}
    assert settings(statuses="").electorate == ElectorateRule()


FINE = {"classes": "worker", "groups": "board", "members": "m1", "guests": "friend"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"classes": "baker"}, "classes"),
        ({"classes": "silent"}, "classes"),
        ({"guests": "baker"}, "guests"),
        ({"guests": "worker"}, "guests"),
        ({"groups": "shop"}, "groups"),
        ({"members": "m1, m9"}, "members"),
        ({"statuses": "full, suspended"}, "statuses"),
        ({"record_date": "2026-03-01T09:00:01Z"}, "record_date"),
        ({"live_electorate": "on"}, "live_electorate"),
    ],
)
def test_rules_that_give_no_roll_are_refused_by_name(words: dict[str, str], code: str) -> None:
    good = settings(**FINE, record_date="2026-03-01T09:00:00Z")
    check_electorate(good.electorate, REGISTER, opens_at=OPENS, binding=True)
    rule = settings(**{**FINE, **words}).electorate
    with pytest.raises(MotionRefused) as refused:
        check_electorate(rule, REGISTER, opens_at=OPENS, binding=True)
    assert refused.value.code == code


def test_a_live_electorate_is_for_votes_that_bind_nobody_and_has_no_record_date() -> None:
    rule = ElectorateRule(live=True)
    check_electorate(rule, REGISTER, opens_at=OPENS, binding=False)
    with pytest.raises(MotionRefused) as refused:
        check_electorate(replace(rule, record_date=OPENS), REGISTER, opens_at=OPENS, binding=False)
    assert refused.value.code == "record_date"


@pytest.mark.parametrize("word", ["retired", "Full"])
def test_an_unknown_status_is_refused(word: str) -> None:
    with pytest.raises(MotionRefused) as refused:
        settings(statuses=word)
    assert refused.value.code == "statuses"


@pytest.mark.parametrize(
    ("secret", "kept", "dropped", "verdict"),
    [
        (False, True, True, Merge.OWN_STANDS),
        (False, True, False, Merge.OWN_STANDS),
        (False, False, True, Merge.MOVES),
        (False, False, False, Merge.OWN_STANDS),
        (True, True, True, Merge.ANNUL),
        (True, False, True, Merge.MOVES),
        (True, True, False, Merge.OWN_STANDS),
    ],
)
def test_what_the_kept_number_said_stands_and_a_secret_double_annuls(
    secret: bool, kept: bool, dropped: bool, verdict: Merge
) -> None:
    assert merged(secret=secret, kept_voted=kept, dropped_voted=dropped) is verdict


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": "Big Bakers"}, "class-name"),
        ({"weight": -1}, "class-weight"),
        ({"weight": 1001}, "class-weight"),
        ({"share": 0}, "class-share"),
        ({"weight": 2, "reference": ""}, "class-reference"),
    ],
)
def test_a_class_that_cannot_be_is_refused(change: dict[str, Any], code: str) -> None:
    fine = MemberClass("bakers", "Bakers", 2, reference="article 12")
    check_class(fine)
    with pytest.raises(Invalid) as refused:
        check_class(replace(fine, **change))
    assert refused.value.code == code


def test_a_group_has_a_short_name() -> None:
    check_group(Group("board", "The board"))
    with pytest.raises(Invalid) as refused:
        check_group(Group("The board", "The board"))
    assert refused.value.code == "group-name"
