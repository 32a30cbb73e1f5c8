"""Whatever a person pastes of an account elsewhere leads to it; what does not says what was wrong there."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.lookup import Finder
from fedcoop.federation.remote.sentences import SENTENCES, explained
from fedcoop.federation.remote.store import MemoryActorStore
from fedcoop.federation.remote.webfinger import WebFinger
from fedcoop.kernel.errors import FedcoopError, PeerSaidNo, PeerUnreachable
from tests.unit.federation.remote.servers import SERVERS, Page, Server, actor, named, post

ROOT = Path(__file__).parents[4]
BIRCH = "https://birch.example"
ANA = f"{BIRCH}/users/ana"
PEER_ERRORS = {"PeerError", "MalformedActivity", "OriginMismatch", "PeerUnreachable", "PeerGone", "PeerSaidNo"}


@pytest.fixture
def store() -> MemoryActorStore:
    return MemoryActorStore()


@pytest.fixture
def finder(web, documents, clock, store) -> Finder:
    actors = Actors(documents, store, clock, load=lambda key: None)
    return Finder(web, documents, WebFinger(web, documents), actors)


@pytest.fixture
def ana(web, make_actor):
    """An account that is found; tests bend one thing."""
    server = Server(ANA, "ana@birch.example", (), {ANA: actor(ANA, "ana")}, named("ana@birch.example", ANA))
    server.tell(web)
    return server


async def refusal(finder: Finder, pasted: str) -> tuple[str, str]:
    with pytest.raises(FedcoopError) as caught:
        await finder.find(pasted)
    return caught.value.code, caught.value.message


@pytest.mark.parametrize("make", SERVERS)
async def test_accounts_of_every_make_are_found_by_whatever_is_pasted(finder, web, store, make):
    server = SERVERS[make]
    server.tell(web)
    if make == "Mastodon on a split domain":
        web.say("https://social.bread.example/finger/ana", jrd("ana@bread.example", server.uri))
    if make == "Forgejo":
        web.answers["https://forge.example/ana"] = only_for_browsers(web.answers["https://forge.example/ana"])
    for pasted in server.pasted:
        found = await finder.find(pasted)
        assert (found.uri, found.handle, found.doubt) == (server.uri, server.handle, ""), pasted
    assert set(store.actors) == {server.uri}


def jrd(handle: str, uri: str) -> bytes:
    link = {"rel": "self", "type": "application/activity+json", "href": uri}
    return json.dumps({"subject": f"acct:{handle}", "links": [link]}).encode()


def only_for_browsers(page):
    async def answer(url, headers):
        return page if "text/html" in headers["Accept"] else None

    return answer


@pytest.mark.parametrize(
    "pasted",
    [
        " @ana@birch.example ",
        "<https://birch.example/users/ana>",
        "“@ana@birch.example”",
        "\u2068@ana@birch.example\u2069",
        "\u200bhttps://birch.example/users/ana",
        "birch.example/users/ana",
        "http://birch.example/users/ana",
        "@ana@birch.example,",
        "web+ap://birch.example/users/ana",
        "ap://birch.example/users/ana",
        "https://birch.example/users/ana#main-key",
        "https://birch.example:443/users/ana",
    ],
)
async def test_what_copying_brings_along_does_no_harm(finder, ana, pasted):
    assert (await finder.find(pasted)).uri == ANA


@pytest.mark.parametrize(
    "pasted", ["", "ana", "@ana", "ana at birch.example", "mailto:ana@birch.example/x", "@@birch.example"]
)
async def test_what_is_no_address_is_told_without_asking_anybody(finder, web, pasted):
    code, told = await refusal(finder, pasted)
    assert code == "handle"
    assert "@name@server.example" in told
    assert web.asked == []


@pytest.mark.parametrize("pasted", ["@bread@alder.example", "https://ALDER.example./actors/bread", "alder.example"])
async def test_our_own_addresses_are_told_so(finder, web, pasted):
    assert await refusal(finder, pasted) == ("own-address", "That is an address of this server.")
    assert web.asked == []


async def test_a_page_that_names_no_account_says_so(finder, web, ana):
    page = f"{BIRCH}/about"
    web.say(page, b"<html><head><title>About</title></head><body>Hello", Content_Type="text/html")
    assert await refusal(finder, page) == ("page-without-account", "That page names no fediverse account.")
    Server(ANA, "", (), {page: Page(link="/users/ana")}).tell(web)
    assert (await finder.find(page)).uri == ANA


async def test_only_one_hop_is_made_from_a_page(finder, web, ana):
    Server(ANA, "", (), {f"{BIRCH}/a": Page(link=f"{BIRCH}/b"), f"{BIRCH}/b": Page(link=ANA)}).tell(web)
    assert (await finder.find(f"{BIRCH}/b")).uri == ANA
    code, told = await refusal(finder, f"{BIRCH}/a")
    assert (code, told) == ("media-type", SENTENCES["media-type"].format(host="birch.example"))


async def test_a_page_may_name_an_account_of_another_server_that_says_the_same_of_itself(finder, web, ana):
    site = "https://ana.example/"
    Server(ANA, "", (), {site: Page(link=ANA)}).tell(web)
    assert (await finder.find(site)).handle == "ana@birch.example"
    web.document(ANA, actor("https://cedar.example/users/victim", "victim"))
    assert (await refusal(finder, site))[0] == "document-id"


async def test_an_account_whose_handle_does_not_loop_back_is_found_without_one(finder, web, ana):
    Server(ANA, "", (), {}, named("ana@birch.example", f"{BIRCH}/users/other")).tell(web)
    found = await finder.find(ANA)
    assert (found.uri, found.handle) == (ANA, "")
    assert found.doubt == "birch.example names another account for this address than the account does itself."
    del web.answers["https://birch.example/.well-known/webfinger?resource=acct%3Aana%40birch.example"]
    assert (await finder.find(ANA)).doubt == "birch.example answered 404 for this address."


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (404, "not-found", "birch.example answered 404 for this address."),
        (410, "gone", "birch.example says that this is gone for good."),
        (403, "peer-refused", "birch.example answered 403: it does not let us look at this."),
        (401, "peer-refused", "birch.example answered 401: it does not let us look at this."),
        (429, "peer-busy", "birch.example answered 429: it cannot help just now. Try again later."),
        (503, "peer-busy", "birch.example answered 503: it cannot help just now. Try again later."),
        (418, "unexpected-status", "birch.example answered 418 for this address."),
    ],
)
@pytest.mark.parametrize("by", ["link", "handle", "actor"])
async def test_what_a_server_answered_is_told_of_that_server(finder, web, ana, status, code, told, by):
    finger = "https://birch.example/.well-known/webfinger?resource=acct%3Aana%40birch.example"
    web.say(finger if by == "handle" else ANA, status=status)
    assert await refusal(finder, ANA if by == "link" else "@ana@birch.example") == (code, told)


async def test_the_server_that_failed_is_named_and_not_the_one_that_was_typed(finder, web):
    uri = "https://social.cedar.example/users/ana"
    Server(uri, "", (), {}, named("ana@birch.example", uri)).tell(web)
    assert await refusal(finder, "@ana@birch.example") == (
        "not-found",
        "social.cedar.example answered 404 for this address.",
    )
    web.answers[uri] = PeerUnreachable("timeout", origin="https://social.cedar.example")
    assert await refusal(finder, "@ana@birch.example") == (
        "timeout",
        "social.cedar.example did not answer in time. Try again later.",
    )


@pytest.mark.parametrize(
    ("bend", "code"),
    [
        ({"inbox": "https://elsewhere.example/inbox"}, "actor-inbox"),
        ({"preferredUsername": ""}, "actor-name"),
        ({"type": "Note", "attributedTo": None}, "no-account"),
        ({"type": "Tombstone"}, "gone"),
        ({"type": "Note", "attributedTo": "https://elsewhere.example/users/x"}, "owner"),
        ({"type": ["Person", "Note"], "attributedTo": "https://elsewhere.example/users/x"}, "owner"),
        ({"id": "https://elsewhere.example/users/x"}, "document-id"),
    ],
)
async def test_documents_that_are_no_account_of_their_server_are_refused_with_a_sentence(finder, web, ana, bend, code):
    assert (await finder.find(ANA)).uri == ANA
    web.document(ANA, {**actor(ANA, "ana"), **bend})
    assert await refusal(finder, ANA) == (code, SENTENCES[code].format(host="birch.example"))


async def test_an_account_that_names_itself_unreadably_is_told_so(finder, web, ana):
    web.document(ANA, actor(ANA, "ana", webfinger="Ana of Birch"))
    assert (await refusal(finder, "@ana@birch.example"))[0] == "handle-unreadable"
    assert (
        await finder.find(ANA)
    ).doubt == "The account at birch.example gives itself a name that cannot be looked up."


async def test_of_several_authors_the_first_is_taken_if_it_is_of_the_same_server(finder, web, ana):
    video = f"{BIRCH}/videos/1"
    web.document(video, post(video, [{"type": "Person", "id": ANA}, f"{BIRCH}/users/ben"], "Video"))
    assert (await finder.find(video)).uri == ANA
    web.document(video, post(video, [ANA, "https://elsewhere.example/users/x"], "Video"))
    assert (await refusal(finder, video))[0] == "owner"


async def test_a_person_and_a_group_of_one_name_are_told_apart(finder, web):
    person, group = f"{BIRCH}/u/bread", f"{BIRCH}/c/bread"
    for links in (((person, "Person"), (group, "Group")), (person, group), (group, person)):
        answers = {person: actor(person, "bread"), group: actor(group, "bread", "Group")}
        Server("", "", (), answers, named("bread@birch.example", *links)).tell(web)
        assert (await finder.find("!bread@birch.example")).uri == group
        assert (await finder.find("@bread@birch.example")).uri == person


@pytest.mark.parametrize(
    "subject", ["acct:ana@birch.example", ANA, "acct:ana%40birch.example", "ana", "", "acct:", "urn:x"]
)
async def test_a_subject_that_names_no_other_address_leaves_the_one_that_was_asked(finder, web, ana, subject):
    Server(ANA, "", (), {}, {"acct:ana@birch.example": (subject, (ANA,))}).tell(web)
    assert (await finder.find("@ana@birch.example")).handle == "ana@birch.example"


PIECES = [
    "@",
    "!",
    "://",
    "https",
    "http",
    "acct:",
    "birch.example",
    "[",
    "]",
    "::1",
    ":",
    "/",
    "?",
    "#",
    "%",
    " ",
    "\\",
    "ü",
    "\u202e",
    "\0",
]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pasted=st.text(max_size=30) | st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
async def test_whatever_is_pasted_ends_with_a_sentence(finder, pasted):
    code, told = await refusal(finder, pasted)
    assert code
    assert told.endswith(".")


def codes_of_peers() -> set[str]:
    """Every code with which code that a look-up runs through speaks of another server."""
    files = [*(ROOT / "fedcoop/federation/remote").glob("*.py")]
    files += [ROOT / f"fedcoop/federation/wire/{name}.py" for name in ("jsonld", "limits", "objects")]
    found = set()
    for path in files:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in PEER_ERRORS
                and node.args
            ):
                found |= {part.value for part in ast.walk(node.args[0]) if isinstance(part, ast.Constant)}
    return {code for code in found if isinstance(code, str)}


NOT_OF_LOOKUPS = {"key-owner", "context-unknown", ""}
"""Of keys of incoming requests, and of JSON-LD compaction."""


def test_every_code_has_its_sentence():
    codes = codes_of_peers() - NOT_OF_LOOKUPS
    assert len(codes) > 35
    assert codes - set(SENTENCES) == set()
    for code, sentence in SENTENCES.items():
        told = explained(PeerSaidNo(code, status=418, url="https://cedar.example/x"), "birch.example").message
        assert told.endswith(".")
        assert "{" not in told
        assert "cedar.example" in told or "{host}" not in sentence
    assert explained(PeerSaidNo("media-type"), "birch.example").message.startswith("birch.example ")
