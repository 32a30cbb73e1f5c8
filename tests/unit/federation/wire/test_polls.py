"""Polls as the servers of the fediverse write them, each read to one meaning; and whatever else comes, read or refused.

The documents are written here in the manner of each program: which members it sends, of which type, under which names.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedcoop.actions.fediverse.mirrors import SeenMotion
from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.federation.wire.polls import MAX_COUNT, count, parse_question
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.errors import MalformedActivity
from fedcoop.kernel.ids import ActorId, RemoteMotionId
from fedcoop.storage.records import RemoteMotion, wire_names

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
LATER, BEFORE = rfc3339(NOW + timedelta(days=2)), rfc3339(NOW - timedelta(hours=1))
PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
ANA = "https://social.example/users/ana"
TEA, COFFEE = "Tea", "Coffee"


def answer(name: str, votes: Any, **more: Any) -> dict[str, Any]:
    return {"type": "Note", "name": name, "replies": {"type": "Collection", "totalItems": votes}, **more}


def poll(**members: Any) -> dict[str, Any]:
    """A poll of Ana's with what every server sends."""
    base = {
        "id": f"{ANA}/polls/1", "type": "Question", "attributedTo": ANA, "to": [PUBLIC], "cc": [f"{ANA}/followers"],
        "content": "<p>What to drink?</p>", "published": rfc3339(NOW - timedelta(days=1)),
    }  # fmt: skip
    return {**base, **members}


def without(document: dict[str, Any], *keys: str) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def two(first: Any = 3, second: Any = 1, **more: Any) -> list[dict[str, Any]]:
    return [answer(TEA, first, **more), answer(COFFEE, second, **more)]


@dataclass(frozen=True)
class Said:
    """What a document means."""

    votes: list[int | None] = field(default_factory=lambda: [3, 1])
    voters: int | None = 4
    names: list[str] = field(default_factory=lambda: [TEA, COFFEE])
    multiple: bool = False
    over: bool = False
    public: bool | None = True


def mirrored(seen: SeenMotion) -> RemoteMotion:
    """The poll as it would be kept now."""
    return RemoteMotion(
        id=RemoteMotionId(1), uuid="1", uri=seen.uri, actor_id=ActorId(1), url=seen.url, title=seen.title,
        content=seen.content, options=seen.options, multiple=seen.multiple, ends_at=seen.ends_at,
        closed_at=seen.closed_since(NOW), voters_count=seen.voters_count, motion=seen.motion, outcome=None,
        outcome_html="", published_at=seen.published_at, updated_at=seen.updated_at, said_at=NOW, received_at=NOW, deleted_at=None,
    )  # fmt: skip


def said(document: dict[str, Any]) -> Said:
    seen = seen_motion(document)
    votes, names = [o["votes"] for o in seen.options], wire_names(seen.options)
    over = mirrored(seen).is_over(NOW)
    return Said(votes, seen.voters_count, names, seen.multiple, over, seen.public)


