"""Every row of the inbox pipeline (federation.md 8.1): each bent request beside the same one made rightly.

"No effect" is proven by looking at the whole database.
"""

import asyncio
import gzip
import hmac
import json
from datetime import timedelta
from email.utils import format_datetime

import pytest

from fedcoop.actions.fediverse.peers import block
from fedcoop.config import LimitsConfig
from fedcoop.storage import tables as t
from tests.doors.harness import COOP, OFF, coop
from tests.doors.peer import ACTIVITY_JSON, AS2, Sent, pem_of, rsa_key, send

pytestmark = pytest.mark.timeout(60)


def follow(ana, bread, number=1, **changes):
    activity = {
        "@context": AS2,
        "id": f"{ana.uri}/act/{number}",
        "type": "Follow",
        "actor": ana.uri,
        "object": bread.uri,
    }
    return {key: value for key, value in {**activity, **changes}.items() if value is not None}


async def followers(bread):
    return len(await bread.rows(t.follows))


async def assert_refused(bread, bent, status, right):
    """`bent` is answered with `status` and changes nothing; `right` then is accepted and has its effect."""
    before = await bread.state()
    assert await bread.post(bent) == status
    await bread.process()
    assert await bread.state() == before
    assert await bread.post(right) == 202
    await bread.process()
    assert await followers(bread) == 1


# what is right


@pytest.mark.parametrize("form", ["cavage", "rfc9421", "ed25519"])
async def test_a_signed_follow_is_accepted_and_answered(bread, peer, form):
    ana = peer.actor("ana", ed_number=0)
    if form == "cavage":
        sent = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    else:
        sent = ana.rfc9421(bread.inbox, follow(ana, bread), bread.now, ed=form == "ed25519")
    assert await bread.post(sent) == 202
    await bread.process()
    assert await followers(bread) == 1
    assert [row.type for row in await bread.rows(t.activities)] == ["Accept"]


async def test_the_shared_inbox_takes_the_same(bread, peer):
    ana = peer.actor("ana")
    assert await bread.post(ana.cavage(bread.origin + "/inbox", follow(ana, bread), bread.now)) == 202
    await bread.process()
    assert await followers(bread) == 1


# step 1


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("path", ["/inbox", f"/actors/{COOP}/inbox"])
async def test_other_methods_are_refused(bread, method, path):
    async with bread.session.request(method, bread.origin + path) as response:
        assert response.status == 405
        assert await response.json() == {"error": "method-not-allowed"}


async def test_an_outbox_takes_nothing(bread):
    async with bread.session.post(bread.uri + "/outbox", json={}) as response:
        assert response.status == 405


async def test_the_inbox_of_nobody_is_404_and_of_a_deleted_actor_410(bread, peer):
    ana = peer.actor("ana")
    nobody = f"{bread.origin}/actors/nobody/inbox"
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    await assert_refused(bread, ana.cavage(nobody, follow(ana, bread), bread.now), 404, right)
    coop_actor = await bread.units.read(lambda uow: uow.actors.local(COOP))
    await bread.units.write(lambda uow: uow.actors.mark_gone(coop_actor.id, uow.now))
    bread.advance(seconds=6)
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread, 2), bread.now)) == 410


# step 3 and 4


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "text/plain",
        "application/ld+json",
        'application/ld+json; profile="https://www.w3.org/ns/other"',
        "application/activity+json; charset=latin-1",
        "application/activity+jsonx",
        "",
    ],
)
async def test_other_media_types_are_refused(bread, peer, content_type):
    ana = peer.actor("ana")
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    covered = ["(request-target)", "host", "date", "digest"]
    bent = ana.cavage(bread.inbox, follow(ana, bread), bread.now, covered=covered).with_header(
        "Content-Type", content_type
    )
    await assert_refused(bread, bent, 415, right)


