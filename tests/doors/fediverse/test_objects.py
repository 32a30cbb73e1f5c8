"""GET of our actors, objects and collections (federation.md 3, 4)."""

import json

import pytest

from fedcoop.actions.fediverse.peers import block
from fedcoop.federation.server.negotiation import wants_activitypub
from fedcoop.kernel.ids import new_uuid
from fedcoop.storage import tables as t
from fedcoop.storage.records import ActivityRow, StoredObject
from tests.doors.harness import COOP, coop
from tests.doors.peer import AS2, send
from tests.doors.votes import open_poll, vote

LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


async def store(bread, *, public=True, audience=(), kind="Note", uri=""):
    """Publish an object of the co-op's and return its id."""
    uri = uri or f"{bread.origin}/notes/{new_uuid()}"

    def run(uow):
        actor = uow.actors.local(COOP)
        document = json.dumps({"@context": AS2, "id": uri, "type": kind, "attributedTo": actor.uri, "content": "x"})
        uow.notes.put_object(
            StoredObject(uri, actor.id, kind, document, public, True, tuple(audience), uow.now, uow.now, None)
        )

    await bread.units.write(run)
    return uri


async def store_activities(bread, number):
    def run(uow):
        actor = uow.actors.local(COOP)
        for n in range(number):
            uri = uow.urls.activity(new_uuid())
            document = json.dumps({"@context": AS2, "id": uri, "type": "Create", "n": n})
            uow.queues.add_activity(
                ActivityRow(uow.new_id(), uri, actor.id, "Create", "", n % 3 != 2, (), document, uow.now)
            )

    await bread.units.write(run)


# actors


async def test_the_coop_actor_has_everything_that_peers_need(bread):
    status, headers, actor = await bread.get(bread.uri)
    assert status == 200
    assert headers["Content-Type"] == "application/activity+json"
    assert "Accept" in headers["Vary"]
    assert actor["@context"][0] == AS2
    assert "https://www.w3.org/ns/did/v1" in actor["@context"]
    assert actor["id"] == bread.uri
    assert actor["type"] == "Organization"
    assert actor["preferredUsername"] == COOP
    assert actor["coop:kind"] == "cooperative"
    for name in ("inbox", "outbox", "followers", "following", "featured", "affiliations"):
        assert actor[name] == f"{bread.uri}/{name}"
    assert actor["endpoints"] == {"sharedInbox": bread.origin + "/inbox"}
    assert actor["publicKey"]["id"] == bread.uri + "#main-key"
    assert actor["publicKey"]["owner"] == bread.uri
    assert actor["publicKey"]["publicKeyPem"].startswith("-----BEGIN PUBLIC KEY-----\n")
    assert actor["assertionMethod"][0]["id"] == bread.uri + "#ed25519-key"
    assert actor["assertionMethod"][0]["publicKeyMultibase"].startswith("z6Mk")
    assert [actor[name] for name in ("manuallyApprovesFollowers", "discoverable", "indexable")] == [False, True, True]


async def test_an_etag_saves_the_second_transfer(bread):
    _, headers, _ = await bread.get(bread.uri)
    status, again, body = await bread.get(bread.uri, **{"If-None-Match": headers["ETag"]})
    assert (status, body, again["ETag"]) == (304, b"", headers["ETag"])


async def test_a_browser_is_sent_to_the_page(bread):
    status, headers, _ = await bread.get(bread.uri, accept="text/html,application/xhtml+xml,*/*;q=0.8")
    assert (status, headers["Location"]) == (303, f"{bread.origin}/@{COOP}")


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("application/activity+json", True),
        (LD, True),
        ("application/ld+json", True),
        (f"application/activity+json, {LD}, text/html;q=0.1", True),
        ("text/html, application/activity+json;q=0.9", False),
        ("text/html;q=0.5, application/activity+json;q=0.9", True),
        ("text/html, application/activity+json", False),
        ("application/activity+json, text/html", True),
        ("application/activity+json, */*;q=0.1", True),
        ("*/*", False),
        ("", False),
        ("application/json", False),
        ("application/activity+json;q=0", False),
        ("application/activity+json;q=x", False),
        ("APPLICATION/Activity+JSON", True),
    ],
)
def test_the_best_match_decides(accept, expected):
    assert wants_activitypub(accept) is expected


