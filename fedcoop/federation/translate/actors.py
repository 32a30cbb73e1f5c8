"""Our own actors as ActivityPub documents (federation.md 3). What we read of others' is `inbox/seen.py`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from fedcoop.federation.wire.contexts import CONTEXT_ACTOR
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import escape
from fedcoop.urls import Urls

_TYPES = {
    "cooperative": "Organization",
    "federation": "Organization",
    "circle": "Group",
    "assembly": "Group",
    "member": "Person",
    "instance": "Application",
}
_KINDS = {"Organization": "cooperative", "Group": "circle", "Person": "member"}
_IMPLEMENTS = [
    {
        "type": "Link",
        "href": "https://datatracker.ietf.org/doc/html/rfc9421",
        "name": "RFC-9421: HTTP Message Signatures",
    }
]


class _Instance(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def description(self) -> str: ...


class _Actor(Protocol):
    @property
    def uri(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def display_name(self) -> str: ...
    @property
    def summary(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class _Key(Protocol):
    @property
    def key_id(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def material(self) -> str: ...


def actor_document(urls: Urls, instance: _Instance, actor: _Actor, keys: Sequence[_Key]) -> dict[str, Any]:
    """Return the document of one of our actors, with its public keys; the instance actor has neither profile nor followers."""
    kind = _TYPES.get(actor.kind, actor.kind)
    if kind == "Application":
        return _instance_actor(urls, instance, actor, keys)
    name = actor.name
    document: dict[str, Any] = {
        "@context": CONTEXT_ACTOR,
        "id": actor.uri,
        "type": kind,
        "coop:kind": actor.kind if actor.kind in _TYPES else _KINDS[kind],
        "preferredUsername": name,
        "webfinger": urls.handle(name).removeprefix("@"),
        "name": actor.display_name or name,
        "summary": actor.summary,
        "url": urls.profile(name),
        "published": rfc3339(actor.created_at.replace(hour=0, minute=0, second=0, microsecond=0)),
        "inbox": urls.inbox(name),
        "outbox": urls.outbox(name),
        "followers": urls.followers(name),
        "following": urls.following(name),
        "featured": urls.featured(name),
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "manuallyApprovesFollowers": kind == "Person",
        "discoverable": kind != "Person",
        "indexable": kind != "Person",
        **_keys(actor, keys),
        "generator": {"type": "Application", "name": "fedcoop", "implements": _IMPLEMENTS},
        "attachment": [_website(urls)],
    }
    if kind == "Person":
        document["coop:affiliatedWith"] = urls.actor(instance.actor)
    else:
        document["affiliations"] = urls.affiliations(name)
    return document


def _instance_actor(urls: Urls, instance: _Instance, actor: _Actor, keys: Sequence[_Key]) -> dict[str, Any]:
    return {
        "@context": CONTEXT_ACTOR,
        "id": urls.instance_actor,
        "type": "Application",
        "preferredUsername": urls.host,
        "webfinger": f"{urls.host}@{urls.authority}",
        "name": instance.name,
        "summary": f"<p>{escape(instance.description)}</p>" if instance.description else "",
        "url": urls.origin,
        "inbox": urls.shared_inbox,
        "outbox": f"{urls.instance_actor}/outbox",
        "followers": f"{urls.instance_actor}/followers",
        "following": f"{urls.instance_actor}/following",
        "endpoints": {"sharedInbox": urls.shared_inbox},
        "manuallyApprovesFollowers": True,
        "discoverable": False,
        "indexable": False,
        **_keys(actor, keys),
        "generator": {"type": "Application", "name": "fedcoop", "implements": _IMPLEMENTS},
    }


def _keys(actor: _Actor, keys: Sequence[_Key]) -> dict[str, Any]:
    shown: dict[str, Any] = {}
    for key in keys:
        if key.algorithm == "ed25519":
            shown.setdefault("assertionMethod", []).append(
                {"id": key.key_id, "type": "Multikey", "controller": actor.uri, "publicKeyMultibase": key.material}
            )
        else:
            shown["publicKey"] = {"id": key.key_id, "owner": actor.uri, "publicKeyPem": key.material}
    return shown


def _website(urls: Urls) -> dict[str, str]:
    origin = escape(urls.origin)
    value = f'<a href="{origin}" rel="me">{escape(urls.authority)}</a>'
    return {"type": "PropertyValue", "name": "Website", "value": value}
