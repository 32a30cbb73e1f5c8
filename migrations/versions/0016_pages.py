"""Indexes by which pages read what they show and no more."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_members_status_number", "members", ["status", "number"]),
    ("ix_motions_proposal_id", "motions", ["proposal_id"]),
    ("ix_motions_state_id", "motions", ["state", "id"]),
    ("ix_proposals_author_id_state", "proposals", ["author_id", "state"]),
    ("ix_proposals_state_id", "proposals", ["state", "id"]),
)


def upgrade() -> None:
    """Take the step."""
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)
    given = sa.text("reason <> ''")
    columns = ["motion_id", "member_id"]
    op.create_index("ix_ballots_reasons", "ballots", columns, sqlite_where=given, postgresql_where=given)
