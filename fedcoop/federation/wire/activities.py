"""Activities as typed values: what was said, by whom, about what; and votes in all their spellings (federation.md 12.2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fedcoop.federation.wire.jsonld import (
    AS_PUBLIC,
    PUBLIC_SPELLINGS,
    as_list,
    id_of,
    ids_of,
    one_string,
    same_origin,
    types_of,
)
from fedcoop.federation.wire.limits import MAX_RECIPIENTS
from fedcoop.kernel.errors import MalformedActivity
from fedcoop.kernel.html import text_of_html

VOTE_TYPES = frozenset({"Note", "Answer"})
_EMPTY_CHARS = 1000
_OWNERS = ("actor", "attributedTo")
_NAMES = ("id", "actor", "object")
_BARE = frozenset({"id", "type", "@context"})
"""What shows nothing of an object but which it is."""


@dataclass(frozen=True, slots=True)
class Activity:
    """One activity as received; `objects` are ids or embedded objects, `raw` the whole document."""

    id: str | None
    type: str
    actor: str
    objects: tuple[str | Mapping[str, Any], ...]
    to: tuple[str, ...]
    cc: tuple[str, ...]
    audience: tuple[str, ...]
    target: str | None
    raw: Mapping[str, Any]

    @property
    def object_id(self) -> str | None:
        """The id of the only object, or None."""
        return id_of(self.objects[0]) if len(self.objects) == 1 else None

    @property
    def embedded(self) -> tuple[Mapping[str, Any], ...]:
        """The objects that came as more than an id."""
        return tuple(item for item in self.objects if isinstance(item, Mapping))

    @property
    def recipients(self) -> frozenset[str]:
        """Everyone addressed, the Public collection under its full name."""
        named = {*self.to, *self.cc, *self.audience}
        return frozenset(AS_PUBLIC if item in PUBLIC_SPELLINGS else item for item in named)


@dataclass(frozen=True, slots=True)
class PollVote:
    """One mark on a poll: the wire object by which Mastodon expresses part of a ballot. `id` may be missing."""

    id: str | None
    attributed_to: str | None
    in_reply_to: str
    name: str


def parse_activity(document: Mapping[str, Any]) -> Activity:
    """Return the typed activity. Raises MalformedActivity: `type`, `actor`, `object`, `audience`."""
    type_ = document.get("type")
    if not isinstance(type_, str) or not type_:
        raise MalformedActivity("type")
    actor = id_of(document.get("actor"))
    if actor is None:
        raise MalformedActivity("actor")
    to, cc, audience = (tuple(ids_of(document.get(key))) for key in ("to", "cc", "audience"))
    if len(to) + len(cc) + len(audience) > MAX_RECIPIENTS:
        raise MalformedActivity("audience")
    objects = tuple(item for item in as_list(document.get("object")) if isinstance(item, str | Mapping))
    return Activity(
        id=one_string(document.get("id")),
        type=type_,
        actor=actor,
        objects=objects,
        to=to,
        cc=cc,
        audience=audience,
        target=id_of(document.get("target")),
        raw=document,
    )


def is_vote(value: Mapping[str, Any]) -> bool:
    """Return whether an object has the shape of a vote: a named reply without text (federation.md 12.3)."""
    if VOTE_TYPES.isdisjoint(types_of(value)):
        return False
    name = value.get("name")
    if not isinstance(name, str) or not name.strip() or id_of(value.get("inReplyTo")) is None:
        return False
    by_language = value.get("contentMap")
    texts = [value.get("content"), *(by_language.values() if isinstance(by_language, Mapping) else [])]
    return all(_is_empty(text) for text in texts)


def _is_empty(content: Any) -> bool:
    """Return whether `content` says nothing; so much markup around nothing is no vote, and not worth parsing."""
    if content is None:
        return True
    return isinstance(content, str) and len(content) <= _EMPTY_CHARS and not text_of_html(content)


def poll_votes(activity: Activity) -> tuple[PollVote, ...]:
    """Return the votes in a `Create`, one for each mark; GoToSocial sends them as a list in `object`."""
    return tuple(
        PollVote(
            id=id_of(item),
            attributed_to=id_of(item.get("attributedTo")),
            in_reply_to=id_of(item.get("inReplyTo")) or "",
            name=item["name"],
        )
        for item in activity.embedded
        if is_vote(item)
    )


def trusted_embedded(activity: Activity, value: Mapping[str, Any]) -> bool:
    """Return whether an embedded object may be believed: its owner is the activity's actor, and so is its id's origin.

    It may be anonymous, or a fragment of the activity; only what is anonymous may lack an owner. Source: federation.md 8.2,
    FEP-fe34.
    """
    owners = [value[key] for key in _OWNERS if value.get(key) is not None]
    if any({id_of(item) for item in as_list(owner)} != {activity.actor} for owner in owners):
        return False
    if value.get("id") is None:
        return True
    found = id_of(value)
    if found is None or not owners:
        return False
    is_fragment = activity.id is not None and found.startswith(activity.id + "#")
    return is_fragment or same_origin(found, activity.actor)


def without_strangers(activity: Activity) -> Activity:
    """Return the activity with every embedded object that may not be believed cut down to what it names."""
    return _with(activity, [_believed(activity, item) for item in activity.objects])


def by_reference(activity: Activity) -> Activity:
    """Return the activity with nothing but the ids of its objects: what they say now must be asked for."""
    return _with(activity, [found for item in activity.objects if (found := id_of(item)) is not None])


def _with(activity: Activity, objects: Sequence[str | Mapping[str, Any]]) -> Activity:
    return replace(activity, objects=tuple(objects), raw={**activity.raw, "object": list(objects)})


def _believed(activity: Activity, item: str | Mapping[str, Any]) -> str | Mapping[str, Any]:
    if isinstance(item, str):
        return item
    if _BARE.issuperset(item) and (found := id_of(item)) is not None:
        return found
    return item if trusted_embedded(activity, item) else reference_of(item)


def reference_of(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return only what an object names: its id and types, and as an activity whose it is and about what. Says nothing else."""
    named = {key: found for key in _NAMES if (found := id_of(value.get(key))) is not None}
    return {**named, "type": types_of(value)}
