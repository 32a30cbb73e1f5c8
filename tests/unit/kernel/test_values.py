"""Ids, instants, canonical bytes, base58, names and origins."""

import threading
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.kernel import base58
from fedcoop.kernel.canonical import Written, canonical_bytes, canonical_each, digest_of, sha256_hex
from fedcoop.kernel.clock import FrozenClock, SystemClock, parse_rfc3339, rfc3339
from fedcoop.kernel.ids import EPOCH, new_id, new_uuid
from fedcoop.kernel.names import is_name, is_origin, origin_of, to_uri

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)


def test_two_hundred_thousand_ids_of_one_instant_differ_and_only_grow() -> None:
    found = [new_id(NOW) for _ in range(200_000)]
    assert all(earlier < later for earlier, later in pairwise(found))
    assert 0 < found[0] < found[-1] < 2**63
    assert new_id(NOW - timedelta(days=1)) > found[-1]
    assert new_id(NOW + timedelta(hours=1)) > found[-1]
    assert EPOCH + timedelta(milliseconds=found[0] >> 16) >= NOW


def test_ids_made_by_many_threads_differ() -> None:
    found: list[int] = []
    threads = [threading.Thread(target=lambda: found.extend([new_id(NOW) for _ in range(2_000)])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(found)) == 16_000
    assert len({new_uuid() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (NOW, "2026-03-01T09:00:00Z"),
        (NOW + timedelta(microseconds=1), "2026-03-01T09:00:00.000001Z"),
        (NOW + timedelta(milliseconds=500), "2026-03-01T09:00:00.5Z"),
        (NOW.astimezone(timezone(timedelta(hours=2))), "2026-03-01T09:00:00Z"),
        (datetime(999, 1, 1, tzinfo=UTC), "0999-01-01T00:00:00Z"),
    ],
)
def test_instants_are_written_in_utc_without_needless_zeros(instant: datetime, text: str) -> None:
    assert rfc3339(instant) == text
    assert parse_rfc3339(text) == instant


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 - the strategy adds UTC
def test_every_instant_survives_writing(instant: datetime) -> None:
    assert parse_rfc3339(rfc3339(instant)) == instant


def test_an_instant_needs_an_offset() -> None:
    assert parse_rfc3339("2026-03-01T11:00:00+02:00") == NOW
    for text in ("2026-03-01T09:00:00", "2026-03-01", "yesterday", "", "2026-13-01T00:00:00Z"):
        with pytest.raises(ValueError):
            parse_rfc3339(text)


def test_clocks_tell_utc_and_one_stands_still_until_moved() -> None:
    clock = FrozenClock(NOW)
    before = clock.monotonic()
    assert clock.now() == clock.now() == NOW
    clock.advance(timedelta(seconds=3))
    assert (clock.now(), clock.monotonic()) == (NOW + timedelta(seconds=3), before + 3)
    assert SystemClock().now().tzinfo is UTC
    assert SystemClock().monotonic() <= SystemClock().monotonic()


def test_canonical_bytes_are_sorted_and_exact() -> None:
    assert canonical_bytes({"b": 1, "a": [True, None, "\u00e9\n"], "\U0001f600": 1, "\ufb33": 2}) == (
        '{"a":[true,null,"\u00e9\\n"],"b":1,"\U0001f600":1,"\ufb33":2}'.encode()
    )
    assert digest_of({}) == sha256_hex(b"{}")
    for bad in (float("nan"), float("inf"), 2**53, "\ud800", {1: 2}, object()):
        with pytest.raises(ValueError):
            canonical_bytes({"a": bad} if not isinstance(bad, dict) else bad)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**50), 2**50) | st.text(st.characters(codec="utf-8")),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner),
    )
)
def test_canonical_bytes_do_not_depend_on_the_order_of_keys(value: Any) -> None:
    def turned(item: Any) -> Any:
        if isinstance(item, dict):
            return {key: turned(item[key]) for key in reversed(list(item))}
        return [turned(part) for part in item] if isinstance(item, list) else item

    assert canonical_bytes(value) == canonical_bytes(turned(value))


class _Word(str):
    __slots__ = ()


class _Number(int):
    pass


_texts = st.text(
    st.characters(categories=["L", "Cs", "Co", "Cc"]) | st.sampled_from('\ue000\uffff\U00010000\U0010ffff"\\/\x7f')
)
_scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) - 2, 2**53 + 2)
    | st.integers()
    | st.floats()
    | _texts
    | st.builds(_Word, _texts)
    | st.builds(_Number, st.integers(0, 9))
    | st.binary(max_size=2)
    | st.just(NOW)
)