@pytest.mark.parametrize(
    "content_type",
    ['application/ld+json; profile="https://www.w3.org/ns/activitystreams"', ACTIVITY_JSON + "; charset=utf-8"],
)
async def test_both_media_types_of_activitypub_are_taken(bread, peer, content_type):
    ana = peer.actor("ana")
    covered = ["(request-target)", "host", "date", "digest"]
    sent = ana.cavage(bread.inbox, follow(ana, bread), bread.now, covered=covered).with_header(
        "Content-Type", content_type
    )
    assert await bread.post(sent) == 202


async def test_a_compressed_body_is_refused(bread, peer):
    ana = peer.actor("ana")
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    packed = gzip.compress(json.dumps(follow(ana, bread)).encode())
    bent = ana.cavage(bread.inbox, packed, bread.now).and_header("Content-Encoding", "gzip")
    await assert_refused(bread, bent, 415, right)


# step 5


async def test_a_body_over_a_mebibyte_is_refused_declared_or_counted(bread, peer):
    ana = peer.actor("ana")
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    big = ana.cavage(bread.inbox, follow(ana, bread, summary="x" * (1 << 20)), bread.now)

    async def chunks():
        for start in range(0, len(big.body), 65536):
            yield big.body[start : start + 65536]

    async with bread.session.post(big.url, data=chunks(), headers=big.headers) as response:
        assert response.status == 413
    await assert_refused(bread, big, 413, right)


# step 6


def cavage_bends(ana, bread):
    now, activity = bread.now, follow(ana, bread)

    def bent(**changes):
        return ana.cavage(bread.inbox, activity, now, **changes)

    right = bent()
    pem = pem_of(rsa_key(ana.rsa_number)).encode()
    signature = dict(right.headers)["Signature"]
    return {
        "no signature": (right.with_header("Signature", None), 401),
        "unreadable signature": (right.with_header("Signature", "nonsense"), 400),
        "another key": (bent(rsa_number=1), 401),
        "hmac keyed with the public key": (
            bent(algorithm="hmac-sha256", signer=lambda data: hmac.digest(pem, data, "sha256")),
            401,
        ),
        "hmac called rsa": (bent(signer=lambda data: hmac.digest(pem, data, "sha256")), 401),
        "rsa-sha1": (bent(algorithm="rsa-sha1"), 401),
        "target not covered": (bent(covered=["host", "date", "digest"]), 401),
        "host not covered": (bent(covered=["(request-target)", "date", "digest"]), 401),
        "date not covered": (bent(covered=["(request-target)", "host", "digest"]), 401),
        "digest not covered": (bent(covered=["(request-target)", "host", "date"]), 401),
        "a header covered twice": (bent(covered=["(request-target)", "host", "date", "digest", "date"]), 400),
        "no digest": (right.with_header("Digest", None), 401),
        "wrong digest": (bent(digest="SHA-256=" + "A" * 43 + "="), 401),
        "sha-512 only": (bent(digest="SHA-512=" + "A" * 86 + "=="), 401),
        "another body": (Sent(right.url, right.body.replace(b"act/1", b"act/9"), right.headers), 401),
        "stale": (bent(date=format_datetime(now - timedelta(minutes=66), usegmt=True)), 401),
        "from the future": (bent(date=format_datetime(now + timedelta(minutes=61), usegmt=True)), 401),
        "two dates": (right.and_header("Date", "Sun, 01 Mar 2026 10:00:00 GMT"), 400),
        "two digests": (right.and_header("Digest", "SHA-256=AAAA"), 400),
        "two signatures": (right.and_header("Signature", signature), 400),
        "key id of http elsewhere": (bent(key_id="acct:ana@social.example"), 401),
        "signed for another host": (bent(host="other.example"), 401),
    }


@pytest.mark.parametrize(
    "name",
    [
        "no signature",
        "unreadable signature",
        "another key",
        "hmac keyed with the public key",
        "hmac called rsa",
        "rsa-sha1",
        "target not covered",
        "host not covered",
        "date not covered",
        "digest not covered",
        "a header covered twice",
        "no digest",
        "wrong digest",
        "sha-512 only",
        "another body",
        "stale",
        "from the future",
        "two dates",
        "two digests",
        "two signatures",
        "key id of http elsewhere",
        "signed for another host",
    ],
)
async def test_a_bad_cavage_signature_is_refused(bread, peer, name):
    ana = peer.actor("ana")
    bent, status = cavage_bends(ana, bread)[name]
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    before = await bread.state()
    found = await bread.post(bent)
    assert found == status or (status == 401 and found == 400), found
    assert await bread.state() == before
    assert await bread.post(right) == 202
    await bread.process()
    assert await followers(bread) == 1


