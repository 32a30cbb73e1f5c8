"""The one-time code in the markup of direct messages, as common servers write them (federation.md 14)."""

import secrets

import pytest

from fedcoop.accounts.links import codes_in, new_code, normal_code
from fedcoop.kernel.html import clean_html, text_of_html

CODE = new_code(lambda number: bytes(range(7, 7 + number)))
MENTION = (
    '<span class="h-card" translate="no"><a href="https://bread.example/actors/bread" class="u-url mention">'
    "@<span>bread</span></a></span>"
)


@pytest.mark.parametrize(
    "html",
    [
        f"<p>{MENTION} {CODE}</p>",
        f"<p>{MENTION}<br>{CODE}</p>",
        f"<p>{MENTION}</p><p>{CODE}</p>",
        f"<p>{MENTION}&nbsp;{CODE}&nbsp;</p>",
        f'<p><a href="https://bread.example/@bread" class="mention">@bread@bread.example</a> {CODE}</p>',
        f"<p>{MENTION} {MENTION} my code: <code>{CODE}</code>.</p>",
        f"{CODE} {MENTION}",
        f"<p>{MENTION} {CODE.lower()}</p>",
        f"<p>{MENTION} {CODE.replace('-', ' ')}</p>",
        f"<p>{MENTION} {CODE.replace('-', '')}</p>",
        "<p>" + MENTION + " " + CODE.replace("-", "\u2011") + "</p>",
        "<p>" + MENTION + " " + CODE.replace("-", "\u2013") + "</p>",
        f"<p><b>{CODE}</b></p>",
    ],
)
def test_a_code_is_found_in_the_markup_of_a_message(html: str) -> None:
    assert normal_code(CODE) in list(codes_in(text_of_html(html)))
    assert normal_code(CODE) in list(codes_in(text_of_html(clean_html(html))))


@pytest.mark.parametrize(
    "html", ["", f"<p>{MENTION}</p>", f"<p>{MENTION} {CODE[:-1]}</p>", f"<p>{CODE[1:]}</p>", f"<!-- {CODE} -->"]
)
def test_less_than_a_code_is_none(html: str) -> None:
    assert normal_code(CODE) not in list(codes_in(text_of_html(html)))


def test_codes_are_random_easy_to_copy_and_read_in_any_spelling() -> None:
    found = {new_code(secrets.token_bytes) for _ in range(500)}
    assert len(found) == 500
    for code in found:
        assert [len(part) for part in code.split("-")] == [5, 5, 5, 5, 5, 1]
        assert normal_code(code) == normal_code(f" {code.lower()} ") == code.replace("-", "")
        assert next(iter(codes_in(code))) == normal_code(code)
