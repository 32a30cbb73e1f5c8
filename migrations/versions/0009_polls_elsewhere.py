"""Polls elsewhere: an untold number of voters, when numbers were told, and when we look at a poll again."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step. A 0 meant "none told" as well as none: what is not known is not claimed."""
    op.create_table(
        "remote_looks",
        sa.Column("remote_motion_id", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.Text(), server_default="", nullable=False),
        sa.Column("failing_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["remote_motion_id"], ["remote_motions.id"], name=op.f("fk_remote_looks_remote_motion_id_remote_motions")
        ),
        sa.PrimaryKeyConstraint("remote_motion_id", name=op.f("pk_remote_looks")),
    )
    op.create_index("ix_remote_looks_due_at", "remote_looks", ["due_at"])
    with op.batch_alter_table("remote_motions") as table:
        table.add_column(sa.Column("told_at", sa.BigInteger(), nullable=True))
        table.add_column(sa.Column("answers_at", sa.BigInteger(), nullable=True))
        table.alter_column("voters_count", existing_type=sa.Integer(), nullable=True, server_default=None)
        table.create_index("ix_remote_motions_actor_id", ["actor_id"])
    motions = sa.table("remote_motions", sa.column("voters_count", sa.Integer))
    op.execute(motions.update().where(motions.c.voters_count == 0).values(voters_count=None))