async def test_a_signature_in_authorization_is_not_read(bread, peer):
    ana = peer.actor("ana")
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    signature = dict(right.headers)["Signature"]
    bent = right.with_header("Signature", None).and_header("Authorization", f"Signature {signature}")
    await assert_refused(bread, bent, 401, right)


@pytest.mark.parametrize("name", ["stale", "another body", "another target", "two labels", "no fallback to cavage"])
async def test_a_bad_rfc9421_signature_is_refused(bread, peer, name):
    ana = peer.actor("ana")
    activity, now = follow(ana, bread), bread.now
    right = ana.rfc9421(bread.inbox, activity, now)
    headers = dict(right.headers)
    bent = {
        "stale": ana.rfc9421(bread.inbox, activity, now, created=now - timedelta(minutes=66)),
        "another body": Sent(right.url, right.body.replace(b"act/1", b"act/9"), right.headers),
        "another target": Sent(bread.origin + "/inbox", right.body, right.headers),
        "two labels": right.with_header(
            "Signature-Input", headers["Signature-Input"] + ", sig2=" + headers["Signature-Input"][5:]
        ),
        "no fallback to cavage": ana.cavage(bread.inbox, activity, now).and_header("Signature-Input", "sig1=()"),
    }[name]
    before = await bread.state()
    assert await bread.post(bent) in (400, 401)
    assert await bread.state() == before
    assert await bread.post(right) == 202


async def test_what_was_sent_to_one_instance_cannot_be_replayed_at_another(tmp_path, bread, peer):
    ana = peer.actor("ana")
    sent = ana.cavage(bread.origin + "/inbox", follow(ana, bread), bread.now)
    async with coop(tmp_path) as other:
        before = await other.state()
        assert await other.post(Sent(other.origin + "/inbox", sent.body, sent.headers)) == 401
        assert (
            await other.post(
                Sent(other.origin + "/inbox", sent.body, sent.headers).with_header("Host", other.origin[7:])
            )
            == 401
        )
        assert await other.state() == before
    assert await bread.post(sent) == 202


# step 7


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"x"',
        b"{",
        b"\xff{}",
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","type":"Like","actor":"https://a.example/x"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":NaN}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":["Follow"],"actor":"https://a.example/x"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":7}',
        b'{"type":"Follow","actor":"https://a.example/x"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":"https://a.example/x","x":'
        + b"[" * 60
        + b"]" * 60
        + b"}",
        b"[" * 100_000,
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":"https://a.example/x","x":['
        + b"1," * 6000
        + b"1]}",
        b'{"@context":["https://www.w3.org/ns/activitystreams",{"actor":"https://evil.example/actor"}],"type":"Follow","actor":"https://a.example/x"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","@graph":[],"type":"Follow","actor":"https://a.example/x"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":"https://a.example/x","n":1234567890123456789012}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":"https://a.example/x","n":"\\ud800"}',
        b'{"@context":"https://www.w3.org/ns/activitystreams","type":"Follow","actor":"https://a.example/x","n":"\\u0000"}',
    ],
)
async def test_a_body_that_is_no_activity_is_400(bread, peer, body):
    ana = peer.actor("ana")
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    await assert_refused(bread, ana.cavage(bread.inbox, body, bread.now), 400, right)


# steps 8 to 10


