"""What WebFinger answers are made of: JRD (RFC 7033) and, for old servers, the XRD of host-meta (RFC 6415).

XML is read without document types, so there are no entities to expand and nothing to fetch (federation.md 2.2).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn
from xml.parsers import expat

from fedcoop.federation.remote.media_types import AS2, is_activitypub_media_type
from fedcoop.kernel.errors import PeerSaidNo

XRD_NAMESPACE = "http://docs.oasis-open.org/ns/xri/xrd-1.0"
MAX_LINKS = 100
GROUP = "Group"


@dataclass(frozen=True, slots=True)
class Jrd:
    """A WebFinger answer: whom it is about, and the ActivityPub actors that this is, by their ids.

    Most servers name one. Lemmy names a person and a community of the same name, told apart by `kinds`, the AS2 types
    where the answer gives them.
    """

    subject: str
    actor_ids: tuple[str, ...]
    kinds: tuple[str, ...] = ()

    def likely(self, *, group: bool) -> tuple[str, ...]:
        """Return the actor ids, first those that are called a group, or that are not."""
        called = dict(zip(self.actor_ids, self.kinds, strict=True))
        return tuple(sorted(self.actor_ids, key=lambda uri: (called[uri] == GROUP) is not group))


def parse_jrd(body: bytes) -> Jrd:
    """Return subject and `self` links. Raises PeerSaidNo (`webfinger-answer`) if either is missing."""
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise PeerSaidNo("webfinger-answer") from None
    if not isinstance(value, Mapping) or not isinstance(value.get("links"), list):
        raise PeerSaidNo("webfinger-answer")
    subject = value.get("subject")
    found = {href: _kind(link) for link in value["links"][:MAX_LINKS] if (href := _self_link(link))}
    if not isinstance(subject, str) or not found:
        raise PeerSaidNo("webfinger-answer", "the answer lacks subject or self link")
    return Jrd(subject, tuple(found), tuple(found.values()))


def _self_link(link: Any) -> str:
    if not isinstance(link, Mapping) or link.get("rel") != "self":
        return ""
    if not is_activitypub_media_type(str(link.get("type", ""))):
        return ""
    href = link.get("href")
    return href if isinstance(href, str) and len(href) <= 2048 else ""


def _kind(link: Mapping[str, Any]) -> str:
    properties = link.get("properties")
    found = properties.get(f"{AS2}#type") if isinstance(properties, Mapping) else ""
    return found if isinstance(found, str) else ""


def lrdd_template(body: bytes) -> str:
    """Return the `lrdd` template of a host-meta document. Raises PeerSaidNo (`host-meta-answer`)."""
    templates: list[str] = []

    def refuse(*_: Any) -> NoReturn:
        raise PeerSaidNo("host-meta-answer", "document types are not read")

    def start(name: str, attributes: dict[str, str]) -> None:
        if name == f"{XRD_NAMESPACE} Link" and attributes.get("rel") == "lrdd" and len(templates) < MAX_LINKS:
            templates.append(attributes.get("template", ""))

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.ExternalEntityRefHandler = refuse
    parser.StartElementHandler = start
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError):
        raise PeerSaidNo("host-meta-answer", "this is no XML") from None
    for template in templates:
        if "{uri}" in template:
            return template
    raise PeerSaidNo("host-meta-answer", "there is no lrdd link")
