"""An index of what outboxes show: a page of one does not go through the updates in between."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    listed = sa.text("public AND type IN ('Create', 'Announce')")
    columns = ["actor_id", "id"]
    op.drop_index("ix_activities_actor_id_public", table_name="activities")
    op.create_index("ix_activities_listed", "activities", columns, sqlite_where=listed, postgresql_where=listed)
