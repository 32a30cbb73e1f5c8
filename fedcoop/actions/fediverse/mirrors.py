"""What others publish and we keep for display: posts, polls, and how these ended.

Every function takes values that were verified and cleaned before (federation.md 8, 11). Which of two states is the later
one `states.py` says, what is not to come any more `overtaking.py`: so nothing depends on the order of arrival. Source:
federation.md 8.1 step 14, 8.4, 12.6, 13.4.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fedcoop.actions.fediverse import looks, overtaking
from fedcoop.actions.fediverse.states import FETCHED_EARLIER, NEVER, last_outcome, outcome_order, succeeds
from fedcoop.governance.events import MotionMirrored
from fedcoop.kernel.ids import MotionId, NoteId, RemoteMotionId, new_uuid
from fedcoop.storage.fediverse.remote_outcomes import RemoteOutcome
from fedcoop.storage.records import Actor, Note, Options, RemoteMotion, wire_names
from fedcoop.storage.unit_of_work import UnitOfWork
from fedcoop.urls import origin_of

MAX_OUTCOMES = 20
MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class SeenMotion:
    """A poll of another server, texts cleaned, options cut to 50.

    `options` are {name, votes} and, where a vote names the answer by other words than those we show, {raw}. `closed` says
    that it is over without saying since when. `public` is None where the document names no audience.
    """

    uri: str
    url: str
    title: str
    content: str
    options: tuple[Mapping[str, Any], ...]
    multiple: bool
    ends_at: datetime | None
    closed_at: datetime | None
    voters_count: int | None
    motion: Mapping[str, Any] | None
    published_at: datetime | None
    updated_at: datetime | None
    closed: bool = False
    public: bool | None = True

    def closed_since(self, now: datetime) -> datetime | None:
        """Return since when it is closed, or will be; where its author names no instant, since its end or `now`."""
        return min(now, self.ends_at or now) if self.closed else self.closed_at


@dataclass(frozen=True, slots=True)
class SeenNote:
    """A post of another server, texts cleaned."""

    uri: str
    in_reply_to: str
    content: str
    summary: str
    language: str
    url: str
    public: bool
    published_at: datetime | None
    updated_at: datetime | None


def store_note(
    uow: UnitOfWork,
    *,
    author: Actor,
    seen: SeenNote,
    motion_id: MotionId | None,
    kind: str,
    said_at: datetime | None = None,
) -> bool:
    """Keep a post, or what its author made of it since; return whether this is what stands.

    A post of another author under the same id, a deleted one, what was a poll and an older state change nothing but that a
    post which was ever less than public stays so. `said_at` is when the author said it; without it, it was fetched now.
    """
    said_at = said_at or fetched_at(uow)
    earlier = uow.notes.find_note(seen.uri)
    if earlier is None and (_was_deleted(uow, author, seen.uri) or uow.notes.find_remote_motion(seen.uri) is not None):
        return False
    if earlier is not None and (earlier.actor_id != author.id or earlier.deleted_at is not None):
        return False
    if earlier is not None and (seen.updated_at or NEVER, said_at) < (earlier.updated_at or NEVER, earlier.said_at):
        if earlier.public and not seen.public:
            uow.notes.put_note(replace(earlier, public=False))
            uow.wake("documents")
        return False
    uow.wake("documents")  # collections of answers name it, or do no longer
    uow.notes.put_note(
        Note(
            id=earlier.id if earlier else NoteId(uow.new_id()),
            uri=seen.uri,
            actor_id=author.id,
            in_reply_to=earlier.in_reply_to if earlier else seen.in_reply_to,
            motion_id=earlier.motion_id if earlier else motion_id,
            content=seen.content,
            summary=seen.summary,
            language=seen.language,
            url=seen.url,
            public=seen.public and (earlier is None or earlier.public),
            kind=earlier.kind if earlier else kind,
            published_at=earlier.published_at if earlier else seen.published_at,
            updated_at=seen.updated_at,
            said_at=said_at,
            received_at=uow.now,
            deleted_at=None,
        )
    )
    if earlier is None and motion_id is not None:
        _gather_answers(uow, seen.uri, motion_id)
    return True


def _gather_answers(uow: UnitOfWork, uri: str, motion_id: MotionId) -> None:
    """Answers to the post that came before it are about the motion too, and so are answers to these."""
    found = [uri]
    for _ in range(MAX_DEPTH):
        found = uow.notes.adopt_answers(found, motion_id)
        if not found:
            return


def hide(uow: UnitOfWork, *, author: Actor, uri: str, at: datetime) -> None:
    """The author no longer shows to all a post that we do not know yet: as it was before, it will not be shown here either."""
    overtaking.bury(uow, actor=author, how=overtaking.DELETED, uri=uri, at=at)


def fetched_at(uow: UnitOfWork) -> datetime:
    """Return from when on what a server shows us now is sure to be newer than what it said."""
    return uow.now - FETCHED_EARLIER


def _was_deleted(uow: UnitOfWork, author: Actor, uri: str) -> bool:
    return overtaking.ended_at(uow, actor=author, how=overtaking.DELETED, uri=uri) is not None


def mirror_motion(
    uow: UnitOfWork, *, author: Actor, seen: SeenMotion, said_at: datetime | None = None
) -> RemoteMotion | None:
    """Keep a public poll of another server, or its newer state (federation.md 12.6).

    None if it is another's, was deleted, became another thing or is not for everybody: what was public and is no longer is
    purged, and what was not once is never kept. `said_at` is when the author said it; without it, it was fetched now. An
    older state changes nothing, whenever it comes.
    """
    new = _as_seen(uow, author, seen, said_at or fetched_at(uow))
    earlier = uow.notes.find_remote_motion(seen.uri)
    if earlier is None:
        return _new_remote_motion(uow, author, new, public=seen.public)
    if earlier.actor_id != author.id or earlier.deleted_at is not None or bool(earlier.options) != bool(seen.options):
        return None
    if seen.public is False:
        uow.notes.put_remote_motion(earlier.purged(uow.now))
        return None
    if not succeeds(new, earlier, uow.now):
        return earlier
    updated = _with_outcome(uow, _with_version(earlier, new) if new.updated_at else _with_numbers(earlier, new))
    uow.notes.put_remote_motion(updated)
    looks.plan(uow, updated)
    return updated


def _as_seen(uow: UnitOfWork, author: Actor, seen: SeenMotion, said_at: datetime) -> RemoteMotion:
    return RemoteMotion(
        id=RemoteMotionId(uow.new_id()),
        uuid=new_uuid(),
        uri=seen.uri,
        actor_id=author.id,
        url=seen.url,
        title=seen.title,
        content=seen.content,
        options=seen.options,
        multiple=seen.multiple,
        ends_at=seen.ends_at,
        closed_at=seen.closed_since(uow.now),
        voters_count=seen.voters_count,
        motion=seen.motion,
        outcome=None,
        outcome_html="",
        published_at=seen.published_at,
        updated_at=seen.updated_at,
        said_at=said_at,
        received_at=uow.now,
        deleted_at=None,
        told_at=uow.now,
    )


def _new_remote_motion(
    uow: UnitOfWork, author: Actor, new: RemoteMotion, *, public: bool | None
) -> RemoteMotion | None:
    if public is False:
        hide(uow, author=author, uri=new.uri, at=new.said_at)
    if not public or _was_deleted(uow, author, new.uri) or uow.notes.find_note(new.uri) is not None:
        return None
    motion = _with_outcome(uow, new)
    uow.notes.put_remote_motion(motion)
    looks.plan(uow, motion)
    uow.record(MotionMirrored(remote_motion_id=motion.id))
    return motion


def _with_version(earlier: RemoteMotion, new: RemoteMotion) -> RemoteMotion:
    """All of the new version; where it exchanged the answers, what was sent before is void."""
    same = earlier.multiple == new.multiple and wire_names(earlier.options) == wire_names(new.options)
    return replace(
        new,
        id=earlier.id,
        uuid=earlier.uuid,
        received_at=earlier.received_at,
        answers_at=earlier.answers_at if same else new.told_at,
    )


def _with_numbers(earlier: RemoteMotion, new: RemoteMotion) -> RemoteMotion:
    """Numbers answer by answer: an update never renames, adds or drops one unless it is a newer version."""
    ends_at = earlier.ends_at if earlier.ends_at is None or new.ends_at is None else max(earlier.ends_at, new.ends_at)
    return replace(
        earlier,
        options=_renumbered(earlier.options, new.options),
        voters_count=new.voters_count,
        closed_at=new.closed_at,
        ends_at=ends_at,
        motion=new.motion if new.motion is not None else earlier.motion,
        said_at=new.said_at,
        told_at=new.told_at,
    )


def _renumbered(kept: Options, seen: Options) -> Options:
    """Return the kept answers with the numbers seen: by place where all are the same, else by name where it is the only one."""
    names = wire_names(seen)
    if wire_names(kept) == names:
        return tuple({**ours, "votes": theirs["votes"]} for ours, theirs in zip(kept, seen, strict=True))
    votes = {name: option["votes"] for name, option in zip(names, seen, strict=True) if names.count(name) == 1}
    return tuple(
        {**option, "votes": votes.get(name, option["votes"])}
        for name, option in zip(wire_names(kept), kept, strict=True)
    )


def mirror_outcome(
    uow: UnitOfWork,
    *,
    author: Actor,
    motion_uri: str,
    outcome: Mapping[str, Any],
    html: str,
    note: SeenNote | None = None,
    said_at: datetime | None = None,
) -> bool:
    """Keep the outcome that the poll's own author published in this Note; return whether there is such a poll now.

    It may come before its poll, and waits then. Nothing replaces an annulment; else what was published last stands.
    """
    motion = uow.notes.find_remote_motion(motion_uri)
    if origin_of(motion_uri) != author.origin or (motion is not None and motion.actor_id != author.id):
        return False
    uri = note.uri if note is not None else f"{motion_uri}#outcome"
    new = RemoteOutcome(
        uri=uri,
        motion_uri=motion_uri,
        actor_id=author.id,
        outcome=outcome,
        html=html,
        published_at=note.published_at if note is not None else None,
        updated_at=note.updated_at if note is not None else None,
        said_at=said_at or fetched_at(uow),
        received_at=uow.now,
    )
    if _may_tell(uow, author, new):
        uow.remote_outcomes.put(new)
    return _settle(uow, author, motion_uri)


def _may_tell(uow: UnitOfWork, author: Actor, new: RemoteOutcome) -> bool:
    earlier = uow.remote_outcomes.find(new.uri)
    if earlier is not None:
        same = (earlier.actor_id, earlier.motion_uri) == (author.id, new.motion_uri)
        return same and outcome_order(new) >= outcome_order(earlier)
    told = len(uow.remote_outcomes.told(new.motion_uri, author.id))
    return told < MAX_OUTCOMES and not _was_deleted(uow, author, new.uri)


def _settle(uow: UnitOfWork, author: Actor, motion_uri: str) -> bool:
    """The motion shows the outcome that stands; return whether there is such a motion of the author's."""
    motion = uow.notes.find_remote_motion(motion_uri)
    if motion is None or motion.actor_id != author.id or motion.deleted_at is not None:
        return False
    uow.notes.put_remote_motion(_with_outcome(uow, motion))
    return True


