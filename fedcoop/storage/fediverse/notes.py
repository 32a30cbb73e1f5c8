"""What people say and what we publish: announcements, remote posts and polls, our objects as sent."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, exists, func, select, update

from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import ActorId, MemberId, MotionId, RemoteMotionId
from fedcoop.storage import tables as t
from fedcoop.storage.database.prepared import Prepared
from fedcoop.storage.database.rows import every, fields, first, insert, maker, upsert
from fedcoop.storage.records import Actor, Announcement, Note, RemoteMotion, StoredObject, VoteAbroad

_announcement, _note, _actor = maker(Announcement), maker(Note), maker(Actor)

_ANNOUNCEMENTS = (
    select(t.announcements)
    .where(
        t.announcements.c.audience.in_(bindparam("audiences", expanding=True)), t.announcements.c.deleted_at.is_(None)
    )
    .order_by(t.announcements.c.id.desc())
    .limit(bindparam("limit"))
)
_BLOCKED = (
    exists()
    .where(t.actors.c.id == t.notes.c.actor_id, t.blocks.c.target.in_((t.actors.c.uri, t.actors.c.origin)))
    .correlate(t.notes)
)
_HEARD = (t.notes.c.public.is_(True), ~_BLOCKED)
_NOTE = Prepared(select(*fields(t.notes, Note)).where(t.notes.c.uri == bindparam("uri")), Note)


def _object(*values: Any) -> StoredObject:
    stored = StoredObject(*values)
    return replace(stored, audience=tuple(stored.audience))


def _remote_motion(row: Row[Any]) -> RemoteMotion:
    return RemoteMotion(**{**row._mapping, "options": tuple(row._mapping["options"])})


def _remote_motion_of(*values: Any) -> RemoteMotion:
    motion = RemoteMotion(*values)
    return replace(motion, options=tuple(motion.options))


_REMOTE_MOTION = Prepared(
    select(*fields(t.remote_motions, RemoteMotion)).where(t.remote_motions.c.uri == bindparam("uri")), _remote_motion_of
)
_OBJECT = Prepared(select(*fields(t.objects, StoredObject)).where(t.objects.c.uri == bindparam("uri")), _object)


def _vote_abroad(row: Row[Any]) -> VoteAbroad:
    return VoteAbroad(**{**row._mapping, "choice": tuple(row._mapping["choice"])})


class Notes:
    """Repository of texts, ours and theirs."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    # announcements

    def add_announcement(self, announcement: Announcement) -> None:
        """Store a new announcement."""
        insert(self._conn, t.announcements, {name: getattr(announcement, name) for name in Announcement.__slots__})

    def find_announcement(self, uuid: str) -> Announcement | None:
        """Return the announcement with this UUID, deleted ones too."""
        return first(self._conn, select(t.announcements).where(t.announcements.c.uuid == uuid), _announcement)

    def announcement_at(self, uuid: str) -> Announcement:
        """Return the announcement with this UUID, deleted ones too. Raises NotFound."""
        found = self.find_announcement(uuid)
        if found is None:
            raise NotFound("announcement-unknown", "There is no such announcement.")
        return found

    def get_announcement(self, announcement_id: int) -> Announcement:
        """Return the announcement. Raises NotFound."""
        found = first(self._conn, select(t.announcements).where(t.announcements.c.id == announcement_id), _announcement)
        if found is None:
            raise NotFound("announcement-unknown", "There is no such announcement.")
        return found

    def announcements(
        self, audiences: Sequence[str], *, before: int | None = None, limit: int = 20
    ) -> list[Announcement]:
        """Return announcements to these audiences, newest first, without deleted ones."""
        query = _ANNOUNCEMENTS if before is None else _ANNOUNCEMENTS.where(t.announcements.c.id < before)
        return every(self._conn, query, _announcement, {"audiences": list(audiences), "limit": limit})

    def delete_announcement(self, announcement_id: int, at: datetime) -> None:
        """Empty the announcement and mark it as deleted."""
        query = update(t.announcements).where(t.announcements.c.id == announcement_id)
        self._conn.execute(query.values(deleted_at=at, body="", body_html=""))

    # remote posts

    def find_note(self, uri: str) -> Note | None:
        """Return the remote post with this id, deleted ones too."""
        return _NOTE.first(self._conn, {"uri": uri})

    def put_note(self, note: Note) -> None:
        """Store the remote post; one of the same uri is replaced."""
        upsert(
            self._conn,
            t.notes,
            {name: getattr(note, name) for name in Note.__slots__},
            keys=("uri",),
            keep=("id", "received_at"),
        )

    def adopt_answers(self, uris: Sequence[str], motion_id: MotionId) -> list[str]:
        """Make public answers to these posts, which were about nothing known, replies to the motion; return their ids."""
        c = t.notes.c
        query = update(t.notes).where(c.in_reply_to.in_(list(uris)), c.motion_id.is_(None), c.public.is_(True))
        adopted = query.values(motion_id=motion_id, kind="reply").returning(c.uri)
        return [str(row[0]) for row in self._conn.execute(adopted)]

    def delete_note(self, uri: str, at: datetime) -> None:
        """Purge the content of the post; its row stays, so that it cannot come back."""
        query = update(t.notes).where(t.notes.c.uri == uri)
        self._conn.execute(query.values(deleted_at=at, content="", summary=""))

    def delete_notes_of(self, actor_id: ActorId, at: datetime) -> None:
        """Purge all posts of an actor who was deleted."""
        query = update(t.notes).where(t.notes.c.actor_id == actor_id, t.notes.c.deleted_at.is_(None))
        self._conn.execute(query.values(deleted_at=at, content="", summary=""))

    def replies(self, motion_id: MotionId, *, limit: int = 100) -> list[tuple[Note, Actor]]:
        """Return public replies to the motion, oldest first, each with its author; deleted ones are told by `deleted_at`.

        Whoever is blocked since says nothing here.
        """
        query = select(t.notes).where(t.notes.c.motion_id == motion_id, *_HEARD)
        return self._with_actors(query.order_by(t.notes.c.id).limit(limit))

    def replies_to(self, uri: str, *, limit: int = 100) -> list[tuple[Note, Actor]]:
        """Return public answers from elsewhere to an object of ours that is no vote, oldest first, with their authors."""
        query = select(t.notes).where(t.notes.c.in_reply_to == uri, *_HEARD)
        return self._with_actors(query.order_by(t.notes.c.id).limit(limit))

    def reply_ids(self, uri: str, *, after: int | None = None, limit: int = 50) -> list[tuple[int, str]]:
        """Return public replies to an object of ours that stand, oldest first, as internal id and id."""
        c = t.notes.c
        query = select(c.id, c.uri).where(c.in_reply_to == uri, c.deleted_at.is_(None), *_HEARD)
        query = query if after is None else query.where(c.id > after)
        return [(int(row[0]), str(row[1])) for row in self._conn.execute(query.order_by(c.id).limit(limit))]

    def count_replies(self, uri: str) -> int:
        """Return how many public replies to an object of ours stand."""
        c = t.notes.c
        query = select(func.count()).select_from(t.notes).where(c.in_reply_to == uri, c.deleted_at.is_(None), *_HEARD)
        return int(self._conn.execute(query).scalar_one())

    def posts(self, kind: str, *, before: int | None = None, limit: int = 20) -> list[tuple[Note, Actor]]:
        """Return posts of one kind, newest first, each with its author."""
        c = t.notes.c
        query = select(t.notes).where(c.kind == kind, c.deleted_at.is_(None))
        if before is not None:
            query = query.where(c.id < before)
        return self._with_actors(query.order_by(c.id.desc()).limit(limit))

    def _with_actors(self, query: Any) -> list[tuple[Note, Actor]]:
        notes = every(self._conn, query, _note)
        ids = sorted({note.actor_id for note in notes})
        actors = (
            {a.id: a for a in every(self._conn, select(t.actors).where(t.actors.c.id.in_(ids)), _actor)} if ids else {}
        )
        return [(note, actors[note.actor_id]) for note in notes]

    # remote motions

    def find_remote_motion(self, uri: str) -> RemoteMotion | None:
        """Return the remote poll with this id."""
        return _REMOTE_MOTION.first(self._conn, {"uri": uri})

    def find_remote_motion_by_uuid(self, uuid: str) -> RemoteMotion | None:
        """Return the remote poll whose page here has this UUID."""
        return first(self._conn, select(t.remote_motions).where(t.remote_motions.c.uuid == uuid), _remote_motion)

    def get_remote_motion(self, remote_motion_id: RemoteMotionId) -> RemoteMotion:
        """Return the remote poll. Raises NotFound."""
        found = first(
            self._conn, select(t.remote_motions).where(t.remote_motions.c.id == remote_motion_id), _remote_motion
        )
        if found is None:
            raise NotFound("remote-motion-unknown", "There is no such proposal.")
        return found

    def put_remote_motion(self, motion: RemoteMotion) -> None:
        """Store the remote poll; one of the same uri is replaced, its page keeps its address."""
        values = {name: getattr(motion, name) for name in RemoteMotion.__slots__}
        upsert(self._conn, t.remote_motions, values, keys=("uri",), keep=("id", "uuid", "actor_id", "received_at"))

    def delete_remote_motions_of(self, actor_id: ActorId, at: datetime) -> None:
        """Purge all polls of an actor who was deleted."""
        c = t.remote_motions.c
        query = select(t.remote_motions).where(c.actor_id == actor_id, c.deleted_at.is_(None))
        for motion in every(self._conn, query, _remote_motion):
            self.put_remote_motion(motion.purged(at))

    def open_polls_of(self, actor_id: ActorId, *, limit: int) -> list[RemoteMotionId]:
        """Return the actor's polls that are not said to be over, newest first."""
        c = t.remote_motions.c
        query = select(c.id).where(c.actor_id == actor_id, c.closed_at.is_(None), c.deleted_at.is_(None))
        return [RemoteMotionId(row[0]) for row in self._conn.execute(query.order_by(c.id.desc()).limit(limit))]

    def remote_motions(self, *, limit: int = 50, before: int | None = None) -> list[tuple[RemoteMotion, Actor]]:
        """Return remote polls that are not deleted, newest first, each with its author."""
        c = t.remote_motions.c
        query = select(t.remote_motions).where(c.deleted_at.is_(None))
        if before is not None:
            query = query.where(c.id < before)
        motions = every(self._conn, query.order_by(c.id.desc()).limit(limit), _remote_motion)
        ids = sorted({motion.actor_id for motion in motions})
        actors = (
            {a.id: a for a in every(self._conn, select(t.actors).where(t.actors.c.id.in_(ids)), _actor)} if ids else {}
        )
        return [(motion, actors[motion.actor_id]) for motion in motions]

    # votes of ours there

    def find_vote_abroad(self, remote_motion_id: RemoteMotionId, member_id: MemberId) -> VoteAbroad | None:
        """Return what the member sent on this remote poll."""
        c = t.votes_abroad.c
        return first(
            self._conn,
            select(t.votes_abroad).where(c.remote_motion_id == remote_motion_id, c.member_id == member_id),
            _vote_abroad,
        )

    def put_vote_abroad(self, vote: VoteAbroad) -> None:
        """Store what the member sent, replacing what was sent before."""
        values = {name: getattr(vote, name) for name in VoteAbroad.__slots__}
        upsert(
            self._conn, t.votes_abroad, {**values, "choice": list(vote.choice)}, keys=("remote_motion_id", "member_id")
        )

    def votes_abroad_of(
        self, member_id: MemberId, remote_motion_ids: Sequence[RemoteMotionId]
    ) -> dict[RemoteMotionId, VoteAbroad]:
        """Return what the member sent on these remote polls."""
        c = t.votes_abroad.c
        query = select(t.votes_abroad).where(c.member_id == member_id, c.remote_motion_id.in_(remote_motion_ids))
        found = every(self._conn, query, _vote_abroad)
        return {vote.remote_motion_id: vote for vote in found}

    # our objects as published

    def find_object(self, uri: str) -> StoredObject | None:
        """Return our object with this id, deleted ones too."""
        return _OBJECT.first(self._conn, {"uri": uri})

    def put_object(self, stored: StoredObject) -> None:
        """Store our object as published now."""
        values = {name: getattr(stored, name) for name in StoredObject.__slots__}
        upsert(
            self._conn,
            t.objects,
            {**values, "audience": list(stored.audience)},
            keys=("uri",),
            keep=("published_at", "actor_id"),
        )

    def delete_object(self, uri: str, at: datetime) -> None:
        """Purge our object; what stays makes the tombstone."""
        self._conn.execute(update(t.objects).where(t.objects.c.uri == uri).values(deleted_at=at, document="{}"))

    def featured(self, actor_id: ActorId, *, limit: int = 20) -> list[str]:
        """Return the ids of the actor's public objects that are listed first: its open motions, newest first."""
        c, m = t.objects.c, t.motions.c
        query = (
            select(c.uri)
            .join(t.motions, m.url == c.uri)
            .where(c.actor_id == actor_id, c.public.is_(True), c.deleted_at.is_(None), m.state == "open")
            .order_by(m.id.desc())
            .limit(limit)
        )
        return [str(row[0]) for row in self._conn.execute(query)]

    def conversation(self, object_uri: str, *, limit: int = 500) -> list[str]:
        """Return the ids of our objects and of public remote posts that reply to the object, oldest first."""
        ours = (
            select(t.outcomes.c.note_uuid)
            .join(t.motions, t.motions.c.id == t.outcomes.c.motion_id)
            .where(t.motions.c.url == object_uri)
        )
        theirs = (
            select(t.notes.c.uri)
            .join(t.motions, t.motions.c.id == t.notes.c.motion_id)
            .where(t.motions.c.url == object_uri, t.notes.c.deleted_at.is_(None), *_HEARD)
            .order_by(t.notes.c.id)
            .limit(limit)
        )
        return [str(row[0]) for query in (theirs, ours) for row in self._conn.execute(query)]

    # audit

    def count_posts(self) -> int:
        """Return how many public notes and motions we have published (NodeInfo)."""
        query = (
            select(func.count())
            .select_from(t.objects)
            .where(t.objects.c.public.is_(True), t.objects.c.deleted_at.is_(None))
        )
        return int(self._conn.execute(query).scalar_one())

    def purge_unread(self, before: datetime) -> None:
        """Forget remote posts that reply to nothing of ours and lie on no desk, received before an instant."""
        c = t.notes.c
        on_a_desk = exists().where(t.desk_items.c.note_id == c.id)
        self._conn.execute(delete(t.notes).where(c.received_at < before, c.motion_id.is_(None), ~on_a_desk))
