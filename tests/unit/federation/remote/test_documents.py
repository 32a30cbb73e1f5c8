"""Documents are believed only where id, owner and address agree."""

import asyncio

import pytest

from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.documents import ACCEPT, is_activitypub_media_type
from fedcoop.federation.remote.lanes import Lanes
from fedcoop.federation.remote.transport import Response
from fedcoop.kernel.errors import FedcoopError, PeerError

BIRCH = "https://birch.example"
NOTE = f"{BIRCH}/notes/1"


async def refusal(documents, url=NOTE, **more) -> str:
    with pytest.raises(PeerError) as caught:
        await documents.fetch(url, **more)
    return caught.value.code


async def test_a_document_whose_id_is_its_url_is_returned_and_the_get_is_signed(documents, web):
    web.document(NOTE, {"id": NOTE, "attributedTo": f"{BIRCH}/actors/b", "content": "x"})
    assert (await documents.fetch(f"{NOTE}#part"))["content"] == "x"
    assert web.asked == [(NOTE, {"Signature": f"cavage {NOTE}", "Accept": ACCEPT})]


async def test_another_id_of_the_same_origin_is_fetched_once_and_must_then_match(documents, web):
    web.document(f"{BIRCH}/@b/1", {"id": NOTE})
    web.document(NOTE, {"id": NOTE, "content": "x"})
    assert (await documents.fetch(f"{BIRCH}/@b/1"))["content"] == "x"
    web.document(NOTE, {"id": f"{BIRCH}/notes/2"})
    assert await refusal(documents, f"{BIRCH}/@b/1") == "document-id"


@pytest.mark.parametrize(
    ("document", "code"),
    [
        ({"id": "https://cedar.example/notes/1"}, "document-id"),
        ({"id": "https://birch.example:8443/notes/1"}, "document-id"),
        ({"id": "https://alder.example/notes/1"}, "document-id"),
        ({"id": None}, "document-id"),
        ({"id": 7}, "document-id"),
        ({"id": NOTE, "attributedTo": "https://cedar.example/actors/c"}, "owner"),
        ({"id": NOTE, "attributedTo": [f"{BIRCH}/a", "https://cedar.example/c"]}, "owner"),
        ({"id": NOTE, "actor": {"id": "https://cedar.example/actors/c"}}, "owner"),
        ({"id": NOTE, "owner": "https://cedar.example/actors/c"}, "owner"),
    ],
)
async def test_a_document_that_speaks_for_others_is_refused(documents, web, document, code):
    web.document(NOTE, {"id": NOTE})
    await documents.fetch(NOTE)
    web.document(NOTE, document)
    assert await refusal(documents) == code


async def test_our_own_origin_is_never_asked(documents, web):
    web.document("https://alder.example/notes/1", {"id": "https://alder.example/notes/1"})
    assert await refusal(documents, "https://alder.example/notes/1") == "url-refused"
    assert web.asked == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (404, "not-found"),
        (410, "gone"),
        (403, "peer-refused"),
        (429, "peer-busy"),
        (406, "unexpected-status"),
        (202, "unexpected-status"),
    ],
)
async def test_every_status_but_200_has_its_code(documents, web, status, code):
    web.say(NOTE, status=status)
    assert await refusal(documents) == code


async def test_what_is_no_activitypub_is_refused(documents, web):
    web.document(NOTE, {"id": NOTE}, 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"')
    await documents.fetch(NOTE)
    for media_type in ("application/json", "text/html", "application/ld+json", ""):
        web.document(NOTE, {"id": NOTE}, media_type)
        assert await refusal(documents) == "media-type"
    web.say(NOTE, b"[1]", Content_Type="application/activity+json")
    assert await refusal(documents) == "json-object"


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        ("application/activity+json", True),
        ("Application/Activity+JSON; charset=UTF-8", True),
        ('application/activity+json; charset="utf-8"', True),
        ("application/activity+json; charset=latin-1", False),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams"', True),
        ("application/ld+json;profile=https://www.w3.org/ns/activitystreams", True),
        ('application/ld+json; profile="http://a https://www.w3.org/ns/activitystreams"', True),
        ('application/ld+json; profile="https://www.w3.org/ns/activitystreams2"', False),
        ('application/ld+json; x="https://www.w3.org/ns/activitystreams"', False),
        ("application/ld+json; profile=a; profile=https://www.w3.org/ns/activitystreams", False),
        ("application/activity+jsonx", False),
        ("application/activity+json, text/html", False),
        ("text/html; a=application/activity+json", False),
        ("", False),
    ],
)
def test_media_types_are_compared_as_parsed(value: str, is_one: bool):
    assert is_activitypub_media_type(value) is is_one


async def test_a_redirect_within_the_origin_is_followed_checked_and_signed_anew(documents, web):
    web.redirect(f"{BIRCH}/old", "/notes/1")
    web.document(NOTE, {"id": NOTE})
    assert (await documents.fetch(f"{BIRCH}/old"))["id"] == NOTE
    assert [headers["Signature"] for _, headers in web.asked] == [f"cavage {BIRCH}/old", f"cavage {NOTE}"]
    web.document(NOTE, {"id": f"{BIRCH}/old"})
    assert (await documents.fetch(f"{BIRCH}/old"))["id"] == f"{BIRCH}/old"


