"""Templates of decisions: saved, renamed, deleted, imported, offered to other co-ops, received from them."""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fedcoop.actions.acting import in_name_of
from fedcoop.actions.members.registrar import demand_announcing
from fedcoop.governance.events import TemplateOffered, TemplateWithdrawn
from fedcoop.governance.members.bylaws import Bylaws
from fedcoop.governance.members.permissions import Deed, demand
from fedcoop.governance.proposals.templates import (
    BUILT_IN,
    FORMAT,
    Template,
    check_template,
    renamed,
    template_of,
    template_to_json,
)
from fedcoop.kernel.canonical import canonical_bytes
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.ids import MemberId, new_uuid
from fedcoop.storage.proposals.templates import StoredTemplate
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork

MAX_BYTES = 32 * 1024
MAX_OWN, MAX_OFFERS = 200, 50


@in_name_of("by")
def save_template(uow: UnitOfWork, *, by: MemberId | None, template: Template, origin: str = "") -> StoredTemplate:
    """The template is one of the co-op's own. `by` None is the operator.

    Raises NotAllowed, Invalid (as `check_template`) or Conflict (`template-exists`, `template-many`).
    """
    if by is not None:
        demand(uow.members.get(by), Deed.OPEN_MOTION, Bylaws())
    check_template(template)
    _check_free(uow, template.key)
    if len(uow.templates.all()) >= MAX_OWN:
        raise Conflict("template-many", f"There are {MAX_OWN} templates already. Delete one that nobody uses.")
    stored = StoredTemplate(uow.new_id(), new_uuid(), template, by, origin, None, uow.now, uow.now)
    uow.templates.put(stored)
    _note(uow, "template-imported" if origin else "template-saved", by, stored)
    return stored


@in_name_of("by")
def import_template(
    uow: UnitOfWork, *, by: MemberId | None, text: str, key: str = "", title: str = "", origin: str = ""
) -> StoredTemplate:
    """The template of a file is one of the co-op's own, under another short name or title where one is given.

    Raises Invalid (`template-json`, `template-long`, or as `template_of`), and what `save_template` raises.
    """
    template = read_template(text)
    if key or title:
        template = renamed(template, key=key or template.key, title=title or template.title)
    return save_template(uow, by=by, template=template, origin=origin)


def read_template(text: str) -> Template:
    """Return the checked template of a file. Raises Invalid (`template-json`, `template-long`, or as `template_of`)."""
    if len(text.encode()) > MAX_BYTES:
        raise Invalid("template-long", f"A template file has at most {MAX_BYTES // 1024} KB.", field="file")
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Invalid("template-json", f"This is no JSON file. A template is one of the form {FORMAT}.") from error
    return template_of(value)


def template_file(template: Template) -> str:
    """Return the file of a template: canonical JSON, one line."""
    return canonical_bytes(template_to_json(template)).decode() + "\n"


@in_name_of("by")
def rename_template(uow: UnitOfWork, *, by: MemberId | None, uuid: str, key: str, title: str) -> StoredTemplate:
    """The template has another short name and title. Raises NotFound, NotAllowed, Invalid, Conflict (`template-exists`)."""
    stored = _own(uow, by, uuid)
    template = renamed(stored.template, key=key, title=title)
    if template.key != stored.template.key:
        _check_free(uow, template.key)
    later = replace(stored, template=template, updated_at=uow.now)
    uow.templates.put(later)
    _note(uow, "template-renamed", by, later)
    if later.offered_at is not None:
        uow.record(TemplateOffered(uuid=uuid, again=True))
    return later


@in_name_of("by")
def delete_template(uow: UnitOfWork, *, by: MemberId | None, uuid: str) -> None:
    """The template is gone, here and where it was offered. Raises NotFound, NotAllowed."""
    stored = _own(uow, by, uuid)
    uow.templates.drop(stored.id)
    _note(uow, "template-deleted", by, stored)
    if stored.offered_at is not None:
        uow.record(TemplateWithdrawn(uuid=uuid))


@in_name_of("by")
def offer_template(uow: UnitOfWork, *, by: MemberId | None, uuid: str) -> StoredTemplate:
    """Everybody may read the template, and followers hear of it. Raises NotFound, NotAllowed, Conflict (`template-offered`)."""
    if by is not None:
        demand_announcing(uow, by)
    stored = uow.templates.get(uuid)
    if stored.offered_at is not None:
        raise Conflict("template-offered", "This template is offered already.")
    later = replace(stored, offered_at=uow.now)
    uow.templates.put(later)
    _note(uow, "template-offered", by, later)
    uow.record(TemplateOffered(uuid=uuid, again=False))
    return later


def receive_offer(uow: UnitOfWork, *, author: Actor, uri: str, value: Any) -> bool:
    """Remember what a followed co-op offers, to be looked at and imported by a member; return whether it was kept.

    Whether this program can use it is judged when somebody looks: a newer one may.
    """
    document, owner = _document(value), uow.templates.owner_of_offer(uri)
    if document is None or owner not in (None, author.id):
        return False
    if owner is None and uow.templates.count_offers(author.id) >= MAX_OFFERS:
        return False
    uow.templates.put_offer(id_=uow.new_id(), uri=uri, actor_id=author.id, document=document, at=uow.now)
    return True


@in_name_of("by")
def accept_offer(uow: UnitOfWork, *, by: MemberId, offer_id: int, key: str = "") -> StoredTemplate:
    """What another co-op offers is one of our own from now on.

    Raises NotFound (`offer-unknown`), Invalid (as `template_of`), and what `save_template` raises.
    """
    offer = uow.templates.find_offer(offer_id)
    if offer is None:
        raise NotFound("offer-unknown", "This template is not offered any more.")
    if offer.template is None:
        raise Invalid("template-unusable", f"This program cannot use the template. {offer.why_not}")
    template = renamed(offer.template, key=key, title=offer.template.title) if key else offer.template
    return save_template(uow, by=by, template=template, origin=offer.uri)


def _own(uow: UnitOfWork, by: MemberId | None, uuid: str) -> StoredTemplate:
    """Return the template that `by` may change: its author, somebody with an office, or the operator."""
    stored = uow.templates.get(uuid)
    if by is not None and stored.author_id != by:
        demand(uow.members.get(by), Deed.MODERATE, Bylaws())
    return stored


def _check_free(uow: UnitOfWork, key: str) -> None:
    if key in BUILT_IN or uow.templates.find_by_key(key) is not None:
        raise Conflict(
            "template-exists", f"There is a template with the short name {key} already. Give this one another."
        )


def _document(value: Any) -> Mapping[str, Any] | None:
    """Return the template's object, sent as such or as JSON text; None for what is none."""
    if isinstance(value, str):
        try:
            value = json.loads(value) if len(value) <= MAX_BYTES else None
        except (ValueError, RecursionError):
            return None
    if not isinstance(value, Mapping) or not str(value.get("format", "")).startswith("fedcoop-template-"):
        return None
    try:
        return value if len(canonical_bytes(dict(value))) <= MAX_BYTES else None
    except (ValueError, RecursionError):
        return None


def _note(uow: UnitOfWork, what: str, by: MemberId | None, stored: StoredTemplate) -> None:
    details = {"key": stored.template.key, "title": stored.template.title}
    who = "operator" if by is None else f"member:{by}"
    uow.audit(what, who=who, subject=uow.urls.template(stored.uuid), details=details)
