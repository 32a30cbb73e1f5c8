"""Sign-ins: accounts, sessions, one-time links and access tokens. Only hashes of secrets are stored."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select, update

from fedcoop.kernel.errors import NotFound
from fedcoop.kernel.ids import MemberId
from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, insert, maker
from fedcoop.storage.records import Account, SessionRow

_account, _session = maker(Account), maker(SessionRow)


class Accounts:
    """Repository of sign-ins."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def add(self, account: Account) -> None:
        """Store a new account."""
        insert(self._conn, t.accounts, {name: getattr(account, name) for name in Account.__slots__})

    def get(self, account_id: int) -> Account:
        """Return the account. Raises NotFound."""
        found = first(self._conn, select(t.accounts).where(t.accounts.c.id == account_id), _account)
        if found is None:
            raise NotFound("account-unknown", "There is no such account.")
        return found

    def of_member(self, member_id: MemberId) -> Account | None:
        """Return the member's account."""
        return first(self._conn, select(t.accounts).where(t.accounts.c.member_id == member_id), _account)

    def by_email(self, email: str) -> Account | None:
        """Return the account of the member with this address, compared in lower case."""
        query = select(t.accounts).join(t.members, t.members.c.id == t.accounts.c.member_id)
        return first(self._conn, query.where(t.members.c.email == email.strip().lower()), _account)

    def set_password(self, account_id: int, password_hash: str) -> None:
        """Store a new password hash."""
        self._conn.execute(update(t.accounts).where(t.accounts.c.id == account_id).values(password_hash=password_hash))

    # sessions

    def add_session(self, session: SessionRow) -> None:
        """Store a session; its member was here now."""
        insert(self._conn, t.sessions, {name: getattr(session, name) for name in SessionRow.__slots__})
        self._saw(session.account_id, session.last_seen_at)

    def touch_session(self, token_hash: bytes, at: datetime) -> None:
        """Remember when the session was last seen, and its member with it."""
        self._conn.execute(update(t.sessions).where(t.sessions.c.token_hash == token_hash).values(last_seen_at=at))
        account = select(t.sessions.c.account_id).where(t.sessions.c.token_hash == token_hash).scalar_subquery()
        self._saw(account, at)

    def _saw(self, account: Any, at: datetime) -> None:
        """Sessions are forgotten when they are over; when the member was last here is not."""
        member = select(t.accounts.c.member_id).where(t.accounts.c.id == account).scalar_subquery()
        self._conn.execute(update(t.members).where(t.members.c.id == member).values(last_seen_at=at))

    def sessions_of(self, account_id: int, now: datetime) -> list[SessionRow]:
        """Return the account's open sessions, newest first."""
        query = select(t.sessions).where(t.sessions.c.account_id == account_id, t.sessions.c.expires_at > now)
        return every(self._conn, query.order_by(t.sessions.c.last_seen_at.desc()), _session)

    def end_session(self, token_hash: bytes) -> None:
        """End one session."""
        self._conn.execute(delete(t.sessions).where(t.sessions.c.token_hash == token_hash))

    def end_sessions(self, account_id: int, *, but: bytes = b"") -> None:
        """End all sessions of the account but one."""
        self._conn.execute(
            delete(t.sessions).where(t.sessions.c.account_id == account_id, t.sessions.c.token_hash != but)
        )

    def purge(self, now: datetime) -> None:
        """Forget expired sessions and one-time links."""
        self._conn.execute(delete(t.sessions).where(t.sessions.c.expires_at <= now))
        self._conn.execute(delete(t.one_time_tokens).where(t.one_time_tokens.c.expires_at <= now))

    # one-time links

    def add_one_time_token(
        self, *, token_hash: bytes, account_id: int, purpose: str, now: datetime, expires_at: datetime
    ) -> None:
        """Store a one-time link; `purpose` is `invitation` or `sign-in`."""
        values = {
            "token_hash": token_hash,
            "account_id": account_id,
            "purpose": purpose,
            "created_at": now,
            "expires_at": expires_at,
        }
        insert(self._conn, t.one_time_tokens, values)

    def find_one_time_token(self, token_hash: bytes, now: datetime) -> tuple[Account, str] | None:
        """Return account and purpose of a link that is neither used nor expired."""
        c = t.one_time_tokens.c
        query = select(t.accounts, c.purpose).join(t.one_time_tokens, c.account_id == t.accounts.c.id)
        row = self._conn.execute(
            query.where(c.token_hash == token_hash, c.expires_at > now, c.used_at.is_(None))
        ).first()
        return None if row is None else (Account(*row[:-1]), str(row[-1]))

    def use_one_time_token(self, token_hash: bytes, now: datetime) -> bool:
        """Mark the link as used; return False if somebody was faster."""
        c = t.one_time_tokens.c
        query = update(t.one_time_tokens).where(c.token_hash == token_hash, c.used_at.is_(None), c.expires_at > now)
        return bool(self._conn.execute(query.values(used_at=now)).rowcount)

    def end_one_time_tokens(self, account_id: int) -> None:
        """Forget every link of the account, used or not."""
        self._conn.execute(delete(t.one_time_tokens).where(t.one_time_tokens.c.account_id == account_id))

    # access tokens

    def end_access_tokens(self, account_id: int) -> None:
        """Forget every access token of the account."""
        self._conn.execute(delete(t.access_tokens).where(t.access_tokens.c.account_id == account_id))

    def add_access_token(self, *, token_hash: bytes, account_id: int, scopes: str, now: datetime) -> None:
        """Store an access token for the client API."""
        insert(
            self._conn,
            t.access_tokens,
            {"token_hash": token_hash, "account_id": account_id, "scopes": scopes, "created_at": now},
        )
