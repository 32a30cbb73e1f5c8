"""What the GoToSocial-like server does with an activity that it accepted; what is not listed it ignores."""

from collections.abc import Awaitable, Callable
from typing import Any

from tests.fediverse.gts_courier import Unreachable, origin_of
from tests.fediverse.gts_documents import Json, Status, as_list, id_of, read_status
from tests.fediverse.gts_user import User

ACTORS = ("Application", "Group", "Organization", "Person", "Service")


async def process(server: Any, recipient: User, activity: Json) -> None:
    """The activity, whose sender is known to be its actor, has its effect."""
    handler = HANDLERS.get(activity["type"])
    if handler is not None and not recipient.deleted:
        await handler(server, recipient, activity)


# ------------------------------------------------------------------------------------------------------------- posts


async def _create(server: Any, recipient: User, activity: Json) -> None:
    found = as_list(activity["object"])
    votes = [note for note in found if note.get("name") and not note.get("content") and note.get("inReplyTo")]
    if votes:
        await _count(server, activity["actor"], votes)
    for document in found:
        if document not in votes and document.get("type") in ("Note", "Question"):
            await _take(server, recipient, activity["actor"], document)


async def _count(server: Any, voter: str, votes: list[Json]) -> None:
    status = server.statuses.get(id_of(votes[0]["inReplyTo"]))
    author = server.user_of(status.author) if status is not None else None
    if author is None or status.poll is None or status.poll.closed_at or voter in status.poll.ballots:
        return
    server.count(status.poll, voter, tuple(status.poll.options.index(vote["name"]) for vote in votes))
    await author.publish_totals(status)


async def _take(server: Any, recipient: User, sender: str, document: Json) -> None:
    """A post is taken from its author only, by those who follow it or are mentioned; known ones are not new."""
    if id_of(document.get("attributedTo")) != sender or origin_of(document["id"]) != origin_of(sender):
        return
    status = read_status(document, server.next_number())
    follows = sender in recipient.following and recipient.following[sender].accepted
    if status.uri in server.statuses or not (follows or recipient.uri in status.mentions):
        return
    if status.in_reply_to:
        await _find_parent(server, recipient, status)
    server.keep(status)


async def _find_parent(server: Any, recipient: User, status: Status) -> None:
    """What a post replies to is fetched and shown with it; it is nobody's news."""
    try:
        await server.status(status.in_reply_to, recipient.signer)
    except Unreachable:
        return


async def _update(server: Any, recipient: User, activity: Json) -> None:
    document = activity["object"]
    if not isinstance(document, dict):
        return
    if document.get("type") in ACTORS:
        if document["id"] == activity["actor"]:
            server.actors[document["id"]] = document
        return
    known = server.statuses.get(document["id"])
    if known is not None and known.author == activity["actor"] == id_of(document.get("attributedTo")):
        server.revise(known, document)


async def _delete(server: Any, recipient: User, activity: Json) -> None:
    target, actor = id_of(activity["object"]), activity["actor"]
    gone = [uri for uri, found in server.statuses.items() if found.author == actor and target in (uri, actor)]
    for uri in gone:
        del server.statuses[uri]
    if target == actor:
        server.forget(actor)


async def _announce(server: Any, recipient: User, activity: Json) -> None:
    """A boosted post is fetched, and is news of whoever follows the booster."""
    try:
        status = await server.status(id_of(activity["object"]), recipient.signer)
    except Unreachable:
        return
    server.boosted(status, activity["actor"])


# ----------------------------------------------------------------------------------------------------------- relations


async def _follow(server: Any, recipient: User, activity: Json) -> None:
    if id_of(activity["object"]) != recipient.uri:
        return
    recipient.requests[activity["actor"]] = {key: activity[key] for key in ("id", "type", "actor", "object")}
    recipient.notifications.append(("follow_request", activity["actor"]))
    if not recipient.is_locked:
        await recipient.accept(activity["actor"])


async def _accept(server: Any, recipient: User, activity: Json) -> None:
    if _names_follow(recipient, activity):
        recipient.following[activity["actor"]].accepted = True


async def _reject(server: Any, recipient: User, activity: Json) -> None:
    """The follow is over, whether it was accepted before or not: only so may the user ask again."""
    if _names_follow(recipient, activity):
        del recipient.following[activity["actor"]]


def _names_follow(recipient: User, activity: Json) -> bool:
    follow, target = recipient.following.get(activity["actor"]), activity["object"]
    if follow is None:
        return False
    embedded = isinstance(target, dict) and (target.get("type"), target.get("actor"), id_of(target.get("object")))
    return id_of(target) == follow.uri or embedded == ("Follow", recipient.uri, activity["actor"])


async def _undo(server: Any, recipient: User, activity: Json) -> None:
    inner = activity["object"]
    if isinstance(inner, dict) and inner.get("type") == "Follow" and inner.get("actor") == activity["actor"]:
        recipient.followers.discard(activity["actor"])
        recipient.requests.pop(activity["actor"], None)


async def _block(server: Any, recipient: User, activity: Json) -> None:
    recipient.following.pop(activity["actor"], None)
    recipient.followers.discard(activity["actor"])


async def _flag(server: Any, recipient: User, activity: Json) -> None:
    server.reports.append(activity)


HANDLERS: dict[str, Callable[[Any, User, Json], Awaitable[None]]] = {
    "Accept": _accept,
    "Announce": _announce,
    "Block": _block,
    "Create": _create,
    "Delete": _delete,
    "Flag": _flag,
    "Follow": _follow,
    "Reject": _reject,
    "Undo": _undo,
    "Update": _update,
}
