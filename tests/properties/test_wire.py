"""Whatever bytes come in, reading them gives a checked document or MalformedActivity; limits stand beside what just passes."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fedcoop.federation.inbox.seen import seen_motion
from fedcoop.federation.wire import activities, jsonld, objects, polls
from fedcoop.federation.wire.activities import is_vote, parse_activity, poll_votes
from fedcoop.federation.wire.jsonld import MAX_DEPTH, MAX_NODES, MAX_STRING, parse_document
from fedcoop.kernel.errors import MalformedActivity, OriginMismatch
from fedcoop.kernel.html import clean_html, fold_name, plain_text, text_of_html

AS = "https://www.w3.org/ns/activitystreams"
ANA, COOP, POLL = (
    "https://social.example/users/ana",
    "https://bread.example/actors/bread",
    "https://bread.example/motions/42",
)
KEYS = [
    "@context",
    "id",
    "type",
    "actor",
    "object",
    "attributedTo",
    "to",
    "cc",
    "name",
    "content",
    "inReplyTo",
    "oneOf",
    "anyOf",
    "tag",
    "replies",
    "totalItems",
    "endTime",
    "closed",
    "contentMap",
    "publicKey",
    "endpoints",
    "url",
    "preferredUsername",
    "inbox",
    "summary",
    "href",
    "@id",
    "@graph",
    "published",
    "coop:motion",
    "votersCount",
]
texts = st.text(max_size=20) | st.sampled_from(
    [AS, ANA, POLL, "Create", "Note", "Person", "Question", "Answer", "https://[", "https://x:y@h/", "\x00", "\ud800"]
)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(KEYS) | texts, inner, max_size=6),
    max_leaves=20,
)
documents = st.dictionaries(st.sampled_from(KEYS), values, max_size=12)


def code(raw: bytes | dict[str, Any]) -> str:
    """The code that the document is refused with, or nothing."""
    data = raw if isinstance(raw, bytes) else json.dumps({"@context": AS, **raw}).encode()
    try:
        parse_document(data)
    except MalformedActivity as refused:
        return refused.code
    return ""


@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "surrogatepass")))
@example(raw=b"\xef\xbb\xbf{}")
@example(raw=b"[" * 200_000)
@example(raw=b'{"a":' * 100_000)
@example(raw=b'{"@context":"' + AS.encode() + b'","a":1e999}')
@example(raw=b'{"@context":"' + AS.encode() + b'","a":-Infinity}')
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    code(raw)


@given(document=documents)
@settings(max_examples=300, deadline=None)
def test_any_document_is_read_or_refused_by_every_reader(document: dict[str, Any]) -> None:
    try:
        raw = json.dumps({"@context": AS, **document}).encode()
        read = parse_document(raw)
    except (MalformedActivity, UnicodeEncodeError):
        return
    for reader in (parse_activity, objects.parse_actor, objects.parse_note, polls.parse_question, seen_motion):
        try:
            found = reader(read)
        except MalformedActivity:
            continue
        if isinstance(found, activities.Activity):
            poll_votes(found)
            for item in found.embedded:
                activities.trusted_embedded(found, item)
    is_vote(read)
    jsonld.is_public(read.get("to"))
    try:
        jsonld.owner_of(read)
    except OriginMismatch:
        return


@given(text=st.text(max_size=300), length=st.integers(1, 50))
def test_any_text_is_made_plain_and_clean(text: str, length: int) -> None:
    plain = plain_text(text, length)
    assert len(plain) <= length
    assert plain_text(plain, length) == plain
    assert fold_name(fold_name(text)) == fold_name(text)
    cleaned = clean_html(text)
    assert "<script" not in cleaned.lower()
    assert clean_html(cleaned) == cleaned
    text_of_html(text)


# --- limits of section 10, each beside what just passes


def _deep(levels: int) -> dict[str, Any]:
    value: Any = 1
    for _ in range(levels - 1):
        value = {"a": value}
    return {"a": value}


@pytest.mark.parametrize(
    ("fine", "bad", "refusal"),
    [
        (_deep(MAX_DEPTH - 1), _deep(MAX_DEPTH + 1), "json-depth"),
        ({"a": [1] * (MAX_NODES - 2)}, {"a": [1] * MAX_NODES}, "json-nodes"),
        ({"a": "x" * MAX_STRING}, {"a": "x" * (MAX_STRING + 1)}, "json-string"),
        ({"x" * 10: 1}, {"x" * (MAX_STRING + 1): 1}, "json-string"),
        ({"a": 10**18 - 1}, {"a": 10**18}, "json-number"),
        ({"a": -(10**18) + 1}, {"a": -(10**18)}, "json-number"),
        ({"a": 1.5e300}, {"a": float("nan")}, "json-number"),
        ({"a": 1.5e300}, {"a": float("inf")}, "json-number"),
        ({"a": "\u0001"}, {"a": "\u0000"}, "json-string"),
        ({"a": "\U0001f600"}, {"a": "\ud83d"}, "json-string"),
        ({"a": "\U0001f600"}, {"\ude00": 1}, "json-string"),
        ({"a": {"graph": 1}}, {"a": {"@graph": 1}}, "context"),
        ({"a": {"included": 1}}, {"a": [{"@included": 1}]}, "context"),
        ({"id": "x"}, {"id": "x", "@id": "y"}, "context"),
        ({"type": "Note"}, {"o": {"type": "Note", "@type": "Note"}}, "context"),
        ({"@context": [AS, {"toot": "http://joinmastodon.org/ns#"}]}, {"@context": [AS, {"actor": "x"}]}, "context"),
        ({"@context": AS.replace("https", "http")}, {"@context": "https://example.com/"}, "context"),
        ({"@context": AS + "#"}, {"@context": AS + "/"}, "context"),
        ({"@context": [AS]}, {"@context": []}, "context"),
        ({"@context": [AS, {}]}, {"@context": [AS, 5]}, "context"),
        ({"@context": AS}, {"@context": {AS: AS}}, "context"),
    ],
)
def test_each_limit_refuses_what_breaks_it_and_nothing_less(
    fine: dict[str, Any], bad: dict[str, Any], refusal: str
) -> None:
    assert code(fine) == ""
    assert code(bad) == refusal


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b'{"a":1,"a":1}', "json-key-twice"),
        (b'{"o":{"a":1,"\\u0061":2}}', "json-key-twice"),
        (b"[]", "json-object"),
        (b'"x"', "json-object"),
        (b"null", "json-object"),
        (b"", "json"),
        (b"{", "json"),
        (b"{}{}", "json"),
        (b'{"a":"\xff"}', "json"),
        (b'{"a":"\xed\xa0\x80"}', "json"),
        ('{"a":1}'.encode("utf-16"), "json"),
        (b"{'a':1}", "json"),
        (b'{"a":01}', "json"),
        (b"{}", "context"),
    ],
)
def test_what_is_no_json_object_of_ours_is_refused(raw: bytes, refusal: str) -> None:
    assert code(raw) == refusal


def test_an_activity_names_its_type_its_actor_and_not_too_many() -> None:
    fine = {"type": "Create", "actor": ANA, "to": [f"https://x.example/{n}" for n in range(200)]}
    assert len(parse_activity(fine).to) == 200
    for change, refusal in (
        ({"cc": [COOP]}, "audience"),
        ({"type": 5}, "type"),
        ({"type": ""}, "type"),
        ({"actor": None}, "actor"),
        ({"actor": [ANA, COOP]}, "actor"),
        ({"actor": {"name": "ana"}}, "actor"),
        ({"actor": "x" * 2049}, "actor"),
    ):
        with pytest.raises(MalformedActivity) as refused:
            parse_activity({**fine, **change})
        assert refused.value.code == refusal


# --- votes in all listed shapes (12.2)

NOTE = {"id": f"{ANA}#votes/31", "type": "Note", "attributedTo": ANA, "to": COOP, "inReplyTo": POLL, "name": "For"}
CREATE = {"@context": AS, "id": f"{ANA}#votes/31/activity", "type": "Create", "actor": ANA, "to": COOP, "object": NOTE}


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in NOTE.items() if key != name}


@pytest.mark.parametrize(
    ("activity", "names"),
    [
        (CREATE, ["For"]),
        ({**CREATE, "to": [COOP], "object": {**NOTE, "to": [COOP]}}, ["For"]),
        ({**CREATE, "to": [], "cc": [COOP], "context": POLL, "published": "2026-03-01T09:00:00Z"}, ["For"]),
        ({**CREATE, "object": {**NOTE, "to": [], "cc": [COOP], "actor": ANA, "context": POLL}}, ["For"]),
        ({**CREATE, "object": [NOTE, {**NOTE, "id": f"{ANA}#votes/32", "name": "Against"}]}, ["For", "Against"]),
        ({**CREATE, "object": {**NOTE, "type": "Answer"}}, ["For"]),
        ({**CREATE, "object": {**NOTE, "type": ["Note", "Answer"]}}, ["For"]),
        ({**CREATE, "object": {**NOTE, "content": None}}, ["For"]),
        ({**CREATE, "object": {**NOTE, "content": ""}}, ["For"]),
        ({**CREATE, "object": {**NOTE, "content": "<p></p>"}}, ["For"]),
        ({**CREATE, "object": {**NOTE, "published": "2026-03-01T09:00:00Z"}}, ["For"]),
        ({**CREATE, "object": {**NOTE, "inReplyTo": {"id": POLL}}}, ["For"]),
        ({**CREATE, "object": without("id")}, ["For"]),
        ({**CREATE, "object": {**NOTE, "content": "For!"}}, []),
        ({**CREATE, "object": {**NOTE, "name": "  "}}, []),
        ({**CREATE, "object": {**NOTE, "name": ["For"]}}, []),
        ({**CREATE, "object": without("name")}, []),
        ({**CREATE, "object": without("inReplyTo")}, []),
        ({**CREATE, "object": {**NOTE, "type": "Question"}}, []),
        ({**CREATE, "object": NOTE["id"]}, []),
    ],
)
def test_a_vote_is_recognised_in_every_shape_that_servers_send(activity: dict[str, Any], names: list[str]) -> None:
    found = poll_votes(parse_activity(parse_document(json.dumps(activity).encode())))
    assert [vote.name for vote in found] == names
    assert all((vote.in_reply_to, vote.attributed_to) == (POLL, ANA) for vote in found)


_strings = st.text(st.sampled_from('\0\ud800\udc00\udfffud8\\/"0é\U0001f600') | st.characters(), max_size=12)


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(st.lists(_strings, min_size=1, max_size=4), st.booleans())
def test_a_string_that_cannot_be_stored_is_refused_however_it_is_written_and_wherever_it_stands(found, escaped):
    def holds(text: str) -> bool:
        return "\0" not in text and not any("\ud800" <= letter <= "\udfff" for letter in text)

    first, *others = (json.loads(json.dumps(text)) for text in found)  # two halves that meet are one letter
    document = {"@context": AS, "k" + first: [others, {"content": first}]}
    raw, refusal = json.dumps(document, ensure_ascii=escaped).encode("utf-8", "surrogatepass"), ""
    try:
        assert parse_document(raw) == document
    except MalformedActivity as error:
        refusal = error.code
    assert refusal in (("",) if all(map(holds, [first, *others])) else ("json-string", "json"))
