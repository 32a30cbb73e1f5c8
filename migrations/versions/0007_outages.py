"""Outages: the heartbeat, when we were away, who was told, whose accounts and outboxes are to be looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    _outages()
    _visits()
    op.add_column("links", sa.Column("former_handle", sa.Text(), server_default="", nullable=False))


def _outages() -> None:
    op.create_table(
        "heartbeats",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeats")),
    )
    op.create_table(
        "outages",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("began_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("looked_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told_to", sa.BigInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outages")),
    )
    op.create_index("ix_outages_ended_at", "outages", ["ended_at"])
    op.create_table(
        "outage_notices",
        sa.Column("outage_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_outage_notices_member_id_members")),
        sa.ForeignKeyConstraint(["outage_id"], ["outages.id"], name=op.f("fk_outage_notices_outage_id_outages")),
        sa.PrimaryKeyConstraint("outage_id", "member_id", name=op.f("pk_outage_notices")),
    )
    op.create_index("ix_outage_notices_member_id", "outage_notices", ["member_id", "at"])


def _visits() -> None:
    op.create_table(
        "visits",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=True),
        sa.Column("again_at", sa.BigInteger(), nullable=True),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("leased_until", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_visits_actor_id_actors")),
        sa.PrimaryKeyConstraint("kind", "actor_id", name=op.f("pk_visits")),
    )
    op.create_index("ix_visits_due_at", "visits", ["due_at"])
    op.create_index("ix_visits_actor_id", "visits", ["actor_id"])