_values = st.recursive(
    _scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(_texts, inner, max_size=4)
        | st.dictionaries(st.integers(0, 3), inner, max_size=1)
    ),
    max_leaves=12,
)


@given(_values)
@settings(max_examples=400)
def test_canonical_bytes_are_those_of_the_reference_or_both_refuse(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except ValueError:
        with pytest.raises(ValueError):
            canonical_bytes(value)
    else:
        assert canonical_bytes(value) == expected


@given(st.lists(_values, max_size=3), _values)
@settings(max_examples=200)
def test_many_values_and_parts_that_are_written_already_have_the_same_bytes(values: list[Any], beside: Any) -> None:
    try:
        each = [canonical_bytes(value) for value in values]
        expected = canonical_bytes({"parts": values, "beside": beside})
    except ValueError:
        with pytest.raises(ValueError):
            canonical_each([*values, beside])
    else:
        assert canonical_each(values) == each
        assert canonical_bytes({"parts": [*map(Written, each)], "beside": beside}) == expected


def test_deep_values_have_canonical_bytes_too() -> None:
    value: Any = {}
    for _ in range(400):
        value = [{"a": value}]
    assert canonical_bytes(value).count(b"[") == 400


def test_plain_values_do_not_pass_through_the_slow_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = {"n": 1, "voter": "ana \U0001f600", "choice": ["a", "b"], "weight": 1, "at": None, "late": False}
    expected = canonical_bytes(entry)
    monkeypatch.setattr("rfc8785.dumps", None)
    assert canonical_bytes(entry) == expected
    with pytest.raises(TypeError):
        canonical_bytes({"share": 0.5})


@given(st.binary(max_size=80))
def test_base58_keeps_every_byte(data: bytes) -> None:
    assert base58.decode(base58.encode(data)) == data


def test_base58_takes_its_own_alphabet_only() -> None:
    assert base58.encode(b"Hello World!") == "2NEpo7TZRRrLZSi2U"
    assert base58.encode(b"\0\0\1") == "112"
    for text in ("0", "O", "I", "l", "a b", "\u00e9"):
        with pytest.raises(ValueError):
            base58.decode(text)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://A.example/x", "https://a.example"),
        ("https://a.example:443/x", "https://a.example"),
        ("http://a.example:443/x", "http://a.example:443"),
        ("https://a.example./x", "https://a.example"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example"),
        ("https://BÜCHER.example.:443/", "https://xn--bcher-kva.example"),
        ("https://ｂücher。example/", "https://xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "https://xn--bcher-kva.example"),
        ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"),
        ("https://user@a.example/", None),
        ("https://:p@a.example/", None),
        ("ftp://a.example/", None),
        ("https:///x", None),
        ("https://a.example\\@b.example/", None),
        ("https://a.example /", None),
        ("https://a.example:99999/", None),
        ("https://a\n.example/", None),
        ("https://a\u200b.example/", None),
        ("https://\u2488com.example/", "https://1.com.example"),
        ("https://a.example/" + "x" * 2048, None),
        ("", None),
    ],
)
def test_an_origin_has_one_spelling(url: str, origin: str | None) -> None:
    assert origin_of(url) == origin
    assert origin is None or is_origin(origin)


@pytest.mark.parametrize(
    ("iri", "uri"),
    [
        ("https://a.example/%e3%81%82?x=%2F#y", "https://a.example/%e3%81%82?x=%2F#y"),
        ("https://A.example./x y", "https://A.example./x y"),
        ("https://a.example/あ", "https://a.example/%E3%81%82"),
        ("https://a.example/%e3%81%82/ü?q=ö#ä", "https://a.example/%e3%81%82/%C3%BC?q=%C3%B6#%C3%A4"),
        ("https://bücher.example:8443/@zoë", "https://xn--bcher-kva.example:8443/@zo%C3%AB"),
        ("https://ana@bücher.example/", "https://ana@bücher.example/"),
        ("https://[ü]/", "https://[ü]/"),
    ],
)
def test_an_iri_is_asked_for_as_its_uri_and_ascii_stays_as_it_is(iri: str, uri: str) -> None:
    assert to_uri(iri) == uri
    assert to_uri(uri) == uri


def test_names_are_plain() -> None:
    assert all(is_name(name) for name in ("ada", "a_b", "a.b-c", "0", "a" * 64))
    assert not any(is_name(name) for name in ("", "Ada", "a b", ".a", "a.", "a..b", "a" * 65, "\u00e4", "a\n"))
