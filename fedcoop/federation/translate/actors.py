"""Our own actors as ActivityPub documents (federation.md 3). What we read of others' is `inbox/seen.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from fedcoop.federation.wire.contexts import CONTEXT_ACTOR
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.profile import fields_of, summary_html
from fedcoop.urls import Urls

_TYPES = {
    "cooperative": "Organization",
    "federation": "Organization",
    "circle": "Group",
    "assembly": "Group",
    "member": "Person",
    "instance": "Application",
}
_MEDIA_TYPES = {"png": "image/png", "jpg": "image/jpeg"}
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
    @property
    def website(self) -> str: ...
    @property
    def contact(self) -> str: ...
    @property
    def fields(self) -> Mapping[str, str]: ...


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
    @property
    def icon(self) -> str: ...
    @property
    def image(self) -> str: ...


class _Key(Protocol):
    @property
    def key_id(self) -> str: ...
    @property
    def algorithm(self) -> str: ...
    @property
    def material(self) -> str: ...


def actor_document(
    urls: Urls, instance: _Instance, actor: _Actor, keys: Sequence[_Key], *, media: str
) -> dict[str, Any]:
    """Return the document of one of our actors, with its public keys; the instance actor has neither profile nor followers.

    The co-op's own says what the settings say of it; `media` is the folder of its pictures.
    """
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
        "summary": actor.summary if kind == "Person" else summary_html(instance.description),
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
        "attachment": _fields(urls, instance, is_member=kind == "Person"),
        **_pictures(actor, media),
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
        "summary": summary_html(instance.description),
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


def _fields(urls: Urls, instance: _Instance, *, is_member: bool) -> list[dict[str, str]]:
    """A member's profile leads to the co-op's pages and says nothing else of it (3.1)."""
    found = (
        fields_of(website="", contact="", fields={}, origin=urls.origin)
        if is_member
        else fields_of(website=instance.website, contact=instance.contact, fields=instance.fields, origin=urls.origin)
    )
    return [{"type": "PropertyValue", "name": field.name, "value": field.html} for field in found]


def _pictures(actor: _Actor, media: str) -> dict[str, Any]:
    named = (("icon", actor.icon), ("image", actor.image))
    return {key: _image(f"{media}/{name}", name) for key, name in named if name}


def _image(url: str, name: str) -> dict[str, str]:
    return {"type": "Image", "mediaType": _MEDIA_TYPES[name.rpartition(".")[2]], "url": url}
