"""Whose database this is, whether it was restored, and outcomes that are not what was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step; the origin of an instance that was founded before is that of its own actor."""
    op.create_table(
        "instance",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("restored_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance")),
    )
    op.execute(
        "INSERT INTO instance (id, origin) SELECT 1, origin FROM actors WHERE name = 'instance.actor' AND local LIMIT 1"
    )
    op.create_table(
        "differences",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_differences_motion_id_motions")),
        sa.PrimaryKeyConstraint("motion_id", name=op.f("pk_differences")),
    )
