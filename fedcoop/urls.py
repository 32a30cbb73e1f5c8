"""What a URL of ours looks like: builds and parses every one of them. Source: federation.md 2.1.

There is one origin per instance, from the configuration, never from a Host header. Comparison is by the whole origin:
scheme, host and port. Paths of doors that only people use (`/members`, `/office`) are named where their routes are.
"""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from uuid import UUID

from fedcoop.kernel.names import MAX_NAME, NAME_PATTERN, shown_host
from fedcoop.kernel.names import is_name as is_name
from fedcoop.kernel.names import origin_of as origin_of

PUBLIC = "https://www.w3.org/ns/activitystreams#Public"
MAIN_KEY = "#main-key"
ED25519_KEY = "#ed25519-key"

_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_ENDPOINTS = "inbox|outbox|followers|following|featured|affiliations|moderators"
_THINGS = {
    "motions": "motion",
    "notes": "note",
    "articles": "article",
    "activities": "activity",
    "contexts": "context",
    "proposals": "proposal",
}
_ACTOR = re.compile(rf"/actors/({NAME_PATTERN})(?:/({_ENDPOINTS}))?")
_PROFILE = re.compile(rf"/@({NAME_PATTERN})")
_THING = re.compile(rf"/({'|'.join(_THINGS)})/({_UUID})")


def replies_of(uri: str) -> str:
    """Return the collection of public replies to the object of ours with this id (federation.md 4)."""
    return f"{uri}/replies"


@dataclass(frozen=True, slots=True)
class Local:
    """What a URL of ours names: `kind` is `actor`, `inbox`, … `motion`, `note`, …; `name` a name or UUID, or empty."""

    kind: str
    name: str = ""


class Urls:
    """Every URL of the instance at `origin` (no final slash)."""

    __slots__ = ("authority", "host", "origin", "scheme")

    def __init__(self, origin: str) -> None:
        normal = origin_of(origin)
        if normal is None or urlsplit(origin).path not in ("", "/"):
            raise ValueError(f"{origin!r} is no origin")
        parts = urlsplit(normal)
        self.origin = normal
        self.scheme = parts.scheme
        self.authority = parts.netloc
        self.host = parts.hostname or ""

    @property
    def instance_actor(self) -> str:
        """The `Application` that signs our fetches."""
        return f"{self.origin}/actor"

    @property
    def shared_inbox(self) -> str:
        """The inbox of all our actors."""
        return f"{self.origin}/inbox"

    @property
    def sign_in(self) -> str:
        """The page to sign in at."""
        return f"{self.origin}/sign-in"

    @property
    def settings_accounts(self) -> str:
        """The page of a member's linked accounts."""
        return f"{self.origin}/settings/accounts"

    @property
    def settings_delegations(self) -> str:
        """The page of whom a member lets vote for them."""
        return f"{self.origin}/settings/delegations"

    def actor(self, name: str) -> str:
        """Return the id of our actor `name`."""
        return f"{self.origin}/actors/{name}"

    def inbox(self, name: str) -> str:
        """Return the inbox of our actor `name`."""
        return f"{self.origin}/actors/{name}/inbox"

    def outbox(self, name: str) -> str:
        """Return the outbox of our actor `name`."""
        return f"{self.origin}/actors/{name}/outbox"

    def followers(self, name: str) -> str:
        """Return the followers collection of our actor `name`."""
        return f"{self.origin}/actors/{name}/followers"

    def following(self, name: str) -> str:
        """Return the following collection of our actor `name`."""
        return f"{self.origin}/actors/{name}/following"

    def featured(self, name: str) -> str:
        """Return the collection of what our actor `name` has pinned."""
        return f"{self.origin}/actors/{name}/featured"

    def affiliations(self, name: str) -> str:
        """Return the affiliations collection of our actor `name`."""
        return f"{self.origin}/actors/{name}/affiliations"

    def profile(self, name: str) -> str:
        """Return the page about our actor `name`."""
        return f"{self.origin}/@{name}"

    def motion(self, uuid: UUID | str) -> str:
        """Return the id and page of a motion."""
        return f"{self.origin}/motions/{uuid}"

    def note(self, uuid: UUID | str) -> str:
        """Return the id of a note."""
        return f"{self.origin}/notes/{uuid}"

    def article(self, uuid: UUID | str) -> str:
        """Return the id of an article."""
        return f"{self.origin}/articles/{uuid}"

    def activity(self, uuid: UUID | str) -> str:
        """Return the id of an activity."""
        return f"{self.origin}/activities/{uuid}"

    def context(self, uuid: UUID | str) -> str:
        """Return the id of a conversation."""
        return f"{self.origin}/contexts/{uuid}"

    def proposal(self, uuid: UUID | str) -> str:
        """Return the page of a proposal."""
        return f"{self.origin}/proposals/{uuid}"

    def template(self, uuid: UUID | str) -> str:
        """Return the page of a template of decisions."""
        return f"{self.origin}/templates/{uuid}"

    @property
    def decisions(self) -> str:
        """The page of open votes and of what was decided."""
        return f"{self.origin}/decisions"

    @property
    def topics(self) -> str:
        """The folder of the pages of topics (`#bread` is `topics` + `/bread`)."""
        return f"{self.origin}/tags"

    def sign_in_link(self, token: str) -> str:
        """Return the page that signs in once."""
        return f"{self.origin}/sign-in/{token}"

    def main_key(self, actor_uri: str) -> str:
        """Return the id of an actor's RSA key."""
        return actor_uri + MAIN_KEY

    def ed25519_key(self, actor_uri: str) -> str:
        """Return the id of an actor's Ed25519 key."""
        return actor_uri + ED25519_KEY

    def handle(self, name: str) -> str:
        """Return `@name@authority`, as servers write it."""
        return f"@{name}@{self.authority}"

    def shown_handle(self, name: str) -> str:
        """Return `@name@authority`, as people write it: a name of the net in its own letters."""
        return f"@{name}@{self.authority.replace(self.host, shown_host(self.host), 1)}"

    def is_our_domain(self, domain: str) -> bool:
        """Return whether a handle's domain is ours, in whichever spelling: its letters or ASCII, with or without the usual port."""
        return origin_of(f"{self.scheme}://{domain}") == self.origin and not set("/?#@").intersection(domain)

    def is_local(self, url: str) -> bool:
        """Return whether `url` has our origin: scheme, host and port, all three."""
        return origin_of(url) == self.origin

    def parse(self, url: str) -> Local | None:
        """Return what of ours `url` names; None for another origin, an unknown path or one with a query.

        A fragment is allowed where it names a key of an actor, which then is what the URL names.
        """
        if not self.is_local(url):
            return None
        parts = urlsplit(url)
        if "?" in url:
            return None
        if parts.fragment and f"#{parts.fragment}" not in (MAIN_KEY, ED25519_KEY):
            return None
        local = _parse_path(parts.path)
        if parts.fragment and (local is None or local.kind not in ("actor", "instance_actor")):
            return None
        return local


def _parse_path(path: str) -> Local | None:
    if path in ("/actor", "/inbox", "", "/"):
        return Local({"/actor": "instance_actor", "/inbox": "shared_inbox"}.get(path, "home"))
    if match := _ACTOR.fullmatch(path):
        return Local(match[2] or "actor", match[1]) if len(match[1]) <= MAX_NAME else None
    if match := _THING.fullmatch(path):
        return Local(_THINGS[match[1]], match[2])
    if match := _PROFILE.fullmatch(path):
        return Local("profile", match[1]) if len(match[1]) <= MAX_NAME else None
    return None
