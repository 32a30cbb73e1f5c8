"""What of a web page is its own reference to a document, and what is somebody's words in it."""

import time

import pytest
from multidict import CIMultiDict

from fedcoop.federation.remote.pages import alternate_of, is_page
from fedcoop.federation.remote.transport import Response

URL = "https://birch.example/@ana"
ACTIVITY = "application/activity+json"
AS2 = "https://www.w3.org/ns/activitystreams"
LINK = f'<link rel="alternate" type="{ACTIVITY}" href="/users/ana">'


def page(body: str = "", *links: str, content_type: str = "text/html; charset=utf-8") -> Response:
    headers = CIMultiDict([("Content-Type", content_type), *(("Link", link) for link in links)])
    return Response(200, headers, body.encode(), URL)


@pytest.mark.parametrize(
    "body",
    [
        LINK,
        f"<!doctype html><html><head><meta charset=utf-8>{LINK}</head><body>",
        f"<html><head><title>Ana</title><style>a{{}}</style><script>let x = '<b>'</script>{LINK}",
        f"<HTML><HEAD>{LINK.upper().replace('/USERS/ANA', '/users/ana').replace(ACTIVITY.upper(), ACTIVITY)}",
        f"<head>\n  <noscript><p>No script.</p></noscript>\n{LINK}",
        f'<link href="/users/ana" type="{ACTIVITY}" rel="me alternate nofollow"/>',
        "<link rel=alternate type=application/activity+json href=/users/ana>",
        f'<link rel="alternate" type="application/ld+json; profile=&quot;{AS2}&quot;" href="/users/ana">',
        f'<base href="/users/"><link rel="alternate" type="{ACTIVITY}" href="ana">',
        f'<link rel="alternate" type="application/rss+xml" href="/feed"><link rel="me" href="/x">{LINK}',
        f"<!-- <link rel='alternate' type='{ACTIVITY}' href='/users/eve'> -->{LINK}",
    ],
)
def test_a_link_of_the_head_is_found(body: str):
    assert alternate_of(page(body)) == "https://birch.example/users/ana"


@pytest.mark.parametrize(
    "body",
    [
        f"<html><head></head><body>{LINK}",
        f"<html><body>{LINK}",
        f"<p>{LINK}",
        f"Hello {LINK}",
        f"<!-- {LINK} -->",
        f"<title>{LINK}</title>",
        f"<noscript>{LINK}</noscript>",
        f"<template>{LINK}</template>",
        f"<script>{LINK}</script>",
        f"<style>{LINK}</style>",
        '<link rel="alternate" type="text/html" href="/users/ana">',
        '<link rel="alternate" type="application/ld+json" href="/users/ana">',
        f'<link rel="alternate" type="{ACTIVITY}">',
        f'<link rel="alternate" type="{ACTIVITY}" href=" ">',
        f'<link rel="alternate" type="{ACTIVITY}" href="https://[">',
        f'<link rel="stylesheet" type="{ACTIVITY}" href="/users/ana">',
        "<link " * 50,
        "<meta>" * 3000 + LINK,
        " " * (256 * 1024) + LINK,
    ],
)
def test_somebodys_words_are_no_link(body: str):
    assert alternate_of(page(LINK)) != ""
    assert alternate_of(page(body)) == ""


@pytest.mark.parametrize(
    "links",
    [
        (f'</users/ana>; rel="alternate"; type="{ACTIVITY}"',),
        (f"<https://birch.example/users/ana>; rel=alternate; type={ACTIVITY}",),
        (
            '<https://birch.example/wp-json/>; rel="https://api.w.org/"',
            f'</users/ana>; rel="alternate"; type="{ACTIVITY}"',
        ),
        (
            f'<https://birch.example/a,b>; rel="me", </users/ana>; type="{ACTIVITY}"; rel="x alternate"; title="a, \\"b\\"; c"',
        ),
        (f'</users/ana> ; REL="alternate" ; Type="{ACTIVITY}"',),
        (f'</users/ana>; rel="alternate"; crossorigin; type="{ACTIVITY}"',),
    ],
)
def test_a_link_header_is_found_also_without_a_page(links: tuple[str, ...]):
    assert alternate_of(page("", *links)) == "https://birch.example/users/ana"
    assert alternate_of(page("", *links, content_type="image/png")) == "https://birch.example/users/ana"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "nonsense",
        '</users/ana>; rel="alternate"',
        f'</users/ana>; rel="next"; type="{ACTIVITY}"',
        f'</users/ana>; rel="next"; rel="alternate"; type="{ACTIVITY}"',
        f'<>; rel="alternate"; type="{ACTIVITY}"',
        f'</users/ana; rel="alternate"; type="{ACTIVITY}"',
        f'nonsense, </users/ana>; rel="alternate"; type="{ACTIVITY}"',
    ],
)
def test_other_link_headers_are_none(link: str):
    assert alternate_of(page("", link)) == ""


def test_the_header_comes_before_the_page():
    assert alternate_of(page(LINK, f'</users/ben>; rel="alternate"; type="{ACTIVITY}"')).endswith("/users/ben")


@pytest.mark.parametrize(
    "body", ["<" * 300_000, "<link " + "a " * 150_000, "<!--" * 70_000, "<a='" * 70_000, "<title>" * 40_000]
)
def test_no_page_costs_much(body: str):
    began = time.process_time()
    assert alternate_of(page(body)) == ""
    assert time.process_time() - began < 3


@pytest.mark.parametrize(
    ("content_type", "is_one"),
    [
        ("text/html", True),
        ("Text/HTML; charset=utf-8", True),
        ("application/xhtml+xml", True),
        ("text/plain", False),
        ("", False),
    ],
)
def test_what_is_a_page(content_type: str, is_one: bool):
    assert is_page(page("", content_type=content_type)) is is_one
