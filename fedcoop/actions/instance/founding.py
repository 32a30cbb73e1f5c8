"""Actors of ours: the instance and the co-op at the founding, members' public ones when they opt in (federation.md 3)."""

from collections.abc import Sequence
from dataclasses import dataclass

from fedcoop.accounts.actor_keys import NewKey, new_keys
from fedcoop.actions.acting import in_name_of
from fedcoop.actions.events import ActorChanged, ActorRemoved
from fedcoop.kernel.errors import Conflict, Invalid
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.storage.records import Actor, ActorKey
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import is_name

INSTANCE_ACTOR = "instance.actor"


@dataclass(frozen=True, slots=True)
class NewActor:
    """An actor to be made; `kind` is its ActivityStreams type."""

    uri: str
    name: str
    kind: str
    display_name: str


def found_instance(uow: UnitOfWork) -> None:
    """The instance actor and the co-op's actor exist, with keys; done again it changes nothing.

    Makes keys inside the unit: called by `init`, when nothing else runs.
    """
    instance = uow.site.config.instance
    uow.condition.note_origin(uow.urls.origin)
    founding = (
        NewActor(uow.urls.instance_actor, INSTANCE_ACTOR, "Application", instance.name),
        NewActor(uow.urls.actor(instance.actor), instance.actor, "Organization", instance.name),
    )
    for new in founding:
        if uow.actors.find_local(new.name) is None:
            create_local_actor(uow, new=new, keys=new_keys())


@in_name_of("member_id")
def open_member_actor(uow: UnitOfWork, *, member_id: MemberId, name: str, keys: Sequence[NewKey]) -> Actor:
    """The member has a public actor here by their own wish (federation.md 3.1).

    `keys` were made outside. Raises Invalid (`name-bad`), Conflict (`actor-name-taken`, `actor-exists`).
    """
    if not is_name(name):
        raise Invalid("name-bad", "Use lower-case letters, digits and “_”; “.” and “-” may stand inside.", field="name")
    if uow.members.actor_id_of(member_id) is not None:
        raise Conflict("actor-exists", "You have a public profile already.")
    member = uow.members.get(member_id)
    actor = create_local_actor(uow, new=NewActor(uow.urls.actor(name), name, "Person", member.display_name), keys=keys)
    uow.members.set_actor(member_id, actor.id)
    return actor


@in_name_of("member_id")
def close_member_actor(uow: UnitOfWork, *, member_id: MemberId) -> None:
    """The member's public actor is gone: followers are told, its address answers 410, its name is never used again."""
    actor_id = uow.members.actor_id_of(member_id)
    if actor_id is None:
        raise Conflict("actor-missing", "You have no public profile.")
    uow.members.set_actor(member_id, None)
    uow.actors.mark_gone(actor_id, uow.now)
    uow.desk.drop_all_of(actor_id)
    uow.audit("actor-removed", who=f"member:{member_id}", subject=uow.actors.get(actor_id).uri)
    uow.record(ActorRemoved(actor_id=actor_id))


def rotate_keys(uow: UnitOfWork, *, actor_id: ActorId, keys: Sequence[NewKey]) -> None:
    """New keys are published; the `Update` that says so is signed with the old ones, for an hour at most (federation.md 3.4).

    What the actor says later is signed with the new ones at once.
    """
    actor = uow.actors.get(actor_id)
    uow.actors.retire_keys(actor_id, uow.now)
    uow.actors.replace_keys(actor_id, _sealed(uow, actor, keys))
    uow.audit("actor-keys-rotated", subject=actor.uri)
    uow.record(ActorChanged(actor_id=actor_id))


def create_local_actor(uow: UnitOfWork, *, new: NewActor, keys: Sequence[NewKey]) -> Actor:
    """Store an actor of ours with its keys, private ones sealed. Raises Conflict (`actor-name-taken`): names are never reused."""
    if uow.actors.find_local(new.name) is not None:
        raise Conflict("actor-name-taken", f"The name {new.name} is or was used by somebody here; choose another.")
    is_instance = new.name == INSTANCE_ACTOR
    host = uow.urls.authority
    actor = Actor(
        id=ActorId(uow.new_id()),
        uri=new.uri,
        local=True,
        kind=new.kind,
        name=new.name,
        origin=uow.urls.origin,
        handle=f"{host}@{host}" if is_instance else f"{new.name}@{host}",
        display_name=new.display_name,
        summary="",
        url=uow.urls.origin if is_instance else uow.urls.profile(new.name),
        inbox=uow.urls.shared_inbox if is_instance else uow.urls.inbox(new.name),
        shared_inbox=uow.urls.shared_inbox,
        followers="" if is_instance else uow.urls.followers(new.name),
        document=None,
        created_at=uow.now,
        fetched_at=None,
        gone_at=None,
        suspended_at=None,
        moved_to="",
    )
    uow.actors.put(actor)
    uow.actors.replace_keys(actor.id, _sealed(uow, actor, keys))
    uow.audit("actor-created", subject=new.uri, details={"kind": new.kind})
    return actor


def _sealed(uow: UnitOfWork, actor: Actor, keys: Sequence[NewKey]) -> list[ActorKey]:
    return [
        ActorKey(
            key_id=f"{actor.uri}#{key.fragment}",
            actor_id=actor.id,
            algorithm=key.algorithm,
            material=key.material,
            secret=uow.site.vault.seal(key.secret),
            fetched_at=uow.now,
        )
        for key in keys
    ]
