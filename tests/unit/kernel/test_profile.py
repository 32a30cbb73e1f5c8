"""What the co-op says of itself as HTML and as lines that may link (federation.md 3.1, 11.2)."""

import pytest

from fedcoop.kernel.profile import fields_of, is_web_address, summary_html

ORIGIN = "https://alder.example"


def test_paragraphs_and_line_ends_stay_and_markup_is_text() -> None:
    assert summary_html("Bread & rolls.\n\n  \nOpen <daily>\nfrom 7.\n") == (
        "<p>Bread &amp; rolls.</p><p>Open &lt;daily&gt;<br>from 7.</p>"
    )
    assert summary_html("  \n ") == ""


def test_lines_come_in_order_with_the_website_first() -> None:
    found = fields_of(website="", contact="hello@alder.example", fields={"Open": "Mo-Fr 8-18"}, origin=ORIGIN)
    assert [(field.name, field.text, field.href) for field in found] == [
        ("Website", "alder.example", ORIGIN),
        ("Contact", "hello@alder.example", "mailto:hello@alder.example"),
        ("Open", "Mo-Fr 8-18", ""),
    ]
    assert found[0].html == f'<a href="{ORIGIN}" rel="me">alder.example</a>'
    assert found[1].html == '<a href="mailto:hello@alder.example">hello@alder.example</a>'
    (own, *_) = fields_of(website="https://bread.example/us/", contact="", fields={}, origin=ORIGIN)
    assert (own.text, own.href) == ("bread.example/us", "https://bread.example/us/")


@pytest.mark.parametrize(
    "value", ["javascript:alert(1)", 'https://x.example/"onclick="x', "see https://x.example", "a b@c"]
)
def test_what_is_no_whole_address_is_text(value: str) -> None:
    (_, field) = fields_of(website="", contact="", fields={"More": value}, origin=ORIGIN)
    assert field.href == ""
    assert "<a" not in field.html
    assert not is_web_address(value)
