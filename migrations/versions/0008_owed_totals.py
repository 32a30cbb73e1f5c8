"""owed totals."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step: which servers counted a vote that we refused, and which marks of a vote did not count."""
    op.create_table(
        "owed_totals",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("inbox", sa.Text(), nullable=False),
        sa.Column("owed", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_owed_totals_motion_id_motions")),
        sa.PrimaryKeyConstraint("motion_id", "origin", name=op.f("pk_owed_totals")),
    )
    op.create_index("ix_owed_totals_at", "owed_totals", ["at", "origin"])
    op.add_column("refused_votes", sa.Column("marks", sa.Text(), server_default="[]", nullable=False))
    op.create_index("ix_refused_votes_actor_id", "refused_votes", ["actor_id", "answered_at"])
