"""The processes that work on the database, and which of them has taken a row."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

LEASED = ("deliveries", "inbound", "timers", "visits", "remote_looks")


def upgrade() -> None:
    """Take the step; nothing runs meanwhile, so what was taken before is free."""
    op.create_table(
        "nodes",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.Column("clear_until", sa.BigInteger(), nullable=True),
        sa.Column("draining", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nodes")),
    )
    op.add_column("remote_looks", sa.Column("leased_until", sa.BigInteger(), nullable=True))
    for table in LEASED:
        op.add_column(table, sa.Column("leased_by", sa.BigInteger(), nullable=True))
        op.execute(sa.update(sa.table(table, sa.column("leased_until"))).values(leased_until=None))
    held, nothing = sa.text("leased_by IS NOT NULL"), sa.text("0")
    columns = ["leased_by", "actor_uri"]
    op.create_index("ix_inbound_leased_by", "inbound", columns, postgresql_where=held, sqlite_where=nothing)
