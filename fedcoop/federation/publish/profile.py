"""How actors of ours show themselves: their documents, and news of them to followers when they changed (federation.md 3).

The co-op's profile comes from the settings. At each start what they say now is compared with what was published last, so
that a change is told once, whichever process starts first.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fedcoop.actions.events import ActorChanged
from fedcoop.federation.publish.outbox import Parcel, send
from fedcoop.federation.translate.actors import actor_document
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.media import ProfilePictures
from fedcoop.storage.records import Actor
from fedcoop.storage.unit_of_work import UnitOfWork


def document_of(uow: UnitOfWork, actor: Actor) -> dict[str, Any]:
    """Return the document of an actor of ours as it is served now."""
    site, keys = uow.site, uow.actors.keys_of(actor.id)
    return actor_document(uow.urls, site.config.instance, actor, keys, media=site.media)


def announce_actor(uow: UnitOfWork, event: ActorChanged) -> None:
    """Followers of our actor get its new document."""
    actor = uow.actors.get(event.actor_id)
    _announce(uow, actor, document_of(uow, actor))


def take_over_settings(uow: UnitOfWork, pictures: ProfilePictures) -> None:
    """The actors of instance and co-op show what the settings say; followers of the co-op are told if that is news."""
    _keep(uow, pictures)
    name = uow.site.config.instance.name
    instance, coop = uow.actors.find(uow.urls.instance_actor), uow.actors.find_local(uow.site.coop_name)
    if instance is not None and instance.display_name != name:
        uow.actors.put(replace(instance, display_name=name))
    if coop is None or coop.gone_at is not None:
        return
    image = pictures.header.name if pictures.header is not None else ""
    coop = replace(coop, display_name=name, icon=pictures.icon.name, image=image)
    document = document_of(uow, coop)
    if document == coop.document:
        return
    if coop.document is None and not uow.actors.count_followers(coop.id):
        uow.actors.put(replace(coop, document=document))  # the first start: nobody has seen another
        return
    uow.actors.put(coop)
    uow.audit("profile-changed", subject=coop.uri)
    _announce(uow, coop, document)


def _announce(uow: UnitOfWork, actor: Actor, document: Mapping[str, Any]) -> None:
    uow.actors.put(replace(actor, document=document))
    send(uow, actor, Parcel(type="Update", object=document, to=[AS_PUBLIC], cc=[actor.followers]))


def _keep(uow: UnitOfWork, pictures: ProfilePictures) -> None:
    for picture in (pictures.icon, pictures.header):
        if picture is not None and not uow.media.has(picture.name):
            uow.media.keep(picture.name, picture.media_type, picture.body, uow.now)
