"""What a person on the GoToSocial-like server does and sees."""

import itertools
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from tests.fediverse import gts_documents as documents
from tests.fediverse.gts_courier import Signer
from tests.fediverse.gts_documents import PUBLIC, Json, Poll, Status, rfc3339

_numbers = itertools.count(1)


class Refusal(Exception):
    """The server says no to its own user."""


@dataclass
class Following:
    """A follow of the user's: its id, and whether it was accepted."""

    uri: str
    accepted: bool = False


@dataclass
class User:
    """One account, its relations, its home timeline (ids of posts, oldest first) and its notifications."""

    server: Any
    name: str
    key_number: int = 0
    profile: Json = field(default_factory=dict)
    followers: set[str] = field(default_factory=set)
    requests: dict[str, Json] = field(default_factory=dict)
    following: dict[str, Following] = field(default_factory=dict)
    blocks: set[str] = field(default_factory=set)
    home: list[str] = field(default_factory=list)
    notifications: list[tuple[str, str]] = field(default_factory=list)
    deleted: bool = False

    @property
    def uri(self) -> str:
        return f"{self.server.origin}/users/{self.name}"

    @property
    def called(self) -> str:
        """The name in its address."""
        return str(self.profile.get("preferredUsername", self.name))

    @property
    def handle(self) -> str:
        return f"{self.called}@{self.server.account_domain}"

    @property
    def signer(self) -> Signer:
        return Signer(self.uri, self.key_number)

    @property
    def is_locked(self) -> bool:
        return bool(self.profile.get("manuallyApprovesFollowers"))

    def document(self) -> Json:
        return documents.account(self.uri, self.name, self.key_number, self.profile)

    def timeline(self) -> list[Status]:
        """What the user sees at home."""
        return [self.server.statuses[uri] for uri in self.home if uri in self.server.statuses]

    def messages(self) -> list[Status]:
        """The posts addressed to this user alone."""
        return [found for found in self.server.statuses.values() if found.is_direct and self.uri in found.audience]

    def number_of(self, kind: str) -> int:
        return len([True for found, _ in self.notifications if found == kind])

    # ------------------------------------------------------------------------------------------- finding, following

    async def search(self, query: str) -> str:
        """The id of the account or post that a handle or address names. Raises Unreachable."""
        return str(await self.server.search(query, self.signer))

    async def refresh(self, uri: str) -> Status:
        """The post as its author shows it now."""
        status: Status = await self.server.refresh(uri, self.signer)
        return status

    async def follow(self, uri: str) -> None:
        """Ask to follow; somebody who is followed already is not asked again."""
        if uri in self.following:
            return
        self.following[uri] = Following(f"{self.uri}/follow/{next(_numbers)}")
        await self._tell(uri, documents.activity("Follow", self.following[uri].uri, self.uri, uri, to=[uri]))

    async def unfollow(self, uri: str) -> None:
        follow = documents.activity("Follow", self.following.pop(uri).uri, self.uri, uri, to=[uri])
        await self._tell(uri, documents.activity("Undo", self._new_uri("undo"), self.uri, follow, to=[uri]))

    async def accept(self, follower: str) -> None:
        """Somebody who asked may follow."""
        follow = self.requests.pop(follower)
        self.followers.add(follower)
        await self._tell(
            follower, documents.activity("Accept", self._new_uri("accepts"), self.uri, follow, to=[follower])
        )

    async def reject(self, follower: str) -> None:
        follow = self.requests.pop(follower)
        await self._tell(
            follower, documents.activity("Reject", self._new_uri("rejects"), self.uri, follow, to=[follower])
        )

    async def block(self, uri: str) -> None:
        """Nothing passes between the two any more."""
        self.blocks.add(uri)
        self.followers.discard(uri)
        self.following.pop(uri, None)
        await self._tell(uri, documents.activity("Block", self._new_uri("blocks"), self.uri, uri, to=[uri]))

    # ---------------------------------------------------------------------------------------------------------- posts

    async def write(
        self, text: str, *mentioned: str, visibility: str = "public", in_reply_to: str = "", poll: Poll | None = None
    ) -> Status:
        """A post of the user's: `public`, `followers` or `direct`."""
        uri = f"{self.uri}/statuses/{next(_numbers)}"
        to, cc = self._addressed(visibility, mentioned)
        handles = {uri: await self.server.handle_of(uri, self.signer) for uri in mentioned}
        content = f"<p>{' '.join([*(f'@{name}' for name in handles.values()), text])}</p>"
        names = {uri: f"@{name}" for uri, name in handles.items()}
        now = rfc3339(self.server.clock.now())
        status = Status(uri, self.uri, content, now, to, cc, names, in_reply_to, poll=poll)
        self.server.keep(status)
        await self._publish("Create", status)
        return status

    def _addressed(self, visibility: str, mentioned: tuple[str, ...]) -> tuple[list[str], list[str]]:
        followers = f"{self.uri}/followers"
        if visibility == "public":
            return [PUBLIC], [followers, *mentioned]
        return ([followers], [*mentioned]) if visibility == "followers" else ([*mentioned], [])

    async def ask(
        self, text: str, *options: str, multiple: bool = False, lasts: timedelta = timedelta(days=1)
    ) -> Status:
        """A poll of the user's."""
        expires = rfc3339(self.server.clock.now() + lasts)
        poll = Poll(next(_numbers), list(options), multiple, expires, "", [0] * len(options), 0)
        return await self.write(text, poll=poll)

    async def edit(self, status: Status, text: str) -> None:
        """The post says something else now; the second is the finest that its date tells."""
        status.edits.append(status.content)
        status.content, status.updated = f"<p>{text}</p>", rfc3339(self.server.clock.now())
        await self._publish("Update", status)

    async def publish_totals(self, status: Status) -> None:
        """The poll's numbers go to everybody who has it."""
        assert status.poll is not None
        await self._publish("Update", status, *status.poll.ballots)

    async def delete(self, status: Status) -> None:
        """The post is gone; followers are told, and nobody else."""
        del self.server.statuses[status.uri]
        uri = f"{status.uri}/activity#Delete"
        await self._to_followers(documents.activity("Delete", uri, self.uri, status.uri, to=[PUBLIC]))

    async def boost(self, uri: str) -> None:
        """Followers and the author are told."""
        status = await self.server.status(uri, self.signer)
        announce = documents.activity(
            "Announce", self._new_uri("statuses"), self.uri, uri, to=[PUBLIC], cc=[status.author]
        )
        await self._tell(status.author, announce)
        await self._to_followers(announce)

    async def report(self, author: str, *posts: str, text: str) -> None:
        """Tell the other server's moderators: in the name of this server, not of the user."""
        instance = self.server.users["instance"]
        flag = documents.activity("Flag", instance._new_uri("reports"), instance.uri, [author, *posts], to=[author])
        await self.server.tell(author, {**flag, "content": text}, instance.signer)

    # ---------------------------------------------------------------------------------------------------------- votes

    async def vote(self, uri: str, *names: str) -> None:
        """Vote in a poll: this server counts it at once in its own copy. Raises Refusal."""
        status = await self.server.status(uri, self.signer)
        poll = status.poll
        if poll is None or poll.closed_at or poll.expires_at <= rfc3339(self.server.clock.now()):
            raise Refusal("poll already closed")
        if self.uri in poll.ballots:
            raise Refusal("you have already voted in this poll")
        choices = tuple(poll.options.index(name) for name in names)
        if len(choices) > 1 and not poll.multiple:
            raise Refusal("poll only accepts single choice")
        self.server.count(poll, self.uri, choices)
        author = self.server.user_of(status.author)
        if author is not None:
            await author.publish_totals(status)
        else:
            await self._tell(status.author, documents.vote(self.uri, status, choices, self.server.clock.now()))

    # -------------------------------------------------------------------------------------------------------- account

    async def rename(self, display_name: str, *, address: str = "") -> None:
        """Another name is shown, or stands in the address too; followers are told."""
        self.profile |= {"name": display_name, "preferredUsername": address or self.called}
        uri = f"{self.uri}#updates/{next(_numbers)}"
        await self._to_followers(documents.activity("Update", uri, self.uri, self.document(), to=[PUBLIC]))

    async def move(self, target: str) -> None:
        """The account says that it is another one now; followers are told."""
        self.profile["movedTo"] = target
        move = documents.activity("Move", self._new_uri("moves"), self.uri, self.uri, to=[f"{self.uri}/followers"])
        await self._to_followers({**move, "target": target})

    async def delete_account(self) -> None:
        """The account is gone; followers are told, and nobody else."""
        await self._to_followers(documents.activity("Delete", f"{self.uri}#delete", self.uri, self.uri, to=[PUBLIC]))
        self.deleted = True
        for uri in [uri for uri, status in self.server.statuses.items() if status.author == self.uri]:
            del self.server.statuses[uri]

    # -------------------------------------------------------------------------------------------------------- sending

    def _new_uri(self, kind: str) -> str:
        return f"{self.uri}/{kind}/{next(_numbers)}"

    async def _publish(self, kind: str, status: Status, *more: str) -> None:
        activity = documents.about(kind, status)
        named = {uri for uri in (*status.audience, *more) if uri != PUBLIC and not uri.endswith("/followers")}
        everybody = f"{self.uri}/followers" in status.audience
        for uri in sorted(named | self.followers if everybody else named):
            await self._tell(uri, activity)

    async def _to_followers(self, activity: Json) -> None:
        for uri in sorted(self.followers):
            await self._tell(uri, activity)

    async def _tell(self, uri: str, activity: Json) -> None:
        await self.server.tell(uri, activity, self.signer)