def _with_outcome(uow: UnitOfWork, motion: RemoteMotion) -> RemoteMotion:
    """Show the outcome that stands of those told."""
    last = last_outcome(motion, uow.remote_outcomes.told(motion.uri, motion.actor_id), uow.now)
    return replace(motion, outcome=last.outcome if last else None, outcome_html=last.html if last else "")


def delete_remote(uow: UnitOfWork, *, actor: Actor, uri: str, at: datetime) -> None:
    """Purge the post, poll or outcome `uri` if it is the actor's own; what is not known yet will not come (federation.md 8.1).

    An offered template goes with its post.
    """
    uow.templates.drop_offer(uri, actor.id)
    note, motion = uow.notes.find_note(uri), uow.notes.find_remote_motion(uri)
    outcome = uow.remote_outcomes.find(uri)
    owners = {found.actor_id for found in (note, motion, outcome) if found is not None}
    if actor.id in owners or (not owners and uow.actors.find(uri) is None):
        overtaking.bury(uow, actor=actor, how=overtaking.DELETED, uri=uri, at=at)
    if note is not None and note.actor_id == actor.id:
        uow.notes.delete_note(uri, uow.now)
        uow.wake("documents")
    if motion is not None and motion.actor_id == actor.id:
        uow.notes.put_remote_motion(motion.purged(uow.now))
    if outcome is not None and outcome.actor_id == actor.id:
        uow.remote_outcomes.drop(uri)
        _settle(uow, actor, outcome.motion_uri)
