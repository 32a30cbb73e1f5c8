"""Indexes of what needs somebody's look, so that an office finds it without looking through everything."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_decisions_ended_by", "decisions", ["ended_by"], ""),
    ("ix_petitions_state_kind", "petitions", ["state", "kind", "opened_at"], ""),
    ("ix_visits_failing_since", "visits", ["failing_since"], ""),
    ("ix_delegations_topic", "delegations", ["topic"], "ended_at IS NULL"),
    ("ix_links_news", "links", ["id"], "state <> 'active' OR former_handle <> '' OR reason <> ''"),
    ("ix_actors_news", "actors", ["id"], "moved_to <> '' OR suspended_at IS NOT NULL"),
)


def upgrade() -> None:
    """Take the step."""
    for name, table, columns, only in INDEXES:
        where = sa.text(only) if only else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
