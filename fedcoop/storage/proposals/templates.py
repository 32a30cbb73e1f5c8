"""The co-op's own templates of decisions, and those that other co-ops offer (governance/proposals/templates.py)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from fedcoop.governance.proposals.templates import Template, template_of, template_to_json
from fedcoop.kernel.errors import Invalid, NotFound
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, upsert


@dataclass(frozen=True, slots=True)
class StoredTemplate:
    """A template of the co-op; `origin` is where it was imported from, `offered_at` when it was offered to others."""

    id: int
    uuid: str
    template: Template
    author_id: MemberId | None
    origin: str
    offered_at: datetime | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class TemplateOffer:
    """What another co-op offers; `template` is None where this program cannot use it, `why_not` then says why."""

    id: int
    uri: str
    actor_id: ActorId
    template: Template | None
    why_not: str
    title: str
    received_at: datetime


class Templates:
    """Repository of templates."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def put(self, stored: StoredTemplate) -> None:
        """Store the template, new or changed; its key is unique."""
        values = {name: getattr(stored, name) for name in StoredTemplate.__slots__ if name != "template"}
        document = template_to_json(stored.template)
        upsert(
            self._conn, t.decision_templates, {**values, "key": stored.template.key, "document": document}, keys=("id",)
        )

    def drop(self, id_: int) -> None:
        """Remove the template."""
        self._conn.execute(delete(t.decision_templates).where(t.decision_templates.c.id == id_))

    def find(self, uuid: str) -> StoredTemplate | None:
        """Return the template with this public name, if any."""
        table = t.decision_templates
        return first(self._conn, select(table).where(table.c.uuid == uuid), _stored)

    def get(self, uuid: str) -> StoredTemplate:
        """Return the template with this public name. Raises NotFound (`template-unknown`)."""
        stored = self.find(uuid)
        if stored is None:
            raise NotFound("template-unknown", "There is no such template.")
        return stored

    def find_by_key(self, key: str) -> StoredTemplate | None:
        """Return the template with this short name, if any."""
        table = t.decision_templates
        return first(self._conn, select(table).where(table.c.key == key), _stored)

    def all(self) -> list[StoredTemplate]:
        """Return all of the co-op's own, oldest first."""
        return every(self._conn, select(t.decision_templates).order_by(t.decision_templates.c.id), _stored)

    def put_offer(self, *, id_: int, uri: str, actor_id: ActorId, document: Mapping[str, Any], at: datetime) -> None:
        """Remember what another co-op offers under this URI; a later version takes the place of an earlier one."""
        values = {"id": id_, "uri": uri, "actor_id": actor_id, "document": dict(document), "received_at": at}
        upsert(self._conn, t.template_offers, values, keys=("uri",), keep=("id",))

    def drop_offer(self, uri: str, actor_id: ActorId) -> bool:
        """Forget the actor's offer; return whether there was one."""
        c = t.template_offers.c
        return bool(self._conn.execute(delete(t.template_offers).where(c.uri == uri, c.actor_id == actor_id)).rowcount)

    def find_offer(self, id_: int) -> TemplateOffer | None:
        """Return the offer, if any."""
        return first(self._conn, select(t.template_offers).where(t.template_offers.c.id == id_), _offer)

    def owner_of_offer(self, uri: str) -> ActorId | None:
        """Return whose offer stands under this URI, if any."""
        query = select(t.template_offers.c.actor_id).where(t.template_offers.c.uri == uri)
        found = self._conn.execute(query).scalar_one_or_none()
        return None if found is None else ActorId(found)

    def offers(self) -> list[TemplateOffer]:
        """Return what other co-ops offer, newest first."""
        return every(self._conn, select(t.template_offers).order_by(t.template_offers.c.id.desc()).limit(100), _offer)

    def count_offers(self, actor_id: ActorId) -> int:
        """Return how many offers of this actor are kept."""
        query = select(t.template_offers.c.id).where(t.template_offers.c.actor_id == actor_id)
        return len(self._conn.execute(query).all())


def _stored(row: Row[Any]) -> StoredTemplate:
    values = {name: row._mapping[name] for name in StoredTemplate.__slots__ if name != "template"}
    return StoredTemplate(**values, template=template_of(row._mapping["document"]))


def _offer(row: Row[Any]) -> TemplateOffer:
    document, template, why_not = row._mapping["document"], None, ""
    try:
        template = template_of(document)
    except Invalid as error:
        why_not = error.message
    title = template.title if template is not None else str(document.get("title", ""))[:100]
    values = {name: row._mapping[name] for name in ("id", "uri", "actor_id", "received_at")}
    return TemplateOffer(**values, template=template, why_not=why_not, title=title)
