"""Every case of federation.md 14.4 as a table: what freezes a link, what does not, and which keys are known afterwards."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.accounts.freezing import Face, key_texts, known_keys, why_freeze

A, B, C = "key-a", "key-b", "key-c"
SEEN = Face(frozenset({A}), "https://far.example/users/zoe/inbox", "zoe@far.example", "")

CASES = [
    ("nothing changed", {}, False, "", {A}),
    ("a key beside the known one", {"keys": {A, B}}, False, "", {A}),
    ("a key beside the known one, told by it", {"keys": {A, B}}, True, "", {A, B}),
    ("the key replaced", {"keys": {B}}, False, "keys-changed", {B}),
    ("the key rotated, told by the old one", {"keys": {B}}, True, "", {B}),
    ("the key gone", {"keys": set()}, False, "keys-changed", set()),
    ("the key gone, told by it", {"keys": set()}, True, "", set()),
    ("the inbox at another host", {"inbox": "https://near.example/users/zoe/inbox"}, False, "inbox-moved", {A}),
    ("the inbox at another host, told by the key", {"inbox": "https://near.example/in"}, True, "inbox-moved", {A}),
    ("the inbox at another path", {"inbox": "https://far.example/inboxes/9"}, False, "", {A}),
    ("the host in capitals", {"inbox": "https://FAR.example/users/zoe/inbox"}, False, "", {A}),
    ("a handle that looped back elsewhere", {"handle": "zoe@near.example"}, False, "handle-moved", {A}),
    ("another name of the same domain", {"handle": "zoey@far.example"}, False, "", {A}),
    ("the handle not looked at this time", {"handle": ""}, False, "", {A}),
    ("a claim of another domain", {"handle": "", "claimed": "zoe@near.example"}, False, "handle-moved", {A}),
    ("a claim of the same domain", {"handle": "", "claimed": "zoe@far.example"}, False, "", {A}),
]


@pytest.mark.parametrize(
    ("change", "vouched", "reason", "known"), [case[1:] for case in CASES], ids=[c[0] for c in CASES]
)
def test_what_freezes_a_link_and_which_keys_are_known_then(change, vouched, reason, known):
    after = replace(SEEN, **{**change, **({"keys": frozenset(change["keys"])} if "keys" in change else {})})
    assert why_freeze(SEEN, after, vouched=vouched) == reason
    assert known_keys(SEEN, after, vouched=vouched) == known


def test_all_keys_are_known_at_first_sight_and_after_an_account_came_back():
    assert known_keys(None, replace(SEEN, keys=frozenset({A, B})), vouched=False) == {A, B}
    gone = replace(SEEN, keys=frozenset(), is_gone=True)
    assert why_freeze(gone, SEEN, vouched=True) == "came-back"
    assert known_keys(gone, SEEN, vouched=False) == {A}


def test_what_the_account_claims_is_compared_with_what_it_claimed():
    """A handle may loop back at another domain than the one the document names: that is no move."""
    before = replace(SEEN, handle="zoe@far.example", claimed="zoe@social.far.example")
    assert why_freeze(before, replace(before, handle=""), vouched=False) == ""
    assert why_freeze(before, replace(before, handle="", claimed="zoe@near.example"), vouched=False) == "handle-moved"


def test_line_ends_and_spaces_do_not_make_another_key():
    assert key_texts(["-----BEGIN\nabc\n-----END\n"]) == key_texts(["-----BEGIN\r\n  abc\r\n-----END"])
    assert key_texts(["abc"]) != key_texts(["abd"])


keys = st.frozensets(st.sampled_from([A, B, C]), max_size=3)


@given(first=keys.filter(bool), shown=st.lists(keys, max_size=6))
def test_whatever_is_shown_unvouched_no_key_becomes_known_without_a_freeze(
    first: frozenset[str], shown: list[frozenset[str]]
):
    """The defence against a domain that is registered anew: the old key can be copied, not used."""
    face = replace(SEEN, keys=first)
    known = first
    for now in shown:
        before, after = replace(face, keys=known), replace(face, keys=now)
        is_frozen = bool(why_freeze(before, after, vouched=False))
        assert is_frozen is (not known <= now)
        known = known_keys(before, after, vouched=False)
        if is_frozen:
            return
        assert known == first
