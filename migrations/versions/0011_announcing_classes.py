"""Classes without a vote say whether their members may announce."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step: they may not unless somebody says so."""
    op.add_column("member_classes", sa.Column("may_announce", sa.Boolean(), server_default=sa.false(), nullable=False))
