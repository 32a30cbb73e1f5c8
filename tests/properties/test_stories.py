"""Whatever order a story comes in, however often, and whoever brings copies of it: it ends in one state (federation.md 8.1)."""

from collections.abc import Callable, Iterator
from itertools import permutations
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.properties.stories import AS2, PUBLIC, Cast, Delivery, Step, Story, World, act


def node(state: str) -> dict[str, Any]:
    return {"coop:motion": {"type": "coop:Motion", "coop:state": state}}


def final_poll(cast: Cast) -> list[dict[str, Any]]:
    return [cast.poll(24, closed=cast.at(4), **node("decided"))]


def ours(cast: Cast) -> str:
    return cast.single.url


ASKED = act("birch", 0, "Create", lambda c: c.poll())
THREE = act("birch", 1, "Update", lambda c: c.poll(3), id_="numbers")
MORE = act("birch", 2, "Update", lambda c: c.poll(24), id_="numbers")
CLOSED = act("birch", 4, "Update", lambda c: c.poll(24, closed=c.at(4), **node("decided")), id_="numbers")
CARRIED = act("birch", 5, "Create", lambda c: c.outcome(5, "carried"))
ANNULLED = act("birch", 6, "Create", lambda c: c.outcome(6, "annulled"))
VOID = act("birch", 6, "Update", lambda c: c.poll(24, closed=c.at(4), **node("annulled")), id_="void")

WROTE = act("ana", 0, "Create", lambda c: c.reply("First"))
EDITED = act("ana", 1, "Update", lambda c: c.reply("Second", updated=c.at(1)), id_="edits")
AGAIN = act("ana", 2, "Update", lambda c: c.reply("Third", updated=c.at(2)), id_="edits")
UNDATED = act("ana", 1, "Update", lambda c: c.reply("Second"), id_="edits")
UNDATED_AGAIN = act("ana", 2, "Update", lambda c: c.reply("Third"), id_="edits")
DELETED = act("ana", 3, "Delete", lambda c: f"{c.ana}/notes/1")

FOR = act("ana", 0, "Create", lambda c: c.mark(1, "For", c.single), id_="v1")
AGAINST = act("ana", 1, "Create", lambda c: c.mark(2, "Against", c.single), id_="v2")
TAKEN_BACK = act("ana", 2, "Undo", lambda c: f"{c.ana}/acts/v2")
RYE = act("ana", 0, "Create", lambda c: c.mark(1, "Rye", c.several), id_="m1")
OATS = act("ana", 1, "Create", lambda c: c.mark(2, "Oats", c.several), id_="m2")
NO_RYE = act("ana", 3, "Delete", lambda c: {"id": f"{c.ana}#votes/1", "type": "Tombstone"})
NO_OATS = act("ana", 4, "Undo", lambda c: {"id": f"{c.ana}/acts/m2", "type": "Create", "actor": c.ana})


def like(minute: int, type_: str = "Like") -> Step:
    return act("ana", minute, type_, ours, id_=f"{type_}{minute}")


def unlike(minute: int, of: int, type_: str = "Like", *, whole: bool = True) -> Step:
    def inner(cast: Cast) -> Any:
        uri = f"{cast.ana}/acts/{type_}{of}"
        return {"id": uri, "type": type_, "actor": cast.ana, "object": ours(cast)} if whole else uri

    return act("ana", minute, "Undo", inner)


def follow(minute: int, id_: str) -> Step:
    return act("ana", minute, "Follow", lambda c: c.coop, id_=id_)


def unfollow(minute: int, of: str, id_: str = "", *, whole: bool = True) -> Step:
    def inner(cast: Cast) -> Any:
        uri = f"{cast.ana}/acts/{of}"
        return {"id": uri, "type": "Follow", "actor": cast.ana, "object": cast.coop} if whole else uri

    return act("ana", minute, "Undo", inner, id_=id_)


BLOCK = act("ana", 3, "Block", lambda c: c.coop)
UNBLOCK = act("ana", 4, "Undo", lambda c: {"id": f"{c.ana}/acts/3", "type": "Block", "actor": c.ana, "object": c.coop})

