"""Which row of the matrix an activity falls under: shape alone, before storage is asked."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from fedcoop.federation.inbox import handlers
from fedcoop.federation.inbox.authorise import MATRIX, row_of
from fedcoop.federation.inbox.contract import received_of
from fedcoop.federation.inbox.process import load_handlers
from fedcoop.storage.records import Inbound
from fedcoop.urls import Urls

NOW = datetime(2026, 3, 1, 10, tzinfo=UTC)
URLS = Urls("https://bread.example")
ANA = "https://social.example/users/ana"
MOTION = "https://bread.example/motions/0b3f8c1e-0000-4000-8000-000000000001"
NOTE = {
    "id": f"{ANA}/notes/1",
    "type": "Note",
    "attributedTo": ANA,
    "content": "<p>Hello</p>",
    "to": [URLS.actor("bread")],
}
VOTE = {
    "id": f"{ANA}#votes/1",
    "type": "Note",
    "attributedTo": ANA,
    "to": URLS.actor("bread"),
    "inReplyTo": MOTION,
    "name": "For",
}
POLL = {
    "id": f"{ANA}/polls/1",
    "type": "Question",
    "attributedTo": ANA,
    "content": "?",
    "oneOf": [{"type": "Note", "name": "Yes"}],
}


def meaning(type_: str, obj: object, *, proven_by: str = "signature", **more: object) -> str | None:
    activity = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": f"{ANA}/act/1",
        "type": type_,
        "actor": ANA,
        **more,
    }
    if obj is not None:
        activity["object"] = obj
    row = Inbound(1, ANA, json.dumps(activity).encode(), proven_by, NOW, NOW, 0)
    found = row_of(received_of(row), URLS)
    return None if found is None else found.meaning


@pytest.mark.parametrize(
    ("type_", "obj", "expected"),
    [
        ("Create", VOTE, "vote"),
        ("Create", [VOTE, {**VOTE, "id": f"{ANA}#votes/2"}], "vote"),
        ("Create", {**VOTE, "type": "Answer"}, "vote"),
        ("Create", NOTE, "note"),
        ("Update", NOTE, "note"),
        ("Create", POLL, "question"),
        ("Update", POLL, "question"),
        ("Create", {**NOTE, "coop:outcome": {"type": "coop:Outcome"}}, "outcome"),
        ("Create", {**NOTE, "coop:motion": {"type": "coop:Motion"}}, "question"),
        ("Follow", URLS.actor("bread"), "follow"),
        ("Accept", URLS.activity("1"), "response"),
        ("Undo", {"id": f"{ANA}/f", "type": "Follow", "actor": ANA, "object": URLS.actor("bread")}, "undo"),
        ("Update", {"id": ANA, "type": "Person"}, "actor"),
        ("Delete", ANA, "actor"),
        ("Move", ANA, "actor"),
        ("Block", URLS.actor("bread"), "actor"),
        ("Delete", {"id": f"{ANA}/notes/1", "type": "Tombstone"}, "delete"),
        ("Like", MOTION, "interaction"),
        ("EmojiReact", MOTION, "interaction"),
        ("Announce", MOTION, "interaction"),
        ("Flag", [MOTION], "flag"),
        ("QuoteRequest", MOTION, "quote"),
    ],
)
def test_an_activity_falls_under_its_row(type_, obj, expected):
    assert meaning(type_, obj) == expected


def test_a_bare_question_is_read_as_the_create_of_that_question():
    assert meaning("Question", None, content="?", oneOf=[{"type": "Note", "name": "Yes"}]) == "question"


@pytest.mark.parametrize(
    ("type_", "obj"),
    [
        ("Create", {**NOTE, "attributedTo": "https://social.example/users/eve"}),
        ("Create", {**NOTE, "attributedTo": [ANA, "https://social.example/users/eve"]}),
        ("Create", {**NOTE, "attributedTo": 7}),
        ("Create", {key: value for key, value in NOTE.items() if key != "attributedTo"}),
        ("Create", {**NOTE, "id": "https://other.example/notes/1"}),
        ("Create", {**NOTE, "id": MOTION}),
        ("Create", {**POLL, "id": MOTION}),
        ("Create", {**NOTE, "type": "coop:Ballot"}),
        ("Update", {**POLL, "attributedTo": URLS.actor("bread")}),
        ("Like", f"{ANA}/notes/1"),
        ("Block", f"{ANA}/notes/1"),
        ("Follow", "https://other.example/users/x"),
        ("Invite", MOTION),
    ],
)
def test_what_the_matrix_does_not_list_is_ignored(type_, obj):
    assert meaning(type_, obj) is None


@pytest.mark.parametrize("type_", ["Follow", "Undo", "Flag", "Block", "Accept"])
@pytest.mark.parametrize("proven_by", ["proof", "fetch"])
def test_what_did_not_come_from_its_actor_is_ignored_where_it_is_privileged(type_, proven_by):
    assert meaning(type_, URLS.actor("bread")) is not None
    assert meaning(type_, URLS.actor("bread"), proven_by=proven_by) is None


def test_a_forwarded_vote_reaches_its_handler_to_be_refused_as_forged():
    assert meaning("Create", VOTE, proven_by="proof") == "vote"


def test_every_meaning_has_its_file_and_every_file_its_row():
    files = {path.stem for path in Path(handlers.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == {row.meaning for row in MATRIX} == set(load_handlers())