async def test_a_redirect_to_another_origin_counts_only_where_nothing_was_expected(documents, web):
    there = "https://cedar.example/notes/1"
    web.redirect(NOTE, there)
    web.document(there, {"id": there})
    assert await refusal(documents) == "redirected-away"
    assert (await documents.fetch(NOTE, may_move=True))["id"] == there
    web.document(there, {"id": NOTE})
    assert await refusal(documents, may_move=True) == "document-id"


@pytest.mark.parametrize(
    ("location", "code"),
    [
        ("http://birch.example/notes/2", "redirect-refused"),
        ("https://birch.example/notes/1#x", "redirect-refused"),
        ("", "redirect-refused"),
        ("https://127.0.0.1/", "address-refused"),
        ("https://localhost/", "url-refused"),
        ("https://alder.example/notes/1", "url-refused"),
        ("https://user@birch.example/", "url-refused"),
        ("https://birch.example:22/", "url-refused"),
        ("file:///etc/passwd", "redirect-refused"),
        ("https://[", "redirect-refused"),
    ],
)
async def test_redirects_to_where_nobody_may_go_are_refused(documents, web, location, code):
    web.redirect(NOTE, location)
    assert await refusal(documents, may_move=True) == code
    assert web.urls == [NOTE]


async def test_three_redirects_are_followed_and_a_fourth_or_a_circle_is_not(documents, web):
    for number in range(4):
        web.redirect(f"{BIRCH}/r{number}", f"/r{number + 1}")
    web.document(f"{BIRCH}/r4", {"id": f"{BIRCH}/r4"})
    assert (await documents.fetch(f"{BIRCH}/r1"))["id"] == f"{BIRCH}/r4"
    assert await refusal(documents, f"{BIRCH}/r0") == "redirect-refused"
    web.redirect(f"{BIRCH}/r1", "/r0")
    web.asked.clear()
    assert await refusal(documents, f"{BIRCH}/r0") == "redirect-refused"
    assert web.urls == [f"{BIRCH}/r0", f"{BIRCH}/r1"]


def takes(web, wanted: str, status: int = 401):
    """Make the note's server refuse with `status` whatever is not signed as wanted."""
    web.document(NOTE, {"id": NOTE})
    good = web.answers[NOTE]

    async def answer(url: str, headers) -> Response:
        return good if headers["Signature"].startswith(wanted) else Response(status, {}, b"", url)

    web.answers[NOTE] = answer


@pytest.mark.parametrize("status", [400, 401, 500])
async def test_the_second_knock_is_rfc_9421_and_is_remembered(documents, web, schemes, status):
    takes(web, "rfc9421", status)
    await documents.fetch(NOTE)
    await documents.fetch(NOTE)
    assert [headers["Signature"].split()[0] for _, headers in web.asked] == ["cavage", "rfc9421", "rfc9421"]
    assert schemes == {BIRCH: "rfc9421"}


async def test_a_remembered_form_is_given_up_when_it_is_refused(documents, web, schemes):
    schemes[BIRCH] = "rfc9421"
    takes(web, "cavage")
    await documents.fetch(NOTE)
    assert schemes == {BIRCH: "cavage"}


async def test_an_ill_server_that_is_known_is_not_knocked_at_twice(documents, web, schemes):
    schemes[BIRCH] = "cavage"
    takes(web, "rfc9421", 503)
    assert await refusal(documents) == "peer-busy"
    assert len(web.asked) == 1


async def test_a_query_is_left_out_of_the_signature_once_for_older_peers(documents, web):
    url = f"{NOTE}?page=1"
    web.document(url, {"id": url})
    good = web.answers[url]

    async def answer(asked: str, headers) -> Response:
        return good if headers["Signature"] == f"cavage {NOTE}" else Response(401, {}, b"", asked)

    web.answers[url] = answer
    assert (await documents.fetch(url))["id"] == url
    assert web.urls == [url] * 3


async def test_a_budget_ends_with_its_fetches_its_time_or_its_depth(documents, web, clock):
    web.document(NOTE, {"id": NOTE})
    budget = FetchBudget(clock.monotonic, fetches=2)
    await documents.fetch(NOTE, budget)
    await documents.fetch(NOTE, budget.deeper())
    assert await refusal(documents, budget=budget) == "fetch-budget"
    late = FetchBudget(clock.monotonic, wall_s=0.0)
    assert late.remaining_s == 0.0
    assert await refusal(documents, budget=late) == "fetch-budget"
    below = documents.budget().deeper().deeper().deeper()
    with pytest.raises(FedcoopError):
        below.deeper()


async def test_two_fetches_from_one_origin_run_at_once_and_others_are_not_held_up():
    lanes = Lanes(total=3, per_key=2)
    inside: list[str] = []
    leave = asyncio.Event()

    async def visit(key: str) -> None:
        async with lanes.enter(key):
            inside.append(key)
            await leave.wait()

    tasks = [asyncio.create_task(visit(key)) for key in ("a", "a", "a", "a", "b", "c")]
    for _ in range(5):
        await asyncio.sleep(0)
    assert inside == ["a", "a", "b"]
    leave.set()
    await asyncio.gather(*tasks)
    assert sorted(inside) == ["a", "a", "a", "a", "b", "c"]
    assert lanes._lanes == {}
