"""Who is signed in, and what a member's own settings show: sessions, linked accounts, the pending code."""

from dataclasses import dataclass
from datetime import datetime

from fedcoop.governance.members.member import Member
from fedcoop.queries.fediverse.linked import LinkView, links_of
from fedcoop.storage.instance.vault import token_hash
from fedcoop.storage.records import Account, Actor
from fedcoop.storage.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page; a stranger has no member, no account and no token."""

    member: Member | None
    account_id: int | None
    token: str
    last_seen_at: datetime | None = None
    theme: str = ""


STRANGER = Viewer(None, None, "")


def viewer_of(uow: UnitOfWork, *, token: str) -> Viewer:
    """Return the member whose open session this token is, or the stranger."""
    found = uow.members.signed_in(token_hash(token), uow.now)
    if found is None or not found.member.may_sign_in:
        return STRANGER
    return Viewer(found.member, found.account_id, token, found.last_seen_at, found.theme)


def account_by_email(uow: UnitOfWork, *, email: str) -> Account | None:
    """Return the account that signs in with this address."""
    return uow.accounts.by_email(email)


@dataclass(frozen=True, slots=True)
class PendingLink:
    """A code that waits; `proven` once it came in, then `actor_uri` is who sent it."""

    handle: str
    code: str
    expires_at: datetime
    proven: bool
    actor_uri: str


@dataclass(frozen=True, slots=True)
class SessionView:
    """One signed-in browser."""

    browser: str
    last_seen_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class AccountsView:
    """The page of accounts: links, the pending code, the sessions, the public profile if there is one."""

    links: tuple[LinkView, ...]
    pending: PendingLink | None
    sessions: tuple[SessionView, ...]
    has_password: bool
    profile: Actor | None


def accounts_view(uow: UnitOfWork, *, viewer: Viewer) -> AccountsView:
    """Return what the member's page of accounts shows."""
    assert viewer.member is not None
    assert viewer.account_id is not None
    member = viewer.member
    account = uow.accounts.of_member(member.id)
    this = token_hash(viewer.token)
    sessions = uow.accounts.sessions_of(viewer.account_id, uow.now)
    return AccountsView(
        links=links_of(uow, member=member),
        pending=_pending(uow, member),
        sessions=tuple(SessionView(row.browser, row.last_seen_at, row.token_hash == this) for row in sessions),
        has_password=account is not None and bool(account.password_hash),
        profile=profile_of(uow, member=member),
    )


def profile_of(uow: UnitOfWork, *, member: Member) -> Actor | None:
    """Return the member's opt-in public actor here."""
    actor_id = uow.members.actor_id_of(member.id)
    return None if actor_id is None else uow.actors.get(actor_id)


def _pending(uow: UnitOfWork, member: Member) -> PendingLink | None:
    challenge = uow.members.challenge_of(member.id)
    if challenge is None or challenge.expires_at <= uow.now:
        return None
    code = uow.site.vault.open(challenge.code_secret).decode()
    sender = uow.actors.get(challenge.actor_id).uri if challenge.actor_id is not None else ""
    return PendingLink(challenge.handle, code, challenge.expires_at, challenge.proven_at is not None, sender)


@dataclass(frozen=True, slots=True)
class TokenView:
    """Whom a one-time link would sign in."""

    name: str
    purpose: str


def token_view(uow: UnitOfWork, *, secret: str) -> TokenView | None:
    """Return whom this one-time link signs in, or None if it is used, over or unknown."""
    found = uow.accounts.find_one_time_token(token_hash(secret), uow.now)
    if found is None:
        return None
    account, purpose = found
    member = uow.members.get(account.member_id)
    return TokenView(member.display_name, purpose) if member.may_sign_in else None
