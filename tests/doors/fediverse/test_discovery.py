"""How others find us: WebFinger, host-meta, NodeInfo (federation.md 2.2, 2.3)."""

import xml.etree.ElementTree as ElementTree

import pytest

from tests.doors.harness import COOP

WEBFINGER = "/.well-known/webfinger"


def authority(bread):
    return bread.origin.removeprefix("http://")


async def ask(bread, resource, **params):
    async with bread.session.get(
        bread.origin + WEBFINGER, params=[("resource", resource), *params.items()]
    ) as response:
        return response.status, await response.json(content_type=None), response.headers


@pytest.mark.parametrize(
    "form",
    ["acct:{n}@{a}", "{n}@{a}", "@{n}@{a}", "acct:@{n}@{a}", "{o}/actors/{n}", "{o}/@{n}", "acct:{N}@{a}"],
)
async def test_every_spelling_of_a_handle_finds_the_actor(bread, form):
    resource = form.format(n=COOP, N=COOP.upper(), a=authority(bread), o=bread.origin)
    status, found, headers = await ask(bread, resource)
    assert status == 200
    assert headers["Content-Type"].startswith("application/jrd+json")
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert found["subject"] == f"acct:{COOP}@{authority(bread)}"
    assert {"rel": "self", "type": "application/activity+json", "href": bread.uri} in found["links"]
    assert found["aliases"] == [bread.uri, f"{bread.origin}/@{COOP}"]


@pytest.mark.parametrize("form", ["{o}", "{o}/", "acct:{a}@{a}", "acct:{h}@{a}", "{o}/actor"])
async def test_the_origin_finds_the_instance_actor(bread, form):
    status, found, _ = await ask(bread, form.format(o=bread.origin, a=authority(bread), h="127.0.0.1"))
    assert status == 200
    assert found["links"][0]["href"] == bread.origin + "/actor"


@pytest.mark.parametrize(
    ("resource", "status"),
    [
        ("nonsense", 400),
        ("acct:", 400),
        ("acct:@", 400),
        ("acct:bread@", 400),
        ("@bread", 400),
        ("mailto:bread@coop.example", 400),
        ("https://", 400),
        ("acct:bread@other.example", 404),
        ("https://other.example/actors/bread", 404),
        ("acct:nobody@{a}", 404),
        ("acct:instance.actor@{a}", 404),
        ("{o}/motions/1", 404),
        ("{o}/actors/bread?x=1", 404),
    ],
)
async def test_what_is_unreadable_is_400_and_what_is_unknown_404(bread, resource, status):
    assert (await ask(bread, resource.format(a=authority(bread), o=bread.origin)))[0] == status


async def test_a_missing_or_repeated_resource_is_400(bread):
    async with bread.session.get(bread.origin + WEBFINGER) as response:
        assert response.status == 400
    params = [("resource", f"acct:{COOP}@{authority(bread)}")] * 2
    async with bread.session.get(bread.origin + WEBFINGER, params=params) as response:
        assert response.status == 400


async def test_a_deleted_actor_is_410(bread):
    actor = await bread.units.read(lambda uow: uow.actors.local(COOP))
    await bread.units.write(lambda uow: uow.actors.mark_gone(actor.id, uow.now))
    assert (await ask(bread, f"acct:{COOP}@{authority(bread)}"))[0] == 410


async def test_links_are_filtered_by_rel(bread):
    _, found, _ = await ask(bread, bread.uri, rel="self")
    assert [link["rel"] for link in found["links"]] == ["self"]


async def test_only_get_and_head_are_answered(bread):
    async with bread.session.post(bread.origin + WEBFINGER) as response:
        assert response.status == 405
    async with bread.session.head(bread.origin + WEBFINGER, params={"resource": bread.uri}) as response:
        assert response.status == 200


async def test_host_meta_names_webfinger(bread):
    async with bread.session.get(bread.origin + "/.well-known/host-meta") as response:
        assert response.content_type == "application/xrd+xml"
        link = ElementTree.fromstring(await response.text())[0]
    assert link.get("rel") == "lrdd"
    assert link.get("template") == f"{bread.origin}{WEBFINGER}?resource={{uri}}"
    status, _, found = await bread.get("/.well-known/host-meta.json")
    assert status == 200
    assert found["links"][0]["template"] == link.get("template")


async def test_nodeinfo_is_linked_and_true(bread):
    _, _, index = await bread.get("/.well-known/nodeinfo")
    links = {link["rel"].rsplit("/", 1)[-1]: link["href"] for link in index["links"]}
    assert links["activitystreams#Application"] == bread.origin + "/actor"
    for version in ("2.0", "2.1"):
        status, headers, info = await bread.get(links[version])
        assert status == 200
        assert f"schema/{version}#" in headers["Content-Type"]
        assert info["version"] == version
        assert info["software"]["name"] == "fedcoop"
        assert info["protocols"] == ["activitypub"]
        assert info["services"] == {"inbound": [], "outbound": []}
        assert info["openRegistrations"] is False
        assert info["usage"]["users"] == {}
        assert info["metadata"] == {"nodeName": "Bread Works", "nodeDescription": "A bakery."}
    assert (await bread.get("/nodeinfo/1.0"))[0] == 404
