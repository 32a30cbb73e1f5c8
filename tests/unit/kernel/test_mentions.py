"""Whom and what a text names: found in plain words only, links made only of what is known (federation.md 11.2)."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedcoop.kernel.html import markdown_to_html
from fedcoop.kernel.mentions import fold_tag, handles_in, hashtags_in, text_with_mentions

TOPICS = "https://alder.example/tags"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Thanks, @ana@Social.Example, and @bo@birch.test:8421.", ("ana@social.example", "bo@birch.test:8421")),
        ("(@ana_b@s.example) **@bo@b.example** # @cy@c.example", ("ana_b@s.example", "bo@b.example", "cy@c.example")),
        ("`@ana@s.example` [@bo@b.example](https://b.example/@bo)", ()),
        ("    @ana@s.example\n\nana@s.example, https://s.example/@ana@b.example and @ana", ()),
        ("@ana@s.example @ana@S.EXAMPLE", ("ana@s.example",)),
    ],
)
def test_mentions_are_whole_addresses_in_plain_words(text: str, found: tuple[str, ...]) -> None:
    assert handles_in(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("#Bread and #bread, #Überstunden!", ("Bread", "Überstunden")),
        ("#2024 #4oven a#b &#39; `#code` [#link](https://x.example)", ("4oven",)),
        ("https://x.example/#top and #" + "x" * 101, ()),
    ],
)
def test_topics_have_a_letter_and_stand_alone(text: str, found: tuple[str, ...]) -> None:
    assert hashtags_in(text) == found


def test_who_is_known_is_linked_and_who_is_not_stays_text() -> None:
    text = "Ask @ana@s.example or @bo@b.example about #Bread. <b>"
    html = text_with_mentions(text, people={"ana@s.example": "https://s.example/@ana"}, topics=TOPICS)
    rel = 'rel="nofollow noopener noreferrer"'
    assert html == (
        f'<p>Ask <a href="https://s.example/@ana" class="u-url mention" {rel}>@ana@s.example</a> or @bo@b.example about '
        f'<a href="{TOPICS}/bread" class="mention hashtag" {rel}>#Bread</a>. &lt;b&gt;</p>'
    )


def test_an_address_that_is_no_web_page_makes_no_link() -> None:
    html = text_with_mentions("@ana@s.example", people={"ana@s.example": "javascript:alert(1)"}, topics=TOPICS)
    assert "javascript" not in html


def test_the_thirty_first_topic_stays_text() -> None:
    text = " ".join(f"#t{number}x" for number in range(31))
    assert len(hashtags_in(text)) == 30
    assert text_with_mentions(text, people={}, topics=TOPICS).count("<a ") == 30


def test_topics_are_one_whatever_their_case_and_width() -> None:
    assert fold_tag("BÄCKEREI") == fold_tag("bäckerei") == fold_tag("ＢÄckerei")


@given(st.text(alphabet="ab@#._- *`[]()\n<>/&:é", max_size=120))
@settings(max_examples=200, deadline=None)
def test_without_anybody_known_and_without_topics_it_is_the_markdown_as_ever(text: str) -> None:
    plain = text.replace("#", "")
    assert text_with_mentions(plain, people={}, topics=TOPICS) == markdown_to_html(plain)


@pytest.mark.parametrize(
    "evil", ["@" * 20_000, "#" * 20_000, "@a@" + "b." * 9_990 + "!", "@" + "a." * 9_999, "#1" * 9_999]
)
def test_no_text_takes_long(evil: str) -> None:
    began = time.perf_counter()
    handles_in(evil)
    hashtags_in(evil)
    assert time.perf_counter() - began < 2
