"""What overtakes what: votes by actor, motion and id; when states were said; outcomes of their own; tombstones of ids."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step."""
    _votes()
    _said_at()
    _outcomes()
    _tombstones()


def _votes() -> None:
    """An id belongs to its sender: the key grows by actor and motion, and each vote knows when it was cast."""
    op.execute("CREATE TABLE votes_before AS SELECT * FROM votes")
    op.drop_table("votes")
    op.create_table(
        "votes",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("activity_digest", sa.LargeBinary(), nullable=False),
        sa.Column("option_key", sa.Text(), nullable=False),
        sa.Column("cast_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_votes_actor_id_actors")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_votes_member_id_members")),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_votes_motion_id_motions")),
        sa.PrimaryKeyConstraint("digest", "actor_id", "motion_id", name=op.f("pk_votes")),
    )
    op.create_index("ix_votes_activity_digest", "votes", ["activity_digest"], unique=False)
    op.create_index("ix_votes_motion_id_member_id", "votes", ["motion_id", "member_id"], unique=False)
    op.execute(
        "INSERT INTO votes (digest, actor_id, motion_id, member_id, activity_digest, option_key, cast_at) "
        "SELECT digest, actor_id, motion_id, member_id, activity_digest, option_key, COALESCE((SELECT b.cast_at "
        "FROM ballots b WHERE b.motion_id = v.motion_id AND b.member_id = v.member_id), 0) FROM votes_before v"
    )
    op.drop_table("votes_before")


def _said_at() -> None:
    """States that others changed are ordered by when they were said; until now by when they came."""
    for table in ("notes", "remote_motions"):
        op.add_column(table, sa.Column("said_at", sa.BigInteger(), server_default="0", nullable=False))
    op.execute("UPDATE notes SET said_at = received_at")
    op.execute("UPDATE remote_motions SET said_at = received_at")


def _outcomes() -> None:
    op.create_table(
        "remote_outcomes",
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("motion_uri", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("html", sa.Text(), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.BigInteger(), nullable=True),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_remote_outcomes_actor_id_actors")),
        sa.PrimaryKeyConstraint("uri", name=op.f("pk_remote_outcomes")),
    )
    op.create_index("ix_remote_outcomes_motion_uri", "remote_outcomes", ["motion_uri", "actor_id"], unique=False)
    op.create_index("ix_remote_outcomes_received_at", "remote_outcomes", ["received_at"], unique=False)


def _tombstones() -> None:
    op.create_table(
        "tombstones",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("said_at", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tombstones")),
        sa.UniqueConstraint("digest", name=op.f("uq_tombstones_digest")),
    )
    op.create_index("ix_tombstones_origin", "tombstones", ["origin", "id"], unique=False)
    op.create_index("ix_tombstones_noted_at", "tombstones", ["noted_at"], unique=False)
    op.create_index("ix_follows_uri", "follows", ["uri"], unique=False)
    op.create_index("ix_interactions_uri", "interactions", ["uri"], unique=False)