async def test_the_instance_actor_is_an_application_and_always_readable(tmp_path):
    async with coop(tmp_path, federation={"authorized_fetch": True}) as bread:
        status, _, actor = await bread.get("/actor", accept="*/*")
        assert status == 200
        assert (actor["type"], actor["inbox"]) == ("Application", bread.origin + "/inbox")
        for name in ("outbox", "followers", "following"):
            assert (await bread.get(actor[name]))[2]["totalItems"] == 0


async def test_nobody_is_404_and_a_deleted_actor_410_with_a_tombstone(bread):
    assert (await bread.get("/actors/nobody"))[0] == 404
    assert (await bread.get("/actors/instance.actor"))[0] == 404
    actor = await bread.units.read(lambda uow: uow.actors.local(COOP))
    await bread.units.write(lambda uow: uow.actors.mark_gone(actor.id, uow.now))
    bread.advance(seconds=6)
    status, _, grave = await bread.get(bread.uri)
    assert status == 410
    assert (grave["id"], grave["type"], grave["formerType"]) == (bread.uri, "Tombstone", "Organization")
    assert grave["deleted"]


# objects


async def test_a_public_object_is_served_as_stored(bread):
    uri = await store(bread)
    status, headers, found = await bread.get(uri)
    assert (status, found["id"]) == (200, uri)
    assert headers["Cache-Control"] == "public, max-age=60"
    status, headers, page = await bread.get(uri, accept="text/html")
    assert (status, page) == (200, b"page")
    assert "Accept" in headers["Vary"]


async def test_a_deleted_public_object_is_a_tombstone(bread):
    uri = await store(bread)
    await bread.units.write(lambda uow: uow.notes.delete_object(uri, uow.now))
    status, _, grave = await bread.get(uri)
    assert (status, grave["type"], grave["formerType"]) == (410, "Tombstone", "Note")
    assert "content" not in grave


async def test_a_private_object_is_shown_to_its_audience_and_missing_to_all_others(bread, peer):
    ana, eve = peer.actor("ana"), peer.actor("eve", rsa_number=1)
    uri = await store(bread, public=False, audience=[ana.uri])
    status, found = await send(bread.session, ana.signed_get(uri, bread.now))
    assert (status, found["id"]) == (200, uri), "and it is kept for nobody else"
    unknown = f"{bread.origin}/notes/{new_uuid()}"
    answers = [
        await bread.get(uri),
        await bread.get(unknown),
        (await send(bread.session, eve.signed_get(uri, bread.now))),
        (await send(bread.session, eve.signed_get(unknown, bread.now))),
        (await send(bread.session, ana.signed_get(unknown, bread.now))),
    ]
    assert {(answer[0], json.dumps(answer[-1])) for answer in answers} == {(404, '{"error": "not-found"}')}
    first, second = (dict(answers[n][1]) for n in (0, 1))
    assert {k: v for k, v in first.items() if k != "Date"} == {k: v for k, v in second.items() if k != "Date"}
    assert "Signature" in first["Vary"]


