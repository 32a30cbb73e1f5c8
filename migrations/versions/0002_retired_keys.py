"""retired keys."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    op.create_table(
        "retired_keys",
        sa.Column("key_id", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("algorithm", sa.Text(), nullable=False),
        sa.Column("material", sa.Text(), nullable=False),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("fetched_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_retired_keys_actor_id_actors")),
        sa.PrimaryKeyConstraint("key_id", "retired_at", name=op.f("pk_retired_keys")),
    )
    with op.batch_alter_table("retired_keys", schema=None) as batch_op:
        batch_op.create_index("ix_retired_keys_actor_id", ["actor_id"], unique=False)
