"""How others find us: WebFinger, host-meta and NodeInfo (federation.md 2.2, 2.3)."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from fedcoop import __version__
from fedcoop.federation.server.keys import UNITS
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import Local, Urls, origin_of

routes = web.RouteTableDef()

_PROFILE_PAGE = "http://webfinger.net/rel/profile-page"
_SUBSCRIBE = "http://ostatus.org/schema/1.0/subscribe"
_SCHEMA = "http://nodeinfo.diaspora.software/ns/schema/"
_EVERYBODY = {"Access-Control-Allow-Origin": "*"}
_HOUR = {"Cache-Control": "public, max-age=3600"}
_INSTANCE = Local("instance_actor")


@routes.get("/.well-known/webfinger")
async def webfinger(request: web.Request) -> web.Response:
    """Answer who a handle or URL of ours is: every row of the table in federation.md 2.2."""
    resources = request.query.getall("resource", [])
    if len(resources) != 1 or len(resources[0]) > 2048:
        return _refusal(400, "resource")
    units = request.app[UNITS]
    urls = units.site.urls
    try:
        local = parse_resource(urls, resources[0])
    except ValueError:
        return _refusal(400, "resource")
    if local is None:
        return _refusal(404, "not-found")
    if local == _INSTANCE:
        return _jrd(_instance_links(urls), request)
    actor = await units.read(_find_local, local.name)
    if actor is None or actor.uri == urls.instance_actor:
        return _refusal(404, "not-found")
    if actor.gone_at is not None:
        return _refusal(410, "gone")
    return _jrd(_actor_links(urls, actor), request)


def parse_resource(urls: Urls, resource: str) -> Local | None:
    """Return what of ours `resource` names, None for another domain or nothing of ours. Raises ValueError if unreadable."""
    if "://" in resource:
        return _parse_url(urls, resource)
    handle = resource[5:] if resource.lower().startswith("acct:") else resource
    name, at, domain = handle.removeprefix("@").rpartition("@")
    is_ours = urls.is_our_domain(domain)
    if is_ours and (urls.is_our_domain(name) or name.lower() == urls.host):
        return _INSTANCE
    if not at or not name or not domain or any(c.isspace() or c in "/?#:" for c in name):
        raise ValueError(resource)
    if not is_ours:
        return None
    return Local("actor", name.lower())


def _parse_url(urls: Urls, resource: str) -> Local | None:
    origin = origin_of(resource)
    if origin is None:
        raise ValueError(resource)
    if origin != urls.origin:
        return None
    parts = urlsplit(resource)
    local = urls.parse(urls.origin + parts.path) if not parts.query and not parts.fragment else None
    if local is not None and local.kind in ("home", "instance_actor"):
        return _INSTANCE
    return Local("actor", local.name) if local is not None and local.kind in ("actor", "profile") else None


def _find_local(uow: UnitOfWork, name: str) -> Actor | None:
    return uow.actors.find_local(name)


def _actor_links(urls: Urls, actor: Actor) -> dict[str, Any]:
    return {
        "subject": f"acct:{actor.name}@{urls.authority}",
        "aliases": [actor.uri, urls.profile(actor.name)],
        "links": [
            {"rel": "self", "type": "application/activity+json", "href": actor.uri},
            {"rel": _PROFILE_PAGE, "type": "text/html", "href": urls.profile(actor.name)},
            {"rel": _SUBSCRIBE, "template": f"{urls.origin}/interact?uri={{uri}}"},
        ],
    }


def _instance_links(urls: Urls) -> dict[str, Any]:
    return {
        "subject": f"acct:{urls.host}@{urls.authority}",
        "aliases": [urls.instance_actor, urls.origin],
        "links": [
            {"rel": "self", "type": "application/activity+json", "href": urls.instance_actor},
            {"rel": _PROFILE_PAGE, "type": "text/html", "href": urls.origin},
        ],
    }


def _jrd(value: dict[str, Any], request: web.Request) -> web.Response:
    wanted = request.query.getall("rel", [])
    if wanted:
        value["links"] = [link for link in value["links"] if link["rel"] in wanted]
    return _json(value, "application/jrd+json")


def _json(value: Mapping[str, Any], kind: str) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), headers={"Content-Type": kind, **_EVERYBODY, **_HOUR})


def _refusal(status: int, code: str) -> web.Response:
    body = json.dumps({"error": code}).encode()
    return web.Response(status=status, body=body, headers={"Content-Type": "application/json", **_EVERYBODY})


@routes.get("/.well-known/host-meta")
async def host_meta(request: web.Request) -> web.Response:
    """Answer where WebFinger is, as XRD."""
    template = f"{request.app[UNITS].site.urls.origin}/.well-known/webfinger?resource={{uri}}"
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">'
        f'<Link rel="lrdd" type="application/jrd+json" template="{template}"/></XRD>\n'
    )
    return web.Response(body=body.encode(), headers={"Content-Type": "application/xrd+xml", **_EVERYBODY, **_HOUR})


@routes.get("/.well-known/host-meta.json")
async def host_meta_json(request: web.Request) -> web.Response:
    """Answer where WebFinger is, as JRD."""
    template = f"{request.app[UNITS].site.urls.origin}/.well-known/webfinger?resource={{uri}}"
    return _json(
        {"links": [{"rel": "lrdd", "type": "application/jrd+json", "template": template}]}, "application/jrd+json"
    )


@routes.get("/.well-known/nodeinfo")
async def nodeinfo_index(request: web.Request) -> web.Response:
    """Answer which NodeInfo there is, and which actor speaks for the server (FEP-2677)."""
    urls = request.app[UNITS].site.urls
    links = [{"rel": f"{_SCHEMA}{version}", "href": f"{urls.origin}/nodeinfo/{version}"} for version in ("2.1", "2.0")]
    links.append({"rel": "https://www.w3.org/ns/activitystreams#Application", "href": urls.instance_actor})
    return _json({"links": links}, "application/json")


@routes.get("/nodeinfo/{version:2\\.[01]}")
async def nodeinfo(request: web.Request) -> web.Response:
    """Answer what runs here; counts that are given are true (FEP-0151)."""
    units = request.app[UNITS]
    version = request.match_info["version"]
    instance = units.site.config.instance
    software = {"name": "fedcoop", "version": __version__}
    value = {
        "version": version,
        "software": software,
        "protocols": ["activitypub"],
        "services": {"inbound": [], "outbound": []},
        "openRegistrations": False,
        "usage": {"users": {}, "localPosts": await units.read(_count_posts)},
        "metadata": {"nodeName": instance.name, "nodeDescription": instance.description},
    }
    return _json(value, f'application/json; profile="{_SCHEMA}{version}#"')


def _count_posts(uow: UnitOfWork) -> int:
    return uow.notes.count_posts()