STORIES = {
    "a poll whose updates have one id": Story((ASKED, THREE, MORE, CLOSED), final_poll),
    "an outcome and its annulment": Story((ASKED, CARRIED, CLOSED, ANNULLED), final_poll),
    "a poll that is annulled": Story((ASKED, MORE, CLOSED, VOID), lambda c: [VOID.said(c)["object"]]),
    "a poll that is deleted": Story((ASKED, MORE, act("birch", 5, "Delete", lambda c: f"{c.birch}/polls/1"))),
    "an outcome that is deleted": Story(
        (ASKED, CARRIED, ANNULLED, act("birch", 7, "Delete", lambda c: f"{c.birch}/notes/6")), lambda c: [c.poll()]
    ),
    "edits of a reply": Story((WROTE, EDITED, AGAIN), lambda c: [AGAIN.said(c)["object"]]),
    "edits without a date": Story((WROTE, UNDATED, UNDATED_AGAIN), lambda c: [UNDATED_AGAIN.said(c)["object"]]),
    "a reply that is deleted": Story((WROTE, EDITED, DELETED)),
    "a changed vote": Story((FOR, AGAINST), is_voted_on=True),
    "a changed vote that is taken back": Story((FOR, AGAINST, TAKEN_BACK), is_voted_on=True),
    "approvals, some taken back": Story((RYE, OATS, NO_RYE, NO_OATS), is_voted_on=True),
    "a like taken back": Story((like(0), unlike(1, 0))),
    "a like, taken back, and another": Story((like(0), unlike(1, 0, whole=False), like(2))),
    "two likes taken back": Story((like(0), unlike(1, 0), like(2), unlike(3, 2))),
    "a boost taken back": Story((like(0, "Announce"), unlike(1, 0, "Announce"), like(2))),
    "a follow that is undone": Story((follow(0, "f"), unfollow(1, "f", whole=False))),
    "a follow under one id again": Story((follow(0, "f"), unfollow(1, "f", "u"), follow(2, "f"))),
    "a follow under one id, twice undone under one id": Story(
        (follow(0, "f"), unfollow(1, "f", "u"), follow(2, "f"), unfollow(3, "f", "u"))
    ),
    "a follow asked for twice": Story((follow(0, "f"), follow(1, "g"), unfollow(2, "g", whole=False))),
    "a block after a follow": Story((follow(0, "f"), BLOCK, UNBLOCK)),
    "a follow after a block": Story((follow(0, "f"), BLOCK, UNBLOCK, follow(5, "g"))),
}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    found = World()
    yield found
    found.close()


ENDS: dict[str, dict[str, Any]] = {}


def end_of(world: World, name: str) -> dict[str, Any]:
    """What shows of the story told once, in order."""
    if name not in ENDS:
        story = STORIES[name]
        ENDS[name] = world.tell([Delivery(step) for step in story.steps], story)
    return ENDS[name]


@pytest.mark.parametrize("name", STORIES)
def test_every_order_of_a_story_ends_in_one_state(world: World, name: str) -> None:
    story = STORIES[name]
    for order in permutations(story.steps):
        told = world.tell([Delivery(step) for step in order], story)
        assert told == end_of(world, name), [(step.who, step.minute) for step in order]


def by_eve(document: Callable[[Cast], dict[str, Any]]) -> Step:
    """What somebody else says: eve, on ana's own server."""
    return Step("eve", 7, lambda cast: {"@context": AS2, "actor": cast.eve, "to": [PUBLIC], **document(cast)})


STRANGE = (
    by_eve(lambda c: {"id": f"{c.eve}/1", "type": "Update", "object": c.poll(9, closed=c.at(1), updated=c.at(9))}),
    by_eve(lambda c: {"id": f"{c.eve}/2", "type": "Update", "object": c.reply("Mine", updated=c.at(9))}),
    by_eve(lambda c: {"id": f"{c.eve}/3", "type": "Delete", "object": f"{c.ana}/notes/1"}),
    by_eve(lambda c: {"id": f"{c.eve}/4", "type": "Delete", "object": f"{c.ana}#votes/1"}),
    by_eve(lambda c: {"id": f"{c.eve}/5", "type": "Undo", "object": f"{c.ana}/acts/Like0"}),
    by_eve(lambda c: {"id": f"{c.eve}/6", "type": "Undo", "object": f"{c.ana}/acts/f"}),
    by_eve(lambda c: {"id": f"{c.eve}/7", "type": "Create", "object": c.mark(1, "Against", c.single)}),
    by_eve(
        lambda c: {
            "id": f"{c.eve}/8",
            "type": "Create",
            "object": {**c.mark(2, "For", c.single), "attributedTo": c.eve},
        }
    ),
    by_eve(lambda c: {"id": f"{c.eve}/9", "type": "Create", "object": c.outcome(9, "not_carried")}),
    *(
        by_eve(lambda c, name=name, type_=type_: {"id": f"{c.ana}/acts/{name}", "type": type_, "object": c.single.url})
        for name, type_ in (("v1", "Like"), ("f", "Follow"), ("edits", "Announce"), ("1", "Undo"))
    ),
)
DELIVERIES = st.tuples(
    st.integers(0, 3), st.sampled_from(["signature", "proof", "fetch"]), st.booleans(), st.integers(0, 99)
)


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    name=st.sampled_from(sorted(STORIES)),
    order=st.randoms(use_true_random=False),
    again=st.lists(DELIVERIES, max_size=4),
    strange=st.lists(st.tuples(st.sampled_from(STRANGE), st.integers(0, 99)), max_size=3),
)
def test_repetitions_copies_and_strangers_change_nothing(
    world: World, name: str, order: Any, again: Any, strange: Any
) -> None:
    """`again`: a step once more, from its actor or from somebody else, also after we lost all ids that we had seen."""
    story = STORIES[name]
    told = [Delivery(step) for step in story.steps]
    order.shuffle(told)
    for number, proven_by, forgetful, place in again:
        copy = Delivery(story.steps[number % len(story.steps)], proven_by, forgetful)
        told.insert(place % (len(told) + 1), copy)
    for step, place in strange:
        told.insert(place % (len(told) + 1), Delivery(step))
    assert world.tell(told, story) == end_of(world, name), [
        (d.step.who, d.step.minute, d.proven_by, d.forgetful) for d in told
    ]
