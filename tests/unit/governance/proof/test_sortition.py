"""Sortition: the vectors of governance.md 12, places by stratum, who is invited next, what is refused."""

import hmac
import json
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.governance.proof import sortition
from fedcoop.governance.proof.sortition import Answer, Invitation, Person, Sortition
from fedcoop.kernel.errors import Conflict, Invalid

VECTOR: dict[str, Any] = json.loads((Path(__file__).parents[3] / "vectors/governance/lots.json").read_text())[
    "sortition"
]
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def id_of(name: str) -> str:
    return str(VECTOR["id"]).replace("NAME", name)


def announced(places: int = 3, strata: dict[str, str] | None = None) -> Sortition:
    pool = tuple(Person(id_of(name), (strata or {}).get(name, "")) for name in reversed(VECTOR["names"]))
    sizes = Counter(person.stratum for person in pool)
    return sortition.announced(
        Sortition(
            uuid="7",
            title="Review board",
            pool=pool,
            strata=sortition.shared_places(places, sizes, {}),
            source="Lottery of 2 March",
            value_at=NOW + timedelta(days=1),
            announced_at=NOW,
        )
    )


def drawn(found: Sortition) -> Sortition:
    return sortition.drawn(found, VECTOR["value"], found.value_at)


def invited(*answers: tuple[Person, Answer], at: datetime = NOW) -> list[Invitation]:
    return [Invitation(n, person.id, person.stratum, said, at) for n, (person, said) in enumerate(answers, start=1)]


def test_hash_seed_and_order_are_those_of_the_vector() -> None:
    found = drawn(announced())
    assert found.roll_hash == VECTOR["roll_hash"]
    assert found.seed.hex() == VECTOR["seed"]
    order = sortition.order(found)
    assert [person.id for person in order[:5]] == [id_of(name) for name, _ in VECTOR["hmac"]]
    for name, begin in VECTOR["hmac"]:
        assert hmac.digest(found.seed, id_of(name).encode(), "sha256").hex().startswith(begin)
    assert Counter(order) == Counter(found.pool)


def test_places_are_shared_by_largest_remainder_after_the_minima() -> None:
    strata, sizes = VECTOR["strata"], VECTOR["strata"]["sizes"]
    without = sortition.shared_places(strata["places"], sizes, {})
    assert {item.name: item.places for item in without} == strata["without"]
    minima = dict.fromkeys(sizes, strata["minimum"])
    assert {item.name: item.places for item in sortition.shared_places(strata["places"], sizes, minima)} == strata[
        "with"
    ]


@given(sizes=st.dictionaries(st.sampled_from("abcde"), st.integers(1, 40), min_size=1), data=st.data())
def test_places_add_up_within_the_sizes_and_above_the_minima(sizes: dict[str, int], data: st.DataObject) -> None:
    places = data.draw(st.integers(1, sum(sizes.values())))
    minima: dict[str, int] = {}
    for name, size in sizes.items():
        minima[name] = data.draw(st.integers(0, min(size, places - sum(minima.values()))))
    found = sortition.shared_places(places, sizes, minima)
    assert sum(item.places for item in found) == places
    assert all(minima[item.name] <= item.places <= sizes[item.name] for item in found)
    shuffled = dict(data.draw(st.permutations(list(sizes.items()))))
    assert sortition.shared_places(places, shuffled, minima) == found


def test_the_first_are_invited_and_after_a_refusal_or_silence_the_next() -> None:
    found = drawn(announced())
    order = sortition.order(found)
    assert sortition.to_invite(found, []) == order[:3]
    first = [(person, Answer.WAITING) for person in order[:3]]
    assert sortition.to_invite(found, invited(*first)) == ()
    for said in (Answer.REFUSED, Answer.SILENT):
        after = invited((order[0], said), *first[1:])
        assert sortition.to_invite(found, after) == order[3:4]
        assert sortition.declined(after) == 1
    everybody = invited(*((person, Answer.REFUSED) for person in order))
    assert sortition.to_invite(found, everybody) == ()


def test_a_place_goes_to_the_next_of_the_same_stratum() -> None:
    strata = {name: "workers" if name in ("ana", "bo", "cy") else "users" for name in VECTOR["names"]}
    found = drawn(announced(4, strata))
    assert {item.name: item.places for item in found.strata} == {"users": 3, "workers": 1}
    order = sortition.order(found)
    workers = [person for person in order if person.stratum == "workers"]
    first = sortition.to_invite(found, [])
    assert Counter(person.stratum for person in first) == {"users": 3, "workers": 1}
    answers = [(person, Answer.REFUSED if person == workers[0] else Answer.ACCEPTED) for person in first]
    assert sortition.to_invite(found, invited(*answers)) == (workers[1],)


def test_seven_days_without_an_answer_are_silence() -> None:
    people = announced().pool
    waiting = invited((people[0], Answer.WAITING), (people[1], Answer.ACCEPTED))
    assert sortition.silent(waiting, NOW + timedelta(days=7) - timedelta(seconds=1)) == ()
    assert sortition.silent(waiting, NOW + timedelta(days=7)) == (waiting[0],)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"title": " "}, "title"),
        ({"source": ""}, "source"),
        ({"value_at": NOW}, "value_at"),
        ({"pool": (Person("a"), Person("a"))}, "pool"),
    ],
)
def test_what_cannot_be_announced_is_refused(change: dict[str, Any], code: str) -> None:
    found = announced()
    with pytest.raises(Invalid) as refused:
        sortition.announced(replace(found, **change))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("places", "minima", "code"),
    [
        (0, {}, "places"),
        (11, {}, "places"),
        (5, {"c": 1}, "strata"),
        (5, {"a": 8}, "strata"),
        (3, {"a": 2, "b": 2}, "strata"),
    ],
)
def test_places_that_cannot_be_are_refused(places: int, minima: dict[str, int], code: str) -> None:
    sizes = {"a": 7, "b": 3}
    sortition.shared_places(5, sizes, {"a": 2, "b": 2})
    with pytest.raises(Invalid) as refused:
        sortition.shared_places(places, sizes, minima)
    assert refused.value.code == code


def test_a_value_comes_once_and_not_before_its_time() -> None:
    found = announced()
    with pytest.raises(Conflict) as undrawn:
        sortition.order(found)
    with pytest.raises(Conflict) as early:
        sortition.drawn(found, "1", found.value_at - timedelta(seconds=1))
    with pytest.raises(Conflict) as twice:
        sortition.drawn(drawn(found), "1", found.value_at)
    assert [error.value.code for error in (undrawn, early, twice)] == [
        "sortition-undrawn",
        "sortition-early",
        "sortition-drawn",
    ]
    for value in ("", "1\n2", "x" * 501):
        with pytest.raises(Invalid) as refused:
            sortition.drawn(found, value, found.value_at)
        assert refused.value.code == "value"
