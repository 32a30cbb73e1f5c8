"""The one sanitiser against nasty input: what is let in, and that nothing else is (federation.md 11.1)."""

import re
import time
from html.parser import HTMLParser

import pytest

from fedcoop.kernel.html import (
    clean_html,
    escape,
    fold_name,
    markdown_to_html,
    plain_text,
    plain_to_html,
    text_of_html,
)

ELEMENTS = {
    "p",
    "br",
    "span",
    "a",
    "del",
    "s",
    "pre",
    "blockquote",
    "code",
    "b",
    "strong",
    "u",
    "sub",
    "sup",
    "i",
    "em",
    "ul",
    "ol",
    "li",
}
REL = "nofollow noopener noreferrer ugc"
NASTY = [
    "<script>alert(1)</script>",
    "<SCRIPT SRC=//evil.example/x.js></SCRIPT>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<img src=x onerror=alert(1)>",
    "<img src=\"x\" onerror='alert(1)'/>",
    "<svg onload=alert(1)><animate onbegin=alert(1)>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)></style></mglyph></table></mtext></math>",
    '<a href="javascript:alert(1)">x</a>',
    '<a href="JaVaScRiPt:alert(1)">x</a>',
    '<a href="java\tscript:alert(1)">x</a>',
    '<a href="&#106;avascript:alert(1)">x</a>',
    '<a href=" javascript:alert(1)">x</a>',
    '<a href="\x01javascript:alert(1)">x</a>',
    '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    '<a href="vbscript:x">x</a>',
    '<a href="//evil.example/x">x</a>',
    '<a href="/settings?do=unlink">x</a>',
    "<a href='https://x.example' onclick='alert(1)' style='x' id='y' data-x='1' target='_top'>x</a>",
    '<p style="background:url(javascript:alert(1))">x</p>',
    "<p onmouseover=alert(1)>x</p>",
    "<iframe src=https://evil.example></iframe>",
    "<object data=x></object><embed src=x>",
    "<form action=/settings><input name=csrf><button formaction=javascript:alert(1)>x</button></form>",
    "<base href=https://evil.example/>",
    "<link rel=stylesheet href=https://evil.example/x.css>",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<style>body{display:none}</style>",
    '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
    "<textarea><script>alert(1)</script></textarea>",
    "<title><script>alert(1)</script></title>",
    "<template><script>alert(1)</script></template>",
    "<select><style></select><script>alert(1)</script></style></select>",
    '<!--<img src="--><img src=x onerror=alert(1)//">',
    "<![CDATA[<script>alert(1)</script>]]>",
    "<?xml version='1.0'?><script>alert(1)</script>",
    "<video><source onerror=alert(1)></video><audio src=x onerror=alert(1)>",
    "<details open ontoggle=alert(1)>x</details>",
    "<h1 onclick=alert(1)>x</h1><h2/onclick=alert(1)>x",
    '<h1 x="><script>alert(1)</script>">x</h1>',
    '<span class="invisible ellipsis chip key">https://</span>',
    '<p class="wrap">x</p>',
    "<xss style=x onfocus=alert(1) tabindex=1>",
    '<a href="https://x.example/"><script>alert(1)</script></a>',
    "<p>" * 2000 + "<script>alert(1)</script>",
    "<" * 5000 + "script>alert(1)",
    "\x00<scr\x00ipt>alert(1)</scr\x00ipt>",
    "<ScRiPt\n>alert(1)</sCrIpT\n>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]


class Reader(HTMLParser):
    """Notes every element with its attributes, as a browser would see them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements(html: str) -> list[tuple[str, dict[str, str | None]]]:
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.found


@pytest.mark.parametrize("nasty", NASTY, ids=range(len(NASTY)))
def test_nothing_but_what_is_let_in_comes_through(nasty: str) -> None:
    for cleaned in (clean_html(nasty), clean_html(f"<p>Good day {nasty} and so on</p>"), markdown_to_html(nasty)):
        for tag, attributes in elements(cleaned):
            assert tag in ELEMENTS | ({"hr", "table", "thead", "tbody", "tr", "th", "td"})
            assert set(attributes) <= {"href", "rel", "class", "start", "reversed", "value", "align"}
            assert not {"invisible", "ellipsis", "chip", "key", "wrap"} & set((attributes.get("class") or "").split())
            if "href" in attributes:
                assert re.match(r"(https?|mailto):", attributes["href"] or "")
                assert "nofollow" in (attributes["rel"] or "")
        assert "<script" not in cleaned.lower()


def test_what_is_let_in_comes_through_whole() -> None:
    good = "<p>a<br>b</p><ul><li>c</li></ul><blockquote>d</blockquote><pre><code>e</code></pre>"
    assert clean_html(good) == good
    marks = "".join(f"<{tag}>x</{tag}>" for tag in ("b", "strong", "u", "sub", "sup", "i", "em", "del", "s"))
    assert clean_html(marks) == marks
    assert clean_html('<ol start="3" reversed=""><li value="7">x</li></ol>').count("=") >= 2
    link = clean_html('<a href="https://x.example/a?b=c&amp;d">x</a><a href="mailto:a@b.example">y</a>')
    assert [attributes for _, attributes in elements(link)] == [
        {"href": "https://x.example/a?b=c&d", "rel": REL},
        {"href": "mailto:a@b.example", "rel": REL},
    ]
    assert clean_html('<span class="mention x hashtag">y</span>') == '<span class="mention hashtag">y</span>'
    assert clean_html("<h2 class='x'>Title</h2>") == "<p><strong>Title</strong></p>"


def test_links_are_shown_in_full() -> None:
    mastodon = (
        '<p><a href="https://x.example/a/long/path"><span class="invisible">https://</span>'
        '<span class="ellipsis">x.example/a</span><span class="invisible">/long/path</span></a></p>'
    )
    assert text_of_html(clean_html(mastodon)) == "https://x.example/a/long/path"
    assert "invisible" not in clean_html(mastodon)


def test_words_of_html_keep_their_lines() -> None:
    assert text_of_html("<p>a&amp;b</p><p>c<br>d</p>") == "a&b\nc\nd"
    assert text_of_html("<script>x</script><p> </p>") == ""


def test_plain_text_is_one_harmless_line() -> None:
    assert plain_text("a\u202eb\u2066c\u200bd\x07e\n\tf\ufeff", 50) == "abcde f"
    assert plain_text("Cafe\u0301", 50) == "Caf\u00e9"
    assert plain_text("  a   b  ", 50) == "a b"
    assert plain_text("x" * 60, 50) == "x" * 50
    assert plain_text("क्\u200dष", 50) == "क्\u200dष"


def test_names_are_compared_folded() -> None:
    assert fold_name(" Cafe\u0301 \u00a0 au  lait ") == fold_name("Caf\u00e9 au lait")
    assert fold_name("For") != fold_name("for")


def test_members_write_markdown_and_no_html() -> None:
    assert markdown_to_html("**a** <b>c</b>") == "<p><strong>a</strong> &lt;b&gt;c&lt;/b&gt;</p>"
    assert "javascript" not in markdown_to_html("[x](javascript:alert(1))").partition("href")[2]
    assert "<td>" in markdown_to_html("| a |\n|---|\n| b |")
    assert "<img" not in markdown_to_html("![x](https://x.example/y.png)")


@pytest.mark.parametrize(
    ("written", "address", "rest"),
    [
        ("See https://a.example/x.", "https://a.example/x", "."),
        ("(https://a.example)", "https://a.example", ")"),
        ("https://a.example/a_(b)?x=1&y=_2_#c, and", "https://a.example/a_(b)?x=1&y=_2_#c", ", and"),
        ("“http://a.example/é”", "http://a.example/é", "”"),
        ("[https://a.example]", "https://a.example", "]"),
    ],
)
def test_bare_addresses_are_links_in_markdown_and_in_plain_words(written: str, address: str, rest: str) -> None:
    for made in (markdown_to_html(written), plain_to_html(written)):
        assert [a.get("href") for tag, a in elements(made) if tag == "a"] == [address]
        assert made.endswith(f">{escape(address)}</a>{rest}</p>")


@pytest.mark.parametrize("written", ["`https://a.example`", "ahttps//a.example", "https://", "ftp://a.example"])
def test_what_is_no_address_in_plain_words_is_no_link(written: str) -> None:
    assert "<a" not in markdown_to_html(written)


def test_a_link_that_was_written_stays_one() -> None:
    made = markdown_to_html("[here](https://a.example), <https://b.example> and [https://c.example](https://d.example)")
    found = [a.get("href") for tag, a in elements(made) if tag == "a"]
    assert found == ["https://a.example", "https://b.example", "https://d.example"]


def test_a_dressed_address_is_a_link_without_its_dress() -> None:
    made = markdown_to_html("**https://a.example** _https://b.example_")
    assert [a.get("href") for tag, a in elements(made) if tag == "a"] == ["https://a.example", "https://b.example"]
    assert "<strong>" in made


def test_plain_words_keep_their_paragraphs_and_lines() -> None:
    assert plain_to_html("a <b>\r\nc\n\n\n d ") == "<p>a &lt;b&gt;<br>c</p><p>d</p>"
    assert plain_to_html(" \n ") == ""


def test_a_text_full_of_half_addresses_takes_no_time() -> None:
    for nasty in ("https://(" * 20_000, "https://a" + ".,;" * 20_000, "https://a(" + "b" * 60_000):
        began = time.monotonic()
        plain_to_html(nasty)
        assert time.monotonic() - began < 2