OPEN, MANY, NO_VOTERS = Said(), Said(multiple=True), Said(voters=None)
KINDS: dict[str, tuple[dict[str, Any], Said]] = {
    "Mastodon, open": (poll(oneOf=two(), endTime=LATER, votersCount=4, atomUri=f"{ANA}/polls/1", sensitive=False), OPEN),
    "Mastodon, several answers": (poll(anyOf=two(), endTime=LATER, votersCount=3), Said(voters=3, multiple=True)),
    "Mastodon, totals hidden": (poll(oneOf=two(None, None), endTime=LATER, votersCount=4), Said([None, None])),
    "Mastodon, over": (poll(oneOf=two(), endTime=BEFORE, closed=BEFORE, votersCount=4), Said(over=True)),
    "Mastodon before 2.9.3, without voters": (poll(oneOf=two(), endTime=LATER), NO_VOTERS),
    "glitch-soc, unlisted": (
        poll(oneOf=two(), endTime=LATER, votersCount=4, to=[f"{ANA}/followers"], cc=[PUBLIC]), OPEN,
    ),
    "Hometown, followers only": (
        poll(oneOf=two(), endTime=LATER, votersCount=4, to=[f"{ANA}/followers"], cc=[]), Said(public=False),
    ),
    "GoToSocial, one address as a text": (poll(oneOf=two(), endTime=LATER, votersCount=4, to=PUBLIC), OPEN),
    "GoToSocial, one answer as an object": (
        poll(oneOf=answer(TEA, 4), endTime=LATER, votersCount=4), Said([4], 4, [TEA]),
    ),
    "GoToSocial, over before its end": (
        poll(oneOf=two(), endTime=LATER, closed=BEFORE, votersCount=4), Said(over=True),
    ),
    "the year 1 for none, as Go writes it": (
        poll(oneOf=two(), endTime=LATER, closed="0001-01-01T00:00:00Z", votersCount=4), OPEN,
    ),
    "Pleroma, closed set from the start": (
        poll(oneOf=two(), endTime=LATER, closed=LATER, votersCount=4, actor=ANA, voters=[]), OPEN,
    ),
    "Pleroma, without an offset": (
        poll(oneOf=two(), closed=LATER.removesuffix("Z") + ".123456", actor=ANA), NO_VOTERS,
    ),
    "Akkoma, over": (poll(anyOf=two(), closed=BEFORE, endTime=BEFORE, votersCount=4), Said(multiple=True, over=True)),
    "Akkoma, an empty list of the other kind": (poll(oneOf=two(), anyOf=[], closed=LATER, votersCount=4), OPEN),
    "Misskey, open": (
        poll(oneOf=[answer(TEA, 3, _misskey_votes=3), answer(COFFEE, 1, _misskey_votes=1)], endTime=LATER), NO_VOTERS,
    ),
    "Misskey, over": (poll(anyOf=two(), closed=BEFORE), Said(voters=None, multiple=True, over=True)),
    "Misskey, without end": (poll(oneOf=two(), _misskey_content="What to drink?"), NO_VOTERS),
    "Sharkey": (poll(oneOf=two(), endTime=LATER, source={"content": "?", "mediaType": "text/x.misskeymarkdown"}), NO_VOTERS),
    "Iceshrimp": (poll(anyOf=two(), endTime=LATER, votersCount=4), MANY),
    "Firefish, null where it has nothing": (
        poll(oneOf=two(), endTime=LATER, closed=None, votersCount=None, inReplyTo=None, summary=None), NO_VOTERS,
    ),
    "Bonfire, the activity itself": (
        without(poll(oneOf=two(), endTime=LATER, actor=ANA), "attributedTo"), NO_VOTERS,
    ),
    "Friendica, types in a list": (
        poll(type=["Question"], oneOf=two(), endTime=LATER, votersCount=4, diaspora={"guid": "1"}), OPEN,
    ),
    "counts as text, as untyped programs send them": (poll(oneOf=two("3", "1"), endTime=LATER, closed=LATER), NO_VOTERS),
    "counts as floats": (poll(anyOf=two(3.0, "1.0"), endTime=LATER, votersCount=4.0), MANY),
    "Hubzilla, with closed for the end": (poll(oneOf=two(), endTime=LATER, closed=LATER, actor=ANA, tag=[]), NO_VOTERS),
    "Mitra": (poll(oneOf=two(), endTime=LATER, updated=BEFORE), NO_VOTERS),
    "Smithereen, the question as name": (
        poll(name="What to drink?", content=None, endTime=LATER, votersCount=4, nonAnonymous=True,
             oneOf=[answer(TEA, 3, id=f"{ANA}/polls/1/options/1"), answer(COFFEE, 1, id=f"{ANA}/polls/1/options/2")]),
        OPEN,
    ),
    "Pixelfed": (poll(oneOf=two(), endTime=LATER, votersCount=4, commentsEnabled=True, attachment=[]), OPEN),
    "PieFed, in a community": (
        poll(anyOf=two(), endTime=LATER, votersCount=4, name="Drinks", audience="https://forum.example/c/drinks"), MANY,
    ),
    "Lemmy, addressed by audience too": (
        poll(oneOf=two(), endTime=LATER, to=["https://forum.example/c/drinks", PUBLIC], audience="https://forum.example/c/drinks"),
        NO_VOTERS,
    ),
    "NodeBB": (poll(oneOf=two(), endTime=LATER, votersCount=4, context="https://forum.example/topic/1"), OPEN),
    "Takahe, an hour that is none": (
        poll(oneOf=two(), endTime=LATER, closed="2023-01-01T26:04:45Z", votersCount=4), OPEN,
    ),
    "NeoDB": (poll(anyOf=two(), endTime=LATER, votersCount=4), MANY),
    "Hollo by Fedify, closed as yes": (poll(oneOf=two(), endTime=LATER, closed=True, votersCount=4), Said(over=True)),
    "Fedify, closed as no": (poll(oneOf=two(), endTime=LATER, closed=False, votersCount=4), OPEN),
    "ActivityStreams, closed by an object": (
        poll(oneOf=two(), closed={"type": "Tombstone", "deleted": BEFORE}), Said(voters=None, over=True),
    ),
    "ActivityStreams, replies told one by one": (
        poll(oneOf=[answer(TEA, 1) | {"replies": {"type": "Collection", "totalItems": 1, "items": [{"id": "x"}]}}]),
        Said([1], None, [TEA]),
    ),
    "ActivityStreams, answers without counts": (
        poll(oneOf=[{"type": "Note", "name": TEA}, {"type": "Note", "name": COFFEE}]), Said([None, None], None),
    ),
    "ActivityStreams, answers only by language": (
        poll(oneOf=[{"type": "Note", "nameMap": {"en": TEA}}, {"type": "Note", "nameMap": {"en": COFFEE}}]),
        Said([None, None], None),
    ),
    "answers in content": (
        poll(oneOf=[{"type": "Note", "content": TEA, "replies": {"totalItems": 3}}, {"content": COFFEE, "replies": 1}]),
        NO_VOTERS,
    ),
    "replies as a number": (poll(oneOf=[answer(TEA, 0) | {"replies": 3}, answer(COFFEE, 0) | {"replies": "1"}]), NO_VOTERS),
    "Epicyon": (poll(oneOf=two(), endTime=LATER, votersCount=4, rejectReplies=False, ignores={}), OPEN),
    "Ktistec": (poll(oneOf=two(), endTime=LATER, votersCount=4, closed=None), OPEN),
    "microblog.pub": (poll(oneOf=two(), endTime=LATER, closed=LATER), NO_VOTERS),
    "Wafrn": (poll(anyOf=two(), endTime=LATER, quotes=[]), Said(voters=None, multiple=True)),
    "answers as bare texts": (poll(oneOf=[TEA, COFFEE], endTime=LATER), Said([None, None], None)),
    "a bridge, with both kinds": (poll(oneOf=two(), anyOf=two(9, 9), endTime=LATER, votersCount=4), OPEN),
    "a bot of five lines, for nobody": (without(poll(oneOf=two()), "to", "cc"), Said(voters=None, public=None)),
    "another instance of ours, over by its state": (
        poll(oneOf=two(), endTime=LATER, votersCount=4, **{"coop:motion": {"type": "coop:Motion", "coop:state": "closed"}}),
        Said(over=True),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_a_poll_of_every_kind_of_server_means_what_its_author_meant(kind: str) -> None:
    document, meaning = KINDS[kind]
    assert said(document) == meaning


@pytest.mark.parametrize(
    ("ends", "closed", "closes_at"),
    [
        (2, None, 2), (None, 2, 2), (2, 3, 2), (3, 2, 2), (3, -1, -1), (-1, 3, -1), (-2, -1, -2), (None, None, None),
    ],
)  # fmt: skip
def test_voting_lasts_until_the_earlier_of_the_two_ends(
    ends: int | None, closed: int | None, closes_at: int | None
) -> None:
    at = {None: None, **{day: NOW + timedelta(days=day) for day in (-2, -1, 2, 3)}}
    document = poll(oneOf=two(), **{k: rfc3339(at[v]) for k, v in (("endTime", ends), ("closed", closed)) if at[v]})
    motion = mirrored(seen_motion(document))
    assert motion.closes_at == at[closes_at]
    for day in (-3, -2, -1, 0, 2, 3, 4):
        assert motion.is_over(NOW + timedelta(days=day, seconds=1)) == (closes_at is not None and day >= closes_at)


def test_a_closed_poll_without_an_instant_closed_when_it_ended_or_when_we_heard() -> None:
    assert mirrored(seen_motion(poll(oneOf=two(), closed=True))).closed_at == NOW
    assert mirrored(seen_motion(poll(oneOf=two(), closed=True, endTime=LATER))).closed_at == NOW
    assert rfc3339(mirrored(seen_motion(poll(oneOf=two(), closed=True, endTime=BEFORE))).closed_at or NOW) == BEFORE
    for garbage in ("", "soon", 0, 1, [], [True], "false", "9999-12-31T23:59:59Z"):
        assert mirrored(seen_motion(poll(oneOf=two(), closed=garbage))).closes_at is None, garbage


@pytest.mark.parametrize(
    ("told", "number"),
    [
        (0, 0), (3, 3), ("3", 3), (3.0, 3), ("3.0", 3), (" 12 ", 12), (MAX_COUNT, MAX_COUNT), (MAX_COUNT + 1, None),
        (-1, None), ("-1", None), (3.5, None), ("3.5", None), (1e300, None), ("1e3", None), (True, None), (None, None),
        ([3], None), ({"totalItems": 3}, None), ("", None), ("three", None), ("9" * 400, None), ("\u0663", None),
    ],
)  # fmt: skip
def test_a_count_is_a_whole_number_in_any_spelling_or_untold(told: Any, number: int | None) -> None:
    assert count(told) == number
    assert [o.votes for o in parse_question(poll(oneOf=two(told, 1))).options] == [number, 1]
    assert parse_question(poll(oneOf=two(), votersCount=told)).voters_count == number


def test_a_vote_names_the_answer_by_its_very_words_and_we_show_harmless_ones() -> None:
    raws = ["  Tea ", "Cafe\u0301", "\u202eMilk", "Oat \u200b\u200b milk", "<b>Water</b>", "\u200b\u200b"]
    seen = seen_motion(poll(oneOf=[answer(raw, 1) for raw in raws]))
    assert wire_names(seen.options) == raws
    assert [o["name"] for o in seen.options] == ["Tea", "Caf\u00e9", "Milk", "Oat milk", "<b>Water</b>", "Answer 6"]
    from_content = seen_motion(poll(oneOf=[{"content": "<p>Tea &amp; milk</p>"}]))
    assert (wire_names(from_content.options), from_content.options[0]["name"]) == (
        ["<p>Tea &amp; milk</p>"],
        "Tea & milk",
    )


def test_answers_of_one_name_are_all_kept_and_told_apart_by_nobody() -> None:
    twins = mirrored(seen_motion(poll(oneOf=[answer("Tea", 1), answer("Tea ", 2), answer("Water", 3)])))
    assert [o["votes"] for o in twins.options] == [1, 2, 3]
    assert twins.has_twins
    assert not mirrored(seen_motion(poll(oneOf=two()))).has_twins


def test_what_is_beyond_the_fiftieth_answer_is_cut() -> None:
    for number in (50, 51, 400):
        assert len(seen_motion(poll(anyOf=[answer(f"A{n}", n) for n in range(number)])).options) == 50


@pytest.mark.parametrize(
    "document",
    [
        poll(), poll(oneOf=[]), poll(oneOf=None, anyOf=None), poll(oneOf=[3, None, [], {}]), poll(oneOf=[{"type": "Note"}]),
        poll(oneOf=["https://social.example/answers/1"]), poll(oneOf=[answer("x" * 2001, 1), answer("Tea", 1)]),
        poll(oneOf=two(), id=None), poll(oneOf=two(), attributedTo=None), poll(oneOf=two(), content="x" * 200_000),
        poll(type="Note"),
    ],
)  # fmt: skip
def test_what_is_no_poll_is_refused_with_a_code(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedActivity) as refused:
        seen_motion(document)
    assert refused.value.code in {"question-options", "note-id", "note-author", "note-long"}


_scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from([LATER, PUBLIC, ANA])
)
_keys = st.sampled_from(["type", "name", "nameMap", "content", "contentMap", "replies", "totalItems", "id", "items"])
_values = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=5), max_leaves=12
)
_MEMBERS = ("oneOf", "anyOf", "endTime", "closed", "votersCount", "attributedTo", "actor", "to", "cc", "content", "name", "id",
            "type", "coop:motion", "url", "published", "updated")  # fmt: skip


@given(members=st.dictionaries(st.sampled_from(_MEMBERS), _values, max_size=8))
@example(members={"oneOf": two(float("nan"), float("inf"))})
@example(members={"oneOf": [{"name": "Tea", "replies": [[3]]}], "coop:motion": []})
@settings(max_examples=400, deadline=None)
def test_any_json_in_a_poll_gives_a_valid_value_or_a_refusal(members: dict[str, Any]) -> None:
    document = poll(oneOf=two()) | members
    try:
        motion = mirrored(seen_motion(document))
    except MalformedActivity:
        return
    assert all(o["name"] and (o["votes"] is None or 0 <= o["votes"] <= MAX_COUNT) for o in motion.options)
    assert all(wire_names(motion.options))
    assert motion.options or isinstance(document["coop:motion"], dict)
    assert motion.voters_count is None or 0 <= motion.voters_count <= MAX_COUNT
    assert isinstance(motion.is_over(NOW), bool)
    assert isinstance(motion.has_twins, bool)