@pytest.mark.parametrize("what", ["origin", "actor"])
async def test_a_blocked_sender_is_403_and_its_key_is_not_fetched(bread, peer, what):
    ana, ben = peer.actor("ana"), peer.actor("ben", rsa_number=1)
    target = peer.origin if what == "origin" else ana.uri
    await bread.units.write(block, target=target)
    before = await bread.state()
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 403
    assert await bread.state() == before
    assert peer.requests == []
    assert await bread.post(ben.cavage(bread.inbox, follow(ben, bread), bread.now)) == (
        403 if what == "origin" else 202
    )


@pytest.mark.parametrize("type_", ["Delete", "Update"])
async def test_news_of_an_actor_that_we_do_not_know_is_taken_without_fetching(bread, peer, type_):
    eve = peer.actor("eve")
    activity = {"@context": AS2, "id": f"{eve.uri}#delete", "type": type_, "actor": eve.uri, "object": eve.uri}
    before = await bread.state()
    assert await bread.post(eve.cavage(bread.inbox, activity, bread.now)) == 202
    assert await bread.state() == before
    assert peer.requests == []


async def test_an_unreachable_key_is_503_with_retry_after_so_that_honest_senders_come_again(bread, peer):
    ana = peer.actor("ana")
    sent = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    peer.broken = True
    async with bread.session.post(sent.url, data=sent.body, headers=sent.headers) as response:
        assert response.status == 503
        assert int(response.headers["Retry-After"]) > 0
    assert await followers(bread) == 0
    peer.broken = False
    bread.advance(minutes=3)
    assert await bread.post(sent) == 202


async def test_a_key_that_does_not_exist_is_401(bread, peer):
    ana = peer.actor("ana")
    before = await bread.state()
    assert (
        await bread.post(
            ana.cavage(bread.inbox, follow(ana, bread), bread.now, key_id=f"{peer.origin}/users/nobody#main-key")
        )
        == 401
    )
    assert (
        await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now, key_id=ana.uri + "#other-key")) == 401
    )
    assert await bread.state() == before
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 202


async def test_a_new_key_is_fetched_once_when_the_known_one_no_longer_fits(bread, peer):
    ana = peer.actor("ana")
    assert await bread.deliver(ana, follow(ana, bread)) == 202
    ana.rsa_number = 1
    assert await bread.deliver(ana, follow(ana, bread, 2)) == 401, (
        "a key younger than five minutes is not fetched again"
    )
    bread.advance(minutes=6)
    assert await bread.deliver(ana, follow(ana, bread, 3)) == 202


# steps 11 to 14


async def test_somebody_elses_activity_is_403(bread, peer):
    ana, eve = peer.actor("ana"), peer.actor("eve", rsa_number=1)
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    await assert_refused(bread, eve.cavage(bread.inbox, follow(ana, bread), bread.now), 403, right)


@pytest.mark.parametrize(
    ("id_", "status"),
    [
        (None, 400),
        ("https://other.example/act/1", 403),
        ("urn:uuid:1", 403),
        ("", 403),
        (7, 403),
        ("http://127.0.0.1/act/1", 403),
    ],
)
async def test_an_id_of_another_origin_or_none_is_refused(bread, peer, id_, status):
    ana = peer.actor("ana")
    right = ana.cavage(bread.inbox, follow(ana, bread), bread.now)
    await assert_refused(bread, ana.cavage(bread.inbox, follow(ana, bread, id=id_), bread.now), status, right)


async def test_an_undo_may_lack_an_id_but_not_be_replayed(bread, peer):
    ana = peer.actor("ana")
    assert await bread.deliver(ana, follow(ana, bread)) == 202
    undo = {"@context": AS2, "type": "Undo", "actor": ana.uri, "object": follow(ana, bread)}
    sent = ana.cavage(bread.inbox, undo, bread.now)
    assert await bread.post(sent) == 202
    await bread.process()
    assert await followers(bread) == 0
    assert await bread.deliver(ana, follow(ana, bread, 2)) == 202
    assert await bread.post(sent) == 202
    await bread.process()
    assert await followers(bread) == 1


