"""delivery order."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step: what a delivery waits for has its own column; what waits already waits as before."""
    op.add_column("deliveries", sa.Column("waits_for", sa.Text(), server_default="", nullable=False))
    op.execute("UPDATE deliveries SET waits_for = order_key")
