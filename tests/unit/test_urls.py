"""URLs of ours: built, parsed, and never taken for another origin's."""

from uuid import UUID

import pytest

from fedcoop.urls import Local, Urls, origin_of

ID = UUID("0f0e0d0c-0b0a-4909-8807-060504030201")
URLS = Urls("https://coop.example")


@pytest.mark.parametrize(
    ("url", "path", "local"),
    [
        (URLS.instance_actor, "/actor", Local("instance_actor")),
        (URLS.shared_inbox, "/inbox", Local("shared_inbox")),
        (URLS.actor("alder"), "/actors/alder", Local("actor", "alder")),
        (URLS.inbox("alder"), "/actors/alder/inbox", Local("inbox", "alder")),
        (URLS.outbox("alder"), "/actors/alder/outbox", Local("outbox", "alder")),
        (URLS.followers("alder"), "/actors/alder/followers", Local("followers", "alder")),
        (URLS.following("alder"), "/actors/alder/following", Local("following", "alder")),
        (URLS.featured("alder"), "/actors/alder/featured", Local("featured", "alder")),
        (URLS.affiliations("alder"), "/actors/alder/affiliations", Local("affiliations", "alder")),
        (URLS.profile("a.b-c_d"), "/@a.b-c_d", Local("profile", "a.b-c_d")),
        (URLS.motion(ID), f"/motions/{ID}", Local("motion", str(ID))),
        (URLS.note(ID), f"/notes/{ID}", Local("note", str(ID))),
        (URLS.article(ID), f"/articles/{ID}", Local("article", str(ID))),
        (URLS.activity(ID), f"/activities/{ID}", Local("activity", str(ID))),
        (URLS.context(ID), f"/contexts/{ID}", Local("context", str(ID))),
        (URLS.proposal(ID), f"/proposals/{ID}", Local("proposal", str(ID))),
        (URLS.main_key(URLS.actor("alder")), "/actors/alder#main-key", Local("actor", "alder")),
        (URLS.ed25519_key(URLS.instance_actor), "/actor#ed25519-key", Local("instance_actor")),
    ],
)
def test_what_is_built_is_parsed(url: str, path: str, local: Local):
    assert url == "https://coop.example" + path
    assert URLS.parse(url) == local


@pytest.mark.parametrize(
    "url",
    [
        "http://coop.example/actors/alder",
        "https://coop.example:8443/actors/alder",
        "https://evil.coop.example/actors/alder",
        "https://notcoop.example/actors/alder",
        "https://coop.example.evil.example/actors/alder",
        "https://coop.example@evil.example/actors/alder",
        "https://me@coop.example/actors/alder",
        "https://coop.example\\@evil.example/actors/alder",
        "https://coop.exa\tmple/actors/alder",
        "https:///actors/alder",
        "//coop.example/actors/alder",
        "/actors/alder",
        "https://coop.example:port/actors/alder",
        "https://[coop.example/actors/alder",
        "",
    ],
)
def test_another_origin_is_not_ours(url: str):
    assert not URLS.is_local(url)
    assert URLS.parse(url) is None


@pytest.mark.parametrize(
    "path",
    [
        "/actors/alder?page=1",
        "/actors/alder?",
        "/actors/Alder",
        "/actors/alder/",
        "/actors/-alder",
        "/actors/al..der",
        "/actors/alder/secrets",
        "/actors/" + "a" * 65,
        "/actors/alder\n",
        "/actors/alder#other-key",
        f"/motions/{ID}#main-key",
        f"/motions/{ID}/x",
        f"/motions/{str(ID).upper()}",
        "/motions/12",
        f"/ballots/{ID}",
        "/@" + "a" * 65,
    ],
)
def test_an_unknown_path_of_ours_is_nothing(path: str):
    assert URLS.parse("https://coop.example" + path) is None


def test_a_port_belongs_to_origin_authority_and_handle():
    urls = Urls("http://localhost:8420")
    assert (urls.origin, urls.authority, urls.host, urls.scheme) == (
        "http://localhost:8420",
        "localhost:8420",
        "localhost",
        "http",
    )
    assert urls.handle("alder") == "@alder@localhost:8420"
    assert not urls.is_local("http://localhost:8421/actor")


@pytest.mark.parametrize("same", ["https://COOP.example/x", "HTTPS://coop.example:443/x", "https://coop.example"])
def test_case_and_default_port_do_not_make_another_origin(same: str):
    assert URLS.is_local(same)
    assert origin_of(same) == "https://coop.example"


def test_an_ipv6_origin_keeps_its_brackets():
    assert Urls("http://[::1]:8420").authority == "[::1]:8420"


@pytest.mark.parametrize("text", ["coop.example", "https://coop.example/path", "ftp://coop.example"])
def test_an_instance_needs_an_origin(text: str):
    with pytest.raises(ValueError, match="is no origin"):
        Urls(text)
