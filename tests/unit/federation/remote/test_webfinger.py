"""A handle is verified when the host that the actor claims names that very actor."""

import json
from urllib.parse import quote

import pytest

from fedcoop.federation.remote.webfinger import WebFinger
from fedcoop.federation.remote.xrd import lrdd_template
from fedcoop.kernel.errors import FedcoopError, PeerSaidNo

ACTOR = "https://social.birch.example/actors/b"
XRD = '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">{}</XRD>'
LINK = '<Link rel="lrdd" template="https://birch.example/lookup?acct={uri}"/>'


@pytest.fixture
def finger(web, documents) -> WebFinger:
    return WebFinger(web, documents)


def asked_at(acct: str) -> str:
    host = acct.partition("@")[2]
    return f"https://{host}/.well-known/webfinger?resource=acct%3A{quote(acct, safe='')}"


def jrd(subject: str, href: str = ACTOR, type_: str = "application/activity+json") -> bytes:
    return json.dumps({"subject": f"acct:{subject}", "links": [{"rel": "self", "type": type_, "href": href}]}).encode()


def tell(web, acct: str, subject: str = "", href: str = ACTOR) -> None:
    web.say(asked_at(acct), jrd(subject or acct, href))


async def refusal(finger: WebFinger, handle: str = "@b@birch.example") -> str:
    with pytest.raises(FedcoopError) as caught:
        await finger.resolve_handle(handle)
    return caught.value.code


@pytest.mark.parametrize(
    "handle",
    ["@b@social.birch.example", "b@Social.Birch.Example", "acct:b@social.birch.example", " @B@social.birch.example "],
)
async def test_a_handle_in_any_spelling_leads_to_actor_and_canonical_handle(finger, web, make_actor, handle):
    tell(web, "b@social.birch.example")
    web.answers[asked_at("B@social.birch.example")] = web.answers[asked_at("b@social.birch.example")]
    web.document(ACTOR, make_actor(ACTOR))
    assert await finger.resolve_handle(handle) == (ACTOR, "@b@social.birch.example")
    assert len(web.asked) == 2


async def test_the_address_that_the_actor_claims_is_the_one_that_counts(finger, web, make_actor):
    tell(web, "b@social.birch.example", "b@birch.example")
    tell(web, "b@birch.example")
    web.document(ACTOR, make_actor(ACTOR, webfinger="b@birch.example"))
    assert await finger.resolve_handle("@b@social.birch.example") == (ACTOR, "@b@birch.example")
    tell(web, "b@birch.example", href="https://social.birch.example/actors/other")
    assert await refusal(finger, "@b@social.birch.example") == "handle-mismatch"


async def test_one_other_subject_is_asked_and_a_third_is_an_error(finger, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR))
    tell(web, "b@social.birch.example", "bea@birch.example")
    tell(web, "bea@birch.example")
    assert await finger.resolve_handle("@b@social.birch.example") == (ACTOR, "@bea@birch.example")
    tell(web, "bea@birch.example", "beatrice@birch.example")
    tell(web, "beatrice@birch.example")
    assert await refusal(finger, "@b@social.birch.example") == "handle-mismatch"


async def test_a_host_cannot_claim_an_actor_that_does_not_claim_it(finger, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR))
    tell(web, "b@social.birch.example")
    tell(web, "boss@evil.example")
    assert await finger.resolve_handle("@boss@evil.example") == (ACTOR, "@b@social.birch.example")


async def test_an_actor_cannot_claim_a_host_that_does_not_claim_it(finger, web, make_actor):
    actor = make_actor(ACTOR, webfinger="b@birch.example")
    tell(web, "b@birch.example")
    assert await finger.verify_handle(actor) == "@b@birch.example"
    tell(web, "b@birch.example", href="https://birch.example/actors/true")
    assert await finger.verify_handle(actor) is None
    del web.answers[asked_at("b@birch.example")]
    assert await finger.verify_handle(actor) is None
    assert await finger.verify_handle(make_actor(ACTOR, webfinger="b@localhost")) is None
    assert await finger.verify_handle({"id": ACTOR}) is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b'{"links": []}',
        b"[" * 100_000,
        jrd("b@birch.example", type_="text/html"),
        jrd("b@birch.example", type_="application/ld+json"),
        json.dumps({"links": [{"rel": "self", "type": "application/activity+json", "href": ACTOR}]}).encode(),
        json.dumps({"subject": "acct:b@birch.example", "links": [1, {"rel": "self"}]}).encode(),
    ],
)
async def test_an_answer_without_subject_or_self_link_is_refused(finger, web, make_actor, body):
    web.document(ACTOR, make_actor(ACTOR, webfinger="b@birch.example"))
    tell(web, "b@birch.example")
    await finger.resolve_handle("@b@birch.example")
    web.say(asked_at("b@birch.example"), body)
    assert await refusal(finger) == "webfinger-answer"


@pytest.mark.parametrize(
    "handle", ["", "b", "@b", "@@birch.example", "b@birch.example/x", "a b@birch.example", "b@c@birch.example"]
)
async def test_what_is_no_handle_is_refused_without_asking(finger, web, handle):
    assert await refusal(finger, handle) == "handle"
    assert web.asked == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "alder.example", "printer.local", "birch.example:22"])
async def test_hosts_that_may_not_be_asked_are_refused(finger, web, host):
    assert await refusal(finger, f"@b@{host}") in ("url-refused", "address-refused")
    assert web.asked == []


async def test_on_404_host_meta_is_asked_once(finger, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR, webfinger="b@birch.example"))
    web.say("https://birch.example/.well-known/host-meta", XRD.format(LINK).encode())
    web.say("https://birch.example/lookup?acct=acct%3Ab%40birch.example", jrd("b@birch.example"))
    assert await finger.resolve_handle("@b@birch.example") == (ACTOR, "@b@birch.example")
    web.say(asked_at("b@birch.example"), status=410)
    assert await refusal(finger) == "gone"


async def test_redirects_are_followed_over_https_only(finger, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR, webfinger="b@birch.example"))
    web.redirect(asked_at("b@birch.example"), "https://social.birch.example/wf")
    web.say("https://social.birch.example/wf", jrd("b@birch.example"))
    assert await finger.resolve_handle("@b@birch.example") == (ACTOR, "@b@birch.example")
    web.redirect(asked_at("b@birch.example"), "http://social.birch.example/wf")
    assert await refusal(finger) == "redirect-refused"


@pytest.mark.parametrize(
    "document",
    [
        "",
        "<XRD>",
        XRD.format(""),
        XRD.format('<Link rel="lrdd" template="https://birch.example/"/>'),
        '<XRD><Link rel="lrdd" template="https://birch.example/{uri}"/></XRD>',
        "<!DOCTYPE XRD>" + XRD.format(LINK),
        '<!DOCTYPE XRD [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + XRD.format(LINK + "&b;"),
        '<!DOCTYPE XRD SYSTEM "http://127.0.0.1/x.dtd">' + XRD.format(LINK),
    ],
)
def test_host_meta_with_a_document_type_or_without_a_template_is_refused(document: str):
    assert lrdd_template(XRD.format(LINK).encode()) == "https://birch.example/lookup?acct={uri}"
    with pytest.raises(PeerSaidNo) as caught:
        lrdd_template(document.encode())
    assert caught.value.code == "host-meta-answer"
