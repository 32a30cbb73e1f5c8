"""Ballots with the leaf that their receipt names, so that it is found without going through the box (governance.md 5.2)."""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

from fedcoop.kernel.canonical import canonical_bytes

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

AT_A_TIME = 5_000
_SOME = sa.text(
    "SELECT b.id, b.choice, b.nonce, b.voter, m.url FROM ballots b JOIN motions m ON m.id = b.motion_id "
    "WHERE b.id > :after ORDER BY b.id LIMIT :limit"
)
_KEEP = sa.text("UPDATE ballots SET leaf = :leaf WHERE id = :id")


def upgrade() -> None:
    """Take the step."""
    op.add_column("ballots", sa.Column("leaf", sa.LargeBinary(), nullable=True))
    connection, after = op.get_bind(), 0
    while rows := connection.execute(_SOME, {"after": after, "limit": AT_A_TIME}).all():
        connection.execute(_KEEP, [{"id": row.id, "leaf": _leaf(row)} for row in rows])
        after = rows[-1].id
    op.create_index("ix_ballots_leaf", "ballots", ["leaf"])


def _leaf(row: sa.Row) -> bytes:
    ballot = {"choice": json.loads(row.choice), "nonce": row.nonce, "poll": row.url, "voter": row.voter}
    return hashlib.sha256(b"\0" + canonical_bytes(ballot)).digest()
