"""Keys come from their owner's own document, are asked for seldom, and failures are remembered."""

import asyncio
from datetime import timedelta

import pytest

from fedcoop.federation.remote.actors import Actors
from fedcoop.federation.remote.memory import LearningLimits, Refusals
from fedcoop.federation.remote.store import MemoryActorStore, StoredActor
from fedcoop.kernel.errors import BadSignature, PeerError, PeerGone, PeerSaidNo, PeerUnreachable
from fedcoop.kernel.lru import Lru

BIRCH = "https://birch.example"
ACTOR = f"{BIRCH}/actors/b"
KEY = f"{ACTOR}#main-key"


@pytest.fixture
def store() -> MemoryActorStore:
    return MemoryActorStore()


@pytest.fixture
def loaded() -> list[str]:
    return []


@pytest.fixture
def actors(documents, store, clock, loaded) -> Actors:
    def load(key):
        if key.material == "junk":
            raise ValueError("no key")
        loaded.append(key.material)
        return f"object of {key.material}"

    return Actors(
        documents, store, clock, load=load, limits=LearningLimits(new_hosts=2, new_actors=3), pause_s=lambda: 0.0
    )


async def refusal(actors: Actors, key_id: str = KEY, **more) -> tuple[type, str]:
    with pytest.raises(PeerError) as caught:
        await actors.key(key_id, **more)
    return type(caught.value), caught.value.code


async def test_a_key_is_taken_from_its_owners_document_and_kept(actors, web, store, make_actor, loaded):
    web.document(ACTOR, make_actor(ACTOR))
    key = await actors.key(KEY)
    assert (key.owner, key.algorithm, key.material) == (ACTOR, "rsa", "PEM 1")
    assert (await actors.loaded_key(KEY)).public == "object of PEM 1"
    assert store.keys[KEY] == key
    assert (web.urls, loaded) == ([ACTOR], ["PEM 1"])


async def test_a_stored_key_needs_no_network(actors, web, store, clock, make_actor, loaded):
    await store.save_actor(make_actor(ACTOR), clock.now())
    assert (await actors.key(KEY)).material == "PEM 1"
    assert (web.urls, loaded) == ([], ["PEM 1"])


async def test_ed25519_keys_are_found_too(actors, web, make_actor):
    entry = {"id": f"{ACTOR}#ed", "type": "Multikey", "controller": ACTOR, "publicKeyMultibase": "z6MkTest"}
    web.document(ACTOR, make_actor(ACTOR, assertionMethod=[entry]))
    assert (await actors.key(f"{ACTOR}#ed")).algorithm == "ed25519"


async def test_a_stub_that_names_the_actor_is_not_believed_but_followed(actors, web, make_actor):
    key_id = f"{ACTOR}/main-key"
    web.document(key_id, make_actor(ACTOR, key_id=key_id, material="PEM of the stub"))
    web.document(ACTOR, make_actor(ACTOR, key_id=key_id))
    assert (await actors.key(key_id)).material == "PEM 1"
    assert web.urls == [key_id, ACTOR]


async def test_a_key_document_leads_to_its_owner_of_the_same_origin_only(actors, web, clock, make_actor):
    key_id = f"{BIRCH}/keys/1"
    web.document(ACTOR, make_actor(ACTOR, key_id=key_id))
    web.document(key_id, {"id": key_id, "type": "Key", "owner": ACTOR, "publicKeyPem": "PEM of the stub"})
    assert (await actors.key(key_id)).material == "PEM 1"
    other = f"{BIRCH}/keys/2"
    there = "https://cedar.example/actors/c"
    web.document(there, make_actor(there, key_id=other))
    web.document(other, {"id": other, "type": "Key", "owner": there, "publicKeyPem": "PEM"})
    assert (await refusal(actors, other))[1] == "owner"
    web.document(f"{BIRCH}/keys/3", {"id": f"{BIRCH}/keys/3", "type": "Key"})
    assert (await refusal(actors, f"{BIRCH}/keys/3"))[1] == "key-owner"


async def test_a_key_that_the_owner_does_not_show_or_own_is_unknown(actors, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR))
    assert await refusal(actors, f"{ACTOR}#other-key") == (BadSignature, "key-unknown")
    cedar = f"{BIRCH}/actors/c"
    actor = make_actor(cedar)
    actor["publicKey"]["owner"] = ACTOR
    web.document(cedar, actor)
    assert await refusal(actors, f"{cedar}#main-key") == (BadSignature, "key-unknown")
    assert (await actors.key(KEY)).owner == ACTOR


@pytest.mark.parametrize(
    "key_id", ["acct:b@birch.example", "", "key", "https://user@birch.example/k", f"{BIRCH}/" + "a" * 2048]
)
async def test_key_ids_that_are_no_urls_are_refused_without_asking(actors, web, key_id):
    assert await refusal(actors, key_id) == (BadSignature, "key-id")
    assert web.urls == []


