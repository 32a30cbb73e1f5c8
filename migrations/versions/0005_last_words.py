"""Last words to blocked servers: deliveries that survive a block, and follows whose end is still to be told."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    with op.batch_alter_table("deliveries") as table:
        table.add_column(sa.Column("last_word", sa.Boolean(), server_default=sa.false(), nullable=False))
    with op.batch_alter_table("follows") as table:
        table.create_index("ix_follows_state", ["state", "id"])
