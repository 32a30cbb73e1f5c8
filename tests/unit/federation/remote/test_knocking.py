"""Which form of signature is tried when: every rule of federation.md 5.1 as a table; and how RFC 9421 is announced (FEP-844e)."""

from datetime import UTC, datetime, timedelta

import pytest

from fedcoop.federation.remote.knocking import (
    CAVAGE,
    RFC9421,
    Form,
    form_for,
    is_news,
    knocks_again,
    other,
    second_counts,
)
from fedcoop.federation.wire.objects import parse_actor
from fedcoop.storage.records import Host

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HTML = "https://datatracker.ietf.org/doc/html/rfc9421"


def host(scheme: str = "", days: float = 0, announced: str = "") -> Host:
    at = NOW - timedelta(days=days) if scheme else None
    return Host("https://birch.example", scheme, at, 0, None, None, None, announced)


@pytest.mark.parametrize(
    ("known", "form"),
    [
        (None, Form(CAVAGE)),
        (host(), Form(CAVAGE)),
        (host(announced=RFC9421), Form(RFC9421)),
        (host(CAVAGE, 1), Form(CAVAGE, is_proven=True)),
        (host(RFC9421, 7), Form(RFC9421, is_proven=True)),
        (host(RFC9421, 7.01), Form(CAVAGE)),
        (host(CAVAGE, 1, RFC9421), Form(CAVAGE, is_proven=True)),
        (host(CAVAGE, 8, RFC9421), Form(RFC9421)),
    ],
)
def test_what_worked_within_seven_days_comes_first_then_what_is_announced(known: Host | None, form: Form):
    assert form_for(known, NOW) == form


@pytest.mark.parametrize(
    ("status", "unknown", "proven"),
    [
        (200, False, False),
        (202, False, False),
        (302, False, False),
        (400, True, True),
        (401, True, True),
        (403, False, False),
        (404, False, False),
        (410, False, False),
        (429, False, False),
        (500, True, False),
        (503, True, False),
    ],
)
def test_the_second_knock_follows_400_401_and_at_first_contact_a_5xx(status: int, unknown: bool, proven: bool):
    assert knocks_again(status, Form(CAVAGE)) is unknown
    assert knocks_again(status, Form(CAVAGE, is_proven=True)) is proven


@pytest.mark.parametrize(
    ("first", "second", "counts"),
    [(401, 202, True), (401, 401, False), (400, 403, False), (500, 410, True), (503, 401, False), (503, 503, True)],
)
def test_the_second_answer_counts_where_it_understood_the_knock(first: int, second: int, counts: bool):
    assert second_counts(first, second) is counts


def test_what_worked_is_written_down_when_it_is_news_and_only_the_first_choice_is_renewed():
    assert is_news(host(), CAVAGE, NOW)
    assert is_news(host(CAVAGE, 1), RFC9421, NOW)
    assert not is_news(host(CAVAGE, 3), CAVAGE, NOW)
    assert is_news(host(CAVAGE, 4), CAVAGE, NOW)
    assert is_news(host(RFC9421, 4, RFC9421), RFC9421, NOW)
    assert not is_news(host(CAVAGE, 4, RFC9421), CAVAGE, NOW), "after seven days the announced form is tried again"
    assert not is_news(host(RFC9421, 4), RFC9421, NOW)
    assert {other(CAVAGE), other(RFC9421)} == {CAVAGE, RFC9421}


@pytest.mark.parametrize(
    ("more", "announced"),
    [
        ({}, False),
        (
            {"generator": {"type": "Application", "implements": [{"type": "Link", "href": HTML, "name": "RFC-9421"}]}},
            True,
        ),
        ({"generator": {"type": "Application", "implements": {"href": HTML}}}, True),
        ({"generator": {"type": "Application", "implements": [HTML]}}, True),
        ({"generator": {"type": "Application", "implements": HTML}}, True),
        ({"generator": [{"type": "Application", "implements": [{"id": HTML}]}]}, True),
        ({"type": "Application", "implements": [{"href": HTML}]}, True),
        ({"generator": {"implements": [{"href": "https://www.rfc-editor.org/rfc/rfc9421.html"}]}}, True),
        ({"generator": {"implements": [{"href": "http://www.rfc-editor.org/info/rfc9421/"}]}}, True),
        ({"generator": {"implements": [{"href": "https://datatracker.ietf.org/doc/rfc9421/"}]}}, True),
        ({"generator": {"implements": [1, None, [HTML], {"href": [HTML]}]}}, False),
        ({"generator": {"implements": [{"href": "https://datatracker.ietf.org/doc/html/rfc94210"}]}}, False),
        ({"generator": {"implements": [{"href": "https://evil.example/?" + HTML}]}}, False),
        ({"generator": {"implements": [{"name": "RFC-9421: HTTP Message Signatures"}]}}, False),
        ({"generator": "https://birch.example/actor"}, False),
        ({"generator": 7}, False),
    ],
)
def test_rfc_9421_is_announced_in_any_of_its_forms(make_actor, more: dict, announced: bool):
    assert parse_actor({**make_actor("https://birch.example/users/b"), **more}).takes_rfc9421 is announced