@pytest.mark.parametrize(
    "key_id",
    ["http://birch.example/a#k", "https://localhost/a#k", "https://alder.example/a#k", "https://birch.example:22/a"],
)
async def test_key_ids_that_nobody_may_ask_for_are_bad_signatures(actors, web, key_id):
    assert await refusal(actors, key_id) == (BadSignature, "key-id")
    assert await refusal(actors, key_id) == (BadSignature, "key-id")
    assert web.urls == []


async def test_unusable_material_is_a_bad_signature(actors, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR, material="junk"))
    assert await refusal(actors) == (BadSignature, "key-unusable")


async def test_what_is_gone_or_invalid_is_not_asked_for_again_for_ten_minutes(actors, web, clock, make_actor):
    web.say(ACTOR, status=410)
    assert await refusal(actors) == (PeerGone, "gone")
    web.document(ACTOR, make_actor(ACTOR))
    clock.advance(timedelta(minutes=9, seconds=59))
    assert await refusal(actors) == (PeerGone, "gone")
    assert web.urls == [ACTOR]
    clock.advance(timedelta(seconds=1))
    assert (await actors.key(KEY)).owner == ACTOR


async def test_an_unreachable_origin_is_left_alone_for_two_minutes(actors, web, clock, make_actor, unreachable):
    web.answers[ACTOR] = unreachable
    other = f"{BIRCH}/actors/c"
    web.document(other, make_actor(other))
    assert await refusal(actors) == (PeerUnreachable, "connection-failed")
    assert await refusal(actors, f"{other}#main-key") == (PeerUnreachable, "connection-failed")
    assert web.urls == [ACTOR]
    clock.advance(timedelta(minutes=2))
    assert (await actors.key(f"{other}#main-key")).owner == other


async def test_look_ups_of_one_key_at_once_are_one_fetch(actors, web, make_actor):
    web.document(ACTOR, make_actor(ACTOR))
    good, go = web.answers[ACTOR], asyncio.Event()

    async def answer(url, headers):
        await go.wait()
        return good

    web.answers[ACTOR] = answer
    tasks = [asyncio.create_task(actors.key(KEY)) for _ in range(20)]
    await asyncio.sleep(0)
    tasks[0].cancel()
    go.set()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(results[0], asyncio.CancelledError)
    assert {result.owner for result in results[1:]} == {ACTOR}
    assert web.urls == [ACTOR]


async def test_close_gives_up_look_ups_under_way(actors, web):
    async def never(url, headers):
        await asyncio.Event().wait()

    web.answers[ACTOR] = never
    task = asyncio.create_task(actors.key(KEY))
    for _ in range(5):
        await asyncio.sleep(0)
    await actors.close()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_key_is_asked_for_again_at_most_once_in_five_minutes(actors, web, clock, make_actor, loaded):
    web.document(ACTOR, make_actor(ACTOR))
    await actors.key(KEY)
    web.document(ACTOR, make_actor(ACTOR, material="PEM 2"))
    assert (await actors.key(KEY, refresh=True)).material == "PEM 1"
    clock.advance(timedelta(minutes=5))
    assert (await actors.key(KEY)).material == "PEM 1"
    assert (await actors.key(KEY, refresh=True)).material == "PEM 2"
    assert (await actors.key(KEY, refresh=True)).material == "PEM 2"
    assert (await actors.key(KEY)).material == "PEM 2"
    assert (web.urls, loaded) == ([ACTOR, ACTOR], ["PEM 1", "PEM 2"])


async def test_a_refresh_that_cannot_reach_the_owner_says_so_and_is_not_repeated(
    actors, web, store, clock, make_actor, unreachable
):
    await store.save_actor(make_actor(ACTOR), clock.now() - timedelta(hours=1))
    web.answers[ACTOR] = unreachable
    assert await refusal(actors, refresh=True) == (PeerUnreachable, "connection-failed")
    assert await refusal(actors, refresh=True) == (PeerUnreachable, "connection-failed")
    assert web.urls == [ACTOR]
    assert (await actors.key(KEY)).material == "PEM 1"


async def test_a_key_that_its_owner_withdrew_is_forgotten(actors, web, clock, make_actor):
    web.document(ACTOR, make_actor(ACTOR))
    await actors.key(KEY)
    clock.advance(timedelta(hours=25))
    web.document(ACTOR, make_actor(ACTOR, key_id=f"{ACTOR}#new-key"))
    await actors.actor(ACTOR)
    assert await refusal(actors) == (BadSignature, "key-unknown")
    assert (await actors.key(f"{ACTOR}#new-key")).owner == ACTOR


