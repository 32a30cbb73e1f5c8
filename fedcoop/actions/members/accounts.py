"""Signing in and out, passwords, access tokens. Hashes are made outside: argon2 takes too long for a unit of work."""

import secrets
from datetime import timedelta

from fedcoop.governance.members.member import check_signing_in
from fedcoop.kernel.errors import Invalid, NotAllowed, NotFound
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.instance.vault import token_hash
from fedcoop.storage.records import SessionRow
from fedcoop.storage.unit_of_work import UnitOfWork

SESSION_LASTS = timedelta(days=30)
TOUCH_EVERY = timedelta(hours=1)
THEMES = ("", "light", "dark")


def open_session(uow: UnitOfWork, *, account_id: int, browser: str) -> str:
    """Open a session for 30 days and return its secret, which goes into the cookie. Raises NotAllowed (`membership-over`)."""
    check_signing_in(uow.members.get(uow.accounts.get(account_id).member_id))
    secret = secrets.token_urlsafe(32)
    session = SessionRow(
        token_hash=token_hash(secret),
        account_id=account_id,
        created_at=uow.now,
        last_seen_at=uow.now,
        expires_at=uow.now + SESSION_LASTS,
        browser=browser[:200],
    )
    uow.accounts.add_session(session)
    return secret


def touch_session(uow: UnitOfWork, *, secret: str) -> None:
    """The session was seen now; asked at most once in an hour, so that reading pages writes nothing."""
    uow.accounts.touch_session(token_hash(secret), uow.now)


def redeem_link(uow: UnitOfWork, *, secret: str, browser: str) -> tuple[str, str, int]:
    """Use a one-time link; return the secret of a new session, the purpose of the link, and the account.

    Raises NotAllowed (`link-used`, `membership-over`).
    """
    digest = token_hash(secret)
    found = uow.accounts.find_one_time_token(digest, uow.now)
    if found is None or not uow.accounts.use_one_time_token(digest, uow.now):
        raise NotAllowed("link-used", "This link has been used, or its time is over. Ask for a new one.")
    account, purpose = found
    uow.audit(
        "signed-in", who=f"member:{account.member_id}", subject=f"member:{account.member_id}", details={"by": purpose}
    )
    return open_session(uow, account_id=account.id, browser=browser), purpose, account.id


def sign_out(uow: UnitOfWork, *, digest: bytes) -> None:
    """End this session."""
    uow.accounts.end_session(digest)


def sign_out_elsewhere(uow: UnitOfWork, *, account_id: int, digest: bytes) -> None:
    """End all other sessions of the account."""
    uow.accounts.end_sessions(account_id, but=digest)


def set_password(uow: UnitOfWork, *, account_id: int, password_hash: str, digest: bytes) -> None:
    """Store the new hash; all other sessions end, and every one-time link that waited."""
    uow.accounts.set_password(account_id, password_hash)
    uow.accounts.end_sessions(account_id, but=digest)
    uow.accounts.end_one_time_tokens(account_id)
    uow.audit("password-set", who=f"account:{account_id}", subject=f"account:{account_id}")


def set_theme(uow: UnitOfWork, *, member_id: MemberId, theme: str) -> None:
    """Show the member light or dark pages from now on; empty follows the system. Raises Invalid (`theme-unknown`)."""
    if theme not in THEMES:
        raise Invalid("theme-unknown", "Choose light, dark, or what the device says.", field="theme")
    uow.members.set_theme(member_id, theme)


def issue_token(uow: UnitOfWork, *, member_id: MemberId, scopes: str) -> str:
    """Return a new access token for the client API, stored as a hash, by the operator's word. Raises NotAllowed."""
    check_signing_in(uow.members.get(member_id))
    account = uow.accounts.of_member(member_id)
    if account is None:
        raise NotFound("account-unknown", "This member has no account.")
    secret = secrets.token_urlsafe(32)
    uow.accounts.add_access_token(token_hash=token_hash(secret), account_id=account.id, scopes=scopes, now=uow.now)
    uow.audit("token-issued", who="operator", subject=f"member:{member_id}", details={"scopes": scopes})
    return secret
