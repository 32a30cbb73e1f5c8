"""Which signatures an origin announces, and which keys of its actors are known."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step: every key that is kept already was trusted so far, and stays so."""
    op.add_column("actor_keys", sa.Column("known", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("hosts", sa.Column("announced", sa.Text(), server_default="", nullable=False))