async def test_a_followers_only_object_is_shown_to_followers(bread, peer):
    ana, eve = peer.actor("ana"), peer.actor("eve", rsa_number=1)
    uri = await store(bread, public=False, audience=[bread.uri + "/followers"])
    follow = {"@context": AS2, "id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    assert (await send(bread.session, ana.signed_get(uri, bread.now)))[0] == 404
    await bread.deliver(ana, follow)
    assert (await send(bread.session, ana.signed_get(uri, bread.now)))[0] == 200
    assert (await send(bread.session, eve.signed_get(uri, bread.now)))[0] == 404
    await bread.units.write(block, target=ana.uri)
    bread.advance(seconds=2)
    assert (await send(bread.session, ana.signed_get(uri, bread.now)))[0] == 404


async def test_a_forged_signature_opens_nothing(bread, peer):
    ana, eve = peer.actor("ana"), peer.actor("eve", rsa_number=1)
    uri = await store(bread, public=False, audience=[ana.uri])
    forged = eve.signed_get(uri, bread.now)
    forged = forged.with_header("Signature", dict(forged.headers)["Signature"].replace("/users/eve", "/users/ana"))
    assert (await send(bread.session, forged))[0] == 404
    assert (await send(bread.session, ana.signed_get(uri, bread.now)))[0] == 200


async def test_with_authorized_fetch_every_get_needs_a_signature(tmp_path, peer):
    ana = peer.actor("ana")
    async with coop(tmp_path, federation={"authorized_fetch": True}) as bread:
        uri = await store(bread)
        for url in (bread.uri, uri, bread.uri + "/outbox"):
            assert (await bread.get(url))[0] == 401
            assert (await send(bread.session, ana.signed_get(url, bread.now)))[0] == 200
        await bread.units.write(block, target=peer.origin)
        bread.advance(seconds=2)
        assert (await send(bread.session, ana.signed_get(uri, bread.now)))[0] == 401


async def test_an_activity_is_served_as_sent(bread):
    await store_activities(bread, 3)
    _, _, page = await bread.get(bread.uri + "/outbox?page=first")
    uri = page["orderedItems"][0]["id"]
    assert (await bread.get(uri, accept="*/*"))[2]["id"] == uri


# collections


async def test_the_outbox_pages_through_public_activities_newest_first(bread):
    await store_activities(bread, 75)
    _, _, outbox = await bread.get(bread.uri + "/outbox")
    assert (outbox["type"], outbox["totalItems"]) == ("OrderedCollection", 50)
    seen, url = [], outbox["first"]
    while url:
        _, _, page = await bread.get(url)
        assert (page["type"], page["partOf"], page["id"]) == ("OrderedCollectionPage", outbox["id"], url)
        assert len(page["orderedItems"]) <= 20
        seen += [item["n"] for item in page["orderedItems"]]
        url = page.get("next")
    assert seen == [n for n in reversed(range(75)) if n % 3 != 2]


@pytest.mark.parametrize("cursor", ["x", "-1", "1.5", "ffffffffffffffff", "%00", "٣", "a" * 40])
async def test_a_bad_cursor_is_400(bread, cursor):
    assert (await bread.get(f"{bread.uri}/outbox?page={cursor}"))[0] == 400


async def test_followers_and_following_tell_their_number_only(bread, peer):
    ana = peer.actor("ana")
    await bread.deliver(
        ana, {"@context": AS2, "id": f"{ana.uri}/f", "type": "Follow", "actor": ana.uri, "object": bread.uri}
    )
    _, _, followers = await bread.get(bread.uri + "/followers")
    assert set(followers) == {"@context", "id", "type", "totalItems"}
    assert followers["totalItems"] == 1
    assert (await bread.get(bread.uri + "/following"))[2]["totalItems"] == 0


async def test_featured_and_affiliations_are_collections(bread):
    for name in ("featured", "affiliations"):
        status, _, found = await bread.get(f"{bread.uri}/{name}")
        assert (status, found["type"], found["orderedItems"]) == (200, "OrderedCollection", [])
    assert (await bread.get("/actors/nobody/featured"))[0] == 404


# motions as they are now


def totals(document):
    return {option["name"]: option["replies"]["totalItems"] for option in document["oneOf"]}


@pytest.mark.parametrize(("settings", "shown"), [({"visibility": "live"}, 1), ({"visibility": "after_close"}, 0)])
async def test_a_motion_shows_what_was_counted_or_zeros_while_results_are_hidden(bread, peer, settings, shown):
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    motion = await open_poll(bread, settings=settings)
    status, headers, before = await bread.get(motion.url)
    assert (status, headers["Cache-Control"]) == (200, "public, max-age=60")
    assert set(totals(before).values()) == {0}
    await bread.deliver(ana, vote(ana, bread, motion, "For"))
    bread.advance(seconds=1)
    _, _, after = await bread.get(motion.url)
    assert (totals(after)["For"], after["votersCount"]) == (shown, shown)
    assert "updated" not in after
    assert len(await bread.rows(t.ballots)) == 1


async def test_a_motion_is_counted_once_a_second_however_many_ask(bread):
    motion = await open_poll(bread)
    _, first, _ = await bread.get(motion.url)
    await bread.units.write(lambda uow: uow.notes.delete_object(motion.url, uow.now))
    status, again, _ = await bread.get(motion.url)
    assert (status, again["ETag"]) == (200, first["ETag"])
    assert (await bread.get(motion.url, **{"If-None-Match": first["ETag"]}))[0] == 304
    bread.advance(seconds=1)
    assert (await bread.get(motion.url))[0] == 410