async def test_a_key_older_than_a_day_is_used_and_its_owner_asked_meanwhile(actors, web, store, clock, make_actor):
    await store.save_actor(make_actor(ACTOR), clock.now() - timedelta(hours=25))
    web.document(ACTOR, make_actor(ACTOR, material="PEM 2"))
    assert [(await actors.key(KEY)).material for _ in range(2)] == ["PEM 1", "PEM 1"]
    await asyncio.gather(*actors._refreshing.values())
    assert (await actors.key(KEY)).material == "PEM 2"
    assert (web.urls, actors._refreshing) == ([ACTOR], {})


async def test_an_actor_that_cannot_be_refreshed_stays_in_use(actors, web, store, clock, make_actor):
    await store.save_actor(make_actor(ACTOR), clock.now() - timedelta(hours=25))
    web.say(ACTOR, status=404)
    await actors.key(KEY)
    await asyncio.gather(*actors._refreshing.values())
    assert (await actors.key(KEY)).material == "PEM 1"
    await actors.close()


async def test_an_actor_is_fetched_when_older_than_a_day_and_kept_when_its_server_is_away(
    actors, web, clock, make_actor, unreachable
):
    web.document(ACTOR, make_actor(ACTOR))
    first = await actors.actor(ACTOR)
    clock.advance(timedelta(hours=24))
    assert await actors.actor(ACTOR) == StoredActor(ACTOR, first.document, first.fetched_at)
    assert web.urls == [ACTOR]
    clock.advance(timedelta(seconds=1))
    web.answers[ACTOR] = unreachable
    assert (await actors.actor(ACTOR)).fetched_at == first.fetched_at
    clock.advance(timedelta(minutes=2))
    web.document(ACTOR, make_actor(ACTOR))
    assert (await actors.actor(ACTOR)).fetched_at == clock.now()


async def test_an_actor_must_be_what_it_was_asked_for_and_alive(actors, web, store, clock, make_actor):
    web.document(ACTOR, make_actor(ACTOR))
    web.document(f"{BIRCH}/@b", make_actor(ACTOR))
    assert (await actors.actor(ACTOR)).uri == ACTOR
    with pytest.raises(PeerError) as caught:
        await actors.actor(f"{BIRCH}/@b")
    assert caught.value.code == "actor-id"
    store.actors[ACTOR] = StoredActor(ACTOR, {}, clock.now(), gone=True)
    with pytest.raises(PeerGone):
        await actors.actor(ACTOR)


async def test_only_so_many_new_hosts_of_a_parent_domain_are_learned_in_an_hour(actors, web, clock, make_actor):
    for label in ("a", "b", "c"):
        uri = f"https://{label}.wild.example/u"
        web.document(uri, make_actor(uri))
    web.document(ACTOR, make_actor(ACTOR))
    for _ in range(5):
        assert (await refusal(actors, "https://nothing.wild.example/u#main-key"))[0] is PeerGone
    await actors.key("https://a.wild.example/u#main-key")
    await actors.key("https://b.wild.example/u#main-key")
    assert await refusal(actors, "https://c.wild.example/u#main-key") == (PeerUnreachable, "learning-limit")
    assert (await actors.key(KEY)).owner == ACTOR
    clock.advance(timedelta(hours=1))
    assert (await actors.key("https://c.wild.example/u#main-key")).owner == "https://c.wild.example/u"


async def test_only_so_many_new_actors_of_an_origin_are_learned_in_an_hour(actors, web, make_actor):
    uris = [f"{BIRCH}/actors/{number}" for number in range(4)]
    for uri in uris:
        web.document(uri, make_actor(uri))
    for uri in uris[:3]:
        await actors.actor(uri)
    with pytest.raises(PeerUnreachable) as caught:
        await actors.actor(uris[3])
    assert (caught.value.code, caught.value.details["retry_after_s"]) == ("learning-limit", 3600.0)
    assert (await actors.key(f"{uris[0]}#main-key")).owner == uris[0]


async def test_without_limits_all_are_learned():
    limits = LearningLimits(new_hosts=0, new_actors=0)
    for number in range(50):
        limits.check("o", f"{number}.example", new_host=True, now=0.0)
        limits.count("o", f"{number}.example", new_host=True, now=0.0)


def test_what_strangers_make_us_remember_is_bounded():
    refusals, lru = Refusals(size=3), Lru(2)
    for number in range(10):
        refusals.note(str(number), PeerSaidNo("media-type"), 10.0)
        lru.put(number, number)
    assert (len(refusals), len(lru)) == (3, 2)
    with pytest.raises(PeerSaidNo):
        refusals.check("9", 9.9)
    refusals.check("0", 9.9)
    refusals.check("9", 10.0)
    assert len(refusals) == 2
