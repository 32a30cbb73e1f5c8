"""Templates that the co-op offers to others: a Note with the template in it, to followers (governance/proposals/templates.py)."""

from typing import Any

from fedcoop.actions.proposals.templates import template_file
from fedcoop.federation.publish.outbox import Parcel, coop_actor, publish_object, send
from fedcoop.federation.translate.outgoing import template_note
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.governance.events import TemplateOffered, TemplateWithdrawn
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import escape, link_to
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork


def offer(uow: UnitOfWork, event: TemplateOffered) -> None:
    """The template is on its way to followers, as a new post or as the newer version of one."""
    actor = coop_actor(uow)
    document = template_document(uow, event.uuid, actor)
    publish_object(uow, actor, document)
    kind = "Update" if event.again else "Create"
    send(uow, actor, Parcel(type=kind, object=document, to=document["to"], cc=document["cc"]))


def withdraw(uow: UnitOfWork, event: TemplateWithdrawn) -> None:
    """A tombstone stands where the template was, and followers are told."""
    uri = uow.urls.note(event.uuid)
    if uow.notes.find_object(uri) is None:
        return
    actor = coop_actor(uow)
    uow.notes.delete_object(uri, uow.now)
    tombstone = {"id": uri, "type": "Tombstone", "formerType": "Note", "deleted": rfc3339(uow.now)}
    send(uow, actor, Parcel(type="Delete", object=tombstone, to=[AS_PUBLIC], cc=[actor.followers]))


def template_document(uow: UnitOfWork, uuid: str, actor: Actor) -> dict[str, Any]:
    """Return the Note of an offered template."""
    stored = uow.templates.get(uuid)
    template, page = stored.template, uow.urls.template(uuid)
    told = f"<p>{escape(f'We offer a template for deciding: {template.title}. {template.when}')}</p>"
    return template_note(
        uri=uow.urls.note(uuid),
        url=page,
        author=actor.uri,
        followers=actor.followers,
        content=f"{told}<p>{link_to(page)}</p>",
        language=uow.site.config.instance.languages[0],
        template=template_file(template).strip(),
        at=stored.offered_at or uow.now,
        updated=stored.updated_at,
    )
