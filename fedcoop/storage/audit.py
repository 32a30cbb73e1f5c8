"""The audit log as readers see it; units of work append to it (governance.md 1)."""

from sqlalchemy import Connection, select

from fedcoop.storage import tables as t
from fedcoop.storage.database.rows import every, first, maker
from fedcoop.storage.records import AuditEntry

_entry = maker(AuditEntry)


class Audit:
    """Repository of audit entries; there is no way to change one."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn

    def about(self, subject: str, *, limit: int = 100) -> list[AuditEntry]:
        """Return the entries about one subject, newest first."""
        query = select(t.audit_log).where(t.audit_log.c.subject == subject).order_by(t.audit_log.c.id.desc())
        return every(self._conn, query.limit(limit), _entry)

    def newest(self, what: str, subject: str) -> AuditEntry | None:
        """Return the newest entry of one kind about one subject."""
        c = t.audit_log.c
        query = select(t.audit_log).where(c.what == what, c.subject == subject).order_by(c.id.desc()).limit(1)
        return first(self._conn, query, _entry)

    def of_kind(self, what: str, *, limit: int = 100) -> list[AuditEntry]:
        """Return the entries of one kind, newest first."""
        query = select(t.audit_log).where(t.audit_log.c.what == what).order_by(t.audit_log.c.id.desc())
        return every(self._conn, query.limit(limit), _entry)