async def test_a_suspended_actor_is_403(bread, peer):
    ana, ben = peer.actor("ana"), peer.actor("ben", rsa_number=1)
    assert await bread.deliver(ben, follow(ben, bread)) == 202
    await bread.parts.actors.actor(ana.uri)
    await bread.units.write(
        lambda uow: uow.conn.execute(t.actors.update().where(t.actors.c.uri == ana.uri).values(suspended_at=uow.now))
    )
    bread.advance(seconds=2)
    before = await bread.state()
    assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 403
    assert await bread.state() == before


async def test_an_id_seen_before_has_no_second_effect(bread, peer):
    ana = peer.actor("ana")
    assert await bread.deliver(ana, follow(ana, bread)) == 202
    before = await bread.state()
    assert await bread.deliver(ana, follow(ana, bread)) == 202
    assert await bread.deliver(ana, {**follow(ana, bread), "type": "Like"}) == 202
    assert await bread.state() == before


async def test_many_at_once_are_all_stored_and_each_once(bread, peer):
    actors = [peer.actor(f"a{n}", rsa_number=n % 2) for n in range(20)]
    sent = [a.cavage(bread.inbox, follow(a, bread), bread.now) for a in actors] * 2
    assert {await result for result in asyncio.as_completed([bread.post(s) for s in sent])} == {202}
    await bread.process()
    assert await followers(bread) == 20
    assert bread.in_flight.oldest() is None


# step 2 and limits


async def limited(tmp_path, peer, **limits):
    return coop(
        tmp_path, limits=LimitsConfig(**{**{name: getattr(OFF, name) for name in OFF.__struct_fields__}, **limits})
    )


async def test_an_address_that_never_verified_is_slowed_down(tmp_path, peer):
    async with await limited(tmp_path, peer, address=8) as bread:
        junk = Sent(bread.inbox, b"{}", [("Content-Type", ACTIVITY_JSON)])
        statuses = [await bread.post(junk) for _ in range(4)]
        assert statuses == [401, 401, 429, 429]


async def test_a_known_address_may_send_more(tmp_path, peer):
    async with await limited(tmp_path, peer, address=4, known_address=400) as bread:
        ana = peer.actor("ana")
        statuses = [await bread.deliver(ana, follow(ana, bread, n)) for n in range(10)]
        assert statuses == [202] * 10


@pytest.mark.parametrize("limit", ["origin", "actor"])
async def test_an_origin_and_an_actor_have_their_own_measure(tmp_path, peer, limit):
    async with await limited(tmp_path, peer, **{limit: 8}) as bread:
        ana = peer.actor("ana")
        statuses = [await bread.deliver(ana, follow(ana, bread, n)) for n in range(4)]
        assert statuses == [202, 202, 429, 429]
        bread.advance(seconds=60)
        assert await bread.deliver(ana, follow(ana, bread, 9)) == 202


async def test_after_many_bad_signatures_an_address_is_not_listened_to(tmp_path, peer):
    async with await limited(tmp_path, peer, bad_signatures=8) as bread:
        ana = peer.actor("ana")
        bent = ana.cavage(bread.inbox, follow(ana, bread), bread.now, rsa_number=1)
        assert [await bread.post(bent) for _ in range(3)] == [401, 401, 429]
        assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 429
        bread.advance(seconds=60)
        assert await bread.post(ana.cavage(bread.inbox, follow(ana, bread), bread.now)) == 202


async def test_made_up_actors_are_learned_at_a_bounded_rate(tmp_path, peer):
    async with await limited(tmp_path, peer, new_actors=3, new_hosts=10) as bread:
        actors = [peer.actor(f"a{n}") for n in range(5)]
        statuses = [await bread.deliver(a, follow(a, bread)) for a in actors]
        assert statuses == [202, 202, 202, 503, 503]
        assert len([row for row in await bread.rows(t.actors) if not row.local]) == 3


async def test_error_bodies_are_short_and_echo_nothing(bread):
    status, body = await send(bread.session, Sent(bread.inbox, b'{"<script>":1}', [("Content-Type", ACTIVITY_JSON)]))
    assert status == 401
    assert set(body) == {"error"}
    assert "<" not in json.dumps(body)
