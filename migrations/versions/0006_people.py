"""What people elsewhere say to us and how we show ourselves: the desk, versions and mentions of announcements, pictures."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step: new tables first, then what was kept and shown nowhere goes on the desk."""
    _announcements()
    _desk()
    _pictures()
    _onto_the_desk()


def _announcements() -> None:
    op.add_column("announcements", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("announcements", sa.Column("updated_at", sa.BigInteger(), nullable=True))
    announcement = ["announcement_id"], ["announcements.id"]
    op.create_table(
        "announcement_versions",
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(*announcement, name=op.f("fk_announcement_versions_announcement_id_announcements")),
        sa.PrimaryKeyConstraint("announcement_id", "version", name=op.f("pk_announcement_versions")),
    )
    op.create_table(
        "announcement_mentions",
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=True),
        sa.Column("standing", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_announcement_mentions_actor_id_actors")),
        sa.ForeignKeyConstraint(*announcement, name=op.f("fk_announcement_mentions_announcement_id_announcements")),
        sa.PrimaryKeyConstraint("announcement_id", "handle", name=op.f("pk_announcement_mentions")),
    )
    op.create_table(
        "announcement_tags",
        sa.Column("tag", sa.Text(), nullable=False),
        sa.Column("announcement_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(*announcement, name=op.f("fk_announcement_tags_announcement_id_announcements")),
        sa.PrimaryKeyConstraint("tag", "announcement_id", name=op.f("pk_announcement_tags")),
    )
    op.create_index("ix_announcement_tags_announcement_id", "announcement_tags", ["announcement_id"])


def _desk() -> None:
    op.drop_column("reports", "settled_at")
    op.create_table(
        "desk_items",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient_id", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("note_id", sa.BigInteger(), nullable=True),
        sa.Column("report_id", sa.BigInteger(), nullable=True),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=True),
        sa.Column("done_by", sa.BigInteger(), nullable=True),
        sa.Column("remark", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_desk_items_actor_id_actors")),
        sa.ForeignKeyConstraint(["done_by"], ["members.id"], name=op.f("fk_desk_items_done_by_members")),
        sa.ForeignKeyConstraint(["note_id"], ["notes.id"], name=op.f("fk_desk_items_note_id_notes")),
        sa.ForeignKeyConstraint(["recipient_id"], ["actors.id"], name=op.f("fk_desk_items_recipient_id_actors")),
        sa.ForeignKeyConstraint(["report_id"], ["reports.id"], name=op.f("fk_desk_items_report_id_reports")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_items")),
        sa.UniqueConstraint("note_id", name=op.f("uq_desk_items_note_id")),
        sa.UniqueConstraint("report_id", name=op.f("uq_desk_items_report_id")),
    )
    open_ = sa.text("done_at IS NULL")
    op.create_index(
        "ix_desk_items_open", "desk_items", ["recipient_id", "id", "kind"], sqlite_where=open_, postgresql_where=open_
    )
    op.create_index("ix_desk_items_recipient_id", "desk_items", ["recipient_id", "id"])
    op.create_index("ix_desk_items_origin", "desk_items", ["origin", "received_at"])
    op.create_index("ix_desk_items_actor_id", "desk_items", ["actor_id", "id"])
    op.create_table(
        "desk_replies",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("note_uuid", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["desk_items.id"], name=op.f("fk_desk_replies_item_id_desk_items")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_desk_replies_member_id_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_replies")),
        sa.UniqueConstraint("note_uuid", name=op.f("uq_desk_replies_note_uuid")),
    )
    op.create_index("ix_desk_replies_item_id", "desk_replies", ["item_id", "id"])
    op.create_table(
        "auto_replies",
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_auto_replies_actor_id_actors")),
        sa.PrimaryKeyConstraint("actor_id", name=op.f("pk_auto_replies")),
    )
    op.create_index("ix_auto_replies_sent_at", "auto_replies", ["sent_at", "origin"])


def _pictures() -> None:
    op.create_table(
        "media",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_media")),
    )
    op.add_column("actors", sa.Column("icon", sa.Text(), server_default="", nullable=False))
    op.add_column("actors", sa.Column("image", sa.Text(), server_default="", nullable=False))


def _onto_the_desk() -> None:
    """Reports and mentions that were kept, and shown nowhere, are there to be read; ids are sorted by time everywhere."""
    actors = sa.table("actors", *map(sa.column, ("id", "origin", "local", "kind")))
    coop = sa.select(sa.func.min(actors.c.id)).where(actors.c.local.is_(sa.true()), actors.c.kind == "Organization")
    items = sa.table(
        "desk_items",
        *map(sa.column, ("id", "kind", "recipient_id", "actor_id", "origin", "note_id", "report_id", "received_at")),
    )
    for name, kind, target in (("reports", "report", "report_id"), ("notes", "mention", "note_id")):
        kept = sa.table(name, *map(sa.column, ("id", "actor_id", "received_at", "kind", "deleted_at")))
        found = sa.select(
            kept.c.id,
            sa.literal(kind),
            coop.scalar_subquery(),
            kept.c.actor_id,
            actors.c.origin,
            kept.c.id,
            kept.c.received_at,
        ).join(actors, actors.c.id == kept.c.actor_id)
        if name == "notes":
            found = found.where(kept.c.kind == kind, kept.c.deleted_at.is_(None))
        columns = ["id", "kind", "recipient_id", "actor_id", "origin", target, "received_at"]
        op.execute(sa.insert(items).from_select(columns, found))
