"""Places in order of receipt, and the target of a count (governance.md 7.2)."""

from datetime import timedelta
from typing import Any

import pytest

from fedcoop.governance.counting.waiting import Crossing, Places, crossing, places, since
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import MotionRefused
from tests.unit.governance.samples import OPENS, motion


def _at(minutes: int) -> Any:
    return OPENS + timedelta(minutes=minutes)


def _entry(voter: str, choice: str, minutes: int) -> dict[str, Any]:
    return {"type": "ballot", "voter": voter, "choice": [choice], "received_at": rfc3339(_at(minutes))}


def _withdrawn(voter: str, minutes: int) -> dict[str, Any]:
    return {"type": "withdrawal", "voter": voter, "channel": "web", "received_at": rfc3339(_at(minutes))}


def test_places_are_given_in_the_order_of_receipt() -> None:
    answers = [
        ("c", ("accept",), _at(3)),
        ("a", ("accept",), _at(2)),
        ("b", ("decline",), _at(1)),
        ("d", ("accept",), _at(1)),
    ]
    assert places(answers, 2) == Places(("d", "a"), ("c",))
    assert places(answers, 0) == Places(("d", "a", "c"), ())
    assert places(reversed(answers), 2) == places(answers, 2)


def test_a_withdrawal_promotes_the_first_who_waits() -> None:
    log = [
        {"type": "open"},
        _entry("a", "accept", 1),
        _entry("b", "accept", 2),
        _entry("c", "accept", 3),
        _entry("d", "accept", 4),
    ]
    assert places(since(log), 2) == Places(("a", "b"), ("c", "d"))
    for gone in (_withdrawn("a", 5), _entry("a", "decline", 5)):
        assert places(since([*log, gone]), 2) == Places(("b", "c"), ("d",))


def test_who_answers_the_same_again_keeps_the_turn_and_who_left_and_came_back_does_not() -> None:
    log = [_entry("a", "accept", 1), _entry("b", "accept", 2)]
    assert places(since([*log, _entry("a", "accept", 9)]), 1) == Places(("a",), ("b",))
    assert places(since([*log, _entry("a", "decline", 8), _entry("a", "accept", 9)]), 1) == Places(("b",), ("a",))
    assert places(since([*log, _withdrawn("a", 8), _entry("a", "accept", 9)]), 1) == Places(("b",), ("a",))


@pytest.mark.parametrize(
    ("before", "after", "target", "crossed"),
    [
        (2, 3, 3, Crossing(reached=True, accepts=3)),
        (3, 4, 3, None),
        (3, 2, 3, Crossing(reached=False, accepts=2)),
        (2, 2, 3, None),
        (2, 3, 0, None),
    ],
)
def test_the_target_is_crossed_once_each_way(before: int, after: int, target: int, crossed: Crossing | None) -> None:
    assert crossing(before, after, target) == crossed


@pytest.mark.parametrize(
    ("settings", "code"),
    [({"target": "0"}, "target"), ({"capacity": "0"}, "capacity"), ({"target": "9", "capacity": "8"}, "target")],
)
def test_a_target_and_a_capacity_that_cannot_be_are_refused(settings: dict[str, str], code: str) -> None:
    motion("opt_in", target="8", capacity="8")
    with pytest.raises(MotionRefused) as refused:
        motion("opt_in", **settings)
    assert refused.value.code == code
    assert not METHODS["opt_in"].binding
