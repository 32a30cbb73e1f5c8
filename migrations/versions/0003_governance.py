"""The governance engine: proposals with their life, electorate and classes, delegation, lots, templates."""

import zlib

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Take the step, one function for each part of governance.md."""
    _proposals()
    _electorate()
    _delegation()
    _lots()
    _templates()
    _exports()


def _proposals() -> None:
    """governance.md 2."""
    _deciding()
    _drafting()


def _deciding() -> None:
    """What follows a vote: further calls, errata, petitions, statements, the register, answers (governance.md 2, 7)."""
    op.create_table(
        "sequels",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("earlier_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_sequels_motion_id_motions")),
        sa.ForeignKeyConstraint(["earlier_id"], ["motions.id"], name=op.f("fk_sequels_earlier_id_motions")),
        sa.PrimaryKeyConstraint("motion_id", name=op.f("pk_sequels")),
        sa.UniqueConstraint("earlier_id", "kind", name=op.f("uq_sequels_earlier_id_kind")),
    )
    op.create_table(
        "errata",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("was", sa.Text(), nullable=False),
        sa.Column("reads", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note_uuid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_errata_motion_id_motions")),
        sa.ForeignKeyConstraint(["by"], ["members.id"], name=op.f("fk_errata_by_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_errata")),
        sa.UniqueConstraint("note_uuid", name=op.f("uq_errata_note_uuid")),
    )
    op.create_index("ix_errata_motion_id", "errata", ["motion_id", "id"], unique=False)
    op.create_table(
        "petitions",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), server_default="", nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_petitions_motion_id_motions")),
        sa.PrimaryKeyConstraint("motion_id", "kind", name=op.f("pk_petitions")),
    )
    op.create_table(
        "signatures",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_signatures_motion_id_motions")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_signatures_member_id_members")),
        sa.PrimaryKeyConstraint("motion_id", "kind", "member_id", name=op.f("pk_signatures")),
    )
    op.create_table(
        "statements",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), server_default="", nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("by", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("note_uuid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_statements_motion_id_motions")),
        sa.ForeignKeyConstraint(["by"], ["members.id"], name=op.f("fk_statements_by_members")),
        sa.PrimaryKeyConstraint("motion_id", "version", name=op.f("pk_statements")),
        sa.UniqueConstraint("note_uuid", name=op.f("uq_statements_note_uuid")),
    )
    op.create_table(
        "decisions",
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=True),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("effective_at", sa.BigInteger(), nullable=True),
        sa.Column("in_force_at", sa.BigInteger(), nullable=True),
        sa.Column("review_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_decisions_proposal_id_proposals")),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_decisions_motion_id_motions")),
        sa.ForeignKeyConstraint(["ended_by"], ["proposals.id"], name=op.f("fk_decisions_ended_by_proposals")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_decisions")),
        sa.UniqueConstraint("year", "number", name=op.f("uq_decisions_year_number")),
    )
    op.create_index("ix_decisions_motion_id", "decisions", ["motion_id"], unique=False)
    op.create_table(
        "answers",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.Column("settled", sa.Text(), server_default="", nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("finding", sa.Text(), server_default="", nullable=False),
        sa.Column("found_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_answers_motion_id_motions")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_answers_member_id_members")),
        sa.PrimaryKeyConstraint("motion_id", "member_id", name=op.f("pk_answers")),
    )


def _drafting() -> None:
    """A proposal until its vote: plan, versions, people, amendments, comments."""
    op.create_table(
        "plans",
        sa.Column("proposal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("method", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("channels", sa.Text(), nullable=False),
        sa.Column("template", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("seeks_sponsors", sa.Boolean(), nullable=False),
        sa.Column("discusses", sa.Boolean(), nullable=False),
        sa.Column("sponsors_needed", sa.Integer(), nullable=False),
        sa.Column("notice_s", sa.BigInteger(), nullable=False),
        sa.Column("lasts_s", sa.BigInteger(), nullable=False),
        sa.Column("admission_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("discussion_began_at", sa.BigInteger(), nullable=True),
        sa.Column("discussion_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("notice_ends_at", sa.BigInteger(), nullable=True),
        sa.Column("opens_at", sa.BigInteger(), nullable=True),
        sa.Column("closes_at", sa.BigInteger(), nullable=True),
        sa.Column("submitted_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_at", sa.BigInteger(), nullable=True),
        sa.Column("frozen_at", sa.BigInteger(), nullable=True),
        sa.Column("withdrawal_at", sa.BigInteger(), nullable=True),
        sa.Column("text_hash", sa.Text(), nullable=False),
        sa.Column("context_uuid", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_plans_proposal_id_proposals")),
        sa.PrimaryKeyConstraint("proposal_id", name=op.f("pk_plans")),
    )
    op.create_index("ix_plans_context_uuid", "plans", ["context_uuid"])
    op.create_table(
        "proposal_versions",
        sa.Column("proposal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_versions_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["members.id"], name=op.f("fk_proposal_versions_author_id_members")),
        sa.PrimaryKeyConstraint("proposal_id", "n", name=op.f("pk_proposal_versions")),
    )
    op.create_table(
        "proposal_authors",
        sa.Column("proposal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_authors_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_proposal_authors_member_id_members")),
        sa.PrimaryKeyConstraint("proposal_id", "member_id", name=op.f("pk_proposal_authors")),
    )
    op.create_table(
        "proposal_sponsors",
        sa.Column("proposal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_sponsors_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_proposal_sponsors_member_id_members")),
        sa.PrimaryKeyConstraint("proposal_id", "member_id", name=op.f("pk_proposal_sponsors")),
    )
    op.create_table(
        "amendments",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("paragraph", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("based_on", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=True),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_amendments_proposal_id_proposals")),
        sa.ForeignKeyConstraint(["author_id"], ["members.id"], name=op.f("fk_amendments_author_id_members")),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_amendments_motion_id_motions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_amendments")),
        sa.UniqueConstraint("uuid", name=op.f("uq_amendments_uuid")),
    )
    op.create_index("ix_amendments_proposal_id", "amendments", ["proposal_id"])
    op.create_index("ix_amendments_motion_id", "amendments", ["motion_id"])
    op.create_table(
        "amendment_backers",
        sa.Column("amendment_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("member_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["amendment_id"], ["amendments.id"], name=op.f("fk_amendment_backers_amendment_id_amendments")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_amendment_backers_member_id_members")),
        sa.PrimaryKeyConstraint("amendment_id", "member_id", name=op.f("pk_amendment_backers")),
    )
    op.create_table(
        "proposal_comments",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("body_html", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("reply_to", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["proposal_id"], ["proposals.id"], name=op.f("fk_proposal_comments_proposal_id_proposals")
        ),
        sa.ForeignKeyConstraint(["author_id"], ["members.id"], name=op.f("fk_proposal_comments_author_id_members")),
        sa.ForeignKeyConstraint(
            ["reply_to"], ["proposal_comments.id"], name=op.f("fk_proposal_comments_reply_to_proposal_comments")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal_comments")),
        sa.UniqueConstraint("uuid", name=op.f("uq_proposal_comments_uuid")),
    )
    op.create_index("ix_proposal_comments_proposal_id", "proposal_comments", ["proposal_id", "id"])
    op.create_index("ix_notes_in_reply_to", "notes", ["in_reply_to", "id"])
    frozen = (
        "UPDATE proposals SET state = 'frozen' WHERE id IN (SELECT proposal_id FROM motions WHERE state = 'scheduled')"
    )
    op.execute(frozen)


def _electorate() -> None:
    """governance.md 3, 9 and 15: standing and its history, classes, groups, objections to a roll."""
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.add_column(sa.Column("arrears_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("merged_into", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("motions", schema=None) as batch_op:
        batch_op.add_column(sa.Column("first_eligible", sa.Integer(), server_default="0", nullable=False))
    op.execute("UPDATE motions SET first_eligible = eligible")
    _member_changes()
    _member_classes()
    _groups()
    op.create_table(
        "roll_objections",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("answer", sa.Text(), server_default="", nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_roll_objections_motion_id_motions")),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_roll_objections_member_id_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_roll_objections")),
    )
    with op.batch_alter_table("roll_objections", schema=None) as batch_op:
        batch_op.create_index("ix_roll_objections_motion_id", ["motion_id", "id"], unique=False)
        batch_op.create_index("ix_roll_objections_state", ["state", "id"], unique=False)


def _member_changes() -> None:
    """What is known of the past: everybody was full from joining on, and those who left are gone since then."""
    op.create_table(
        "member_changes",
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("member_class", sa.Text(), nullable=False),
        sa.Column("arrears_since", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_member_changes_member_id_members")),
        sa.PrimaryKeyConstraint("member_id", "at", name=op.f("pk_member_changes")),
    )
    op.execute(
        "INSERT INTO member_changes (member_id, at, status, member_class) "
        "SELECT id, joined_at, CASE WHEN left_at IS NULL THEN status ELSE 'full' END, member_class FROM members"
    )
    op.execute(
        "INSERT INTO member_changes (member_id, at, status, member_class) "
        "SELECT id, left_at, status, member_class FROM members WHERE left_at > joined_at"
    )


def _member_classes() -> None:
    op.create_table(
        "member_classes",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("share", sa.Text(), server_default="", nullable=False),
        sa.Column("may_propose", sa.Boolean(), nullable=False),
        sa.Column("reference", sa.Text(), server_default="", nullable=False),
        sa.Column("ignored_for", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_member_classes")),
    )
    op.execute(
        "INSERT INTO member_classes (name, title, weight, may_propose) "
        "SELECT DISTINCT member_class, member_class, 1, true FROM members"
    )


def _groups() -> None:
    op.create_table(
        "member_groups",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_member_groups")),
    )
    op.create_table(
        "group_members",
        sa.Column("group_name", sa.Text(), nullable=False),
        sa.Column("member_id", sa.BigInteger(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["group_name"], ["member_groups.name"], name=op.f("fk_group_members_group_name_member_groups")
        ),
        sa.ForeignKeyConstraint(["member_id"], ["members.id"], name=op.f("fk_group_members_member_id_members")),
        sa.PrimaryKeyConstraint("group_name", "member_id", "since", name=op.f("pk_group_members")),
    )
    with op.batch_alter_table("group_members", schema=None) as batch_op:
        batch_op.create_index("ix_group_members_member_id", ["member_id"], unique=False)


def _delegation() -> None:
    """governance.md 8."""
    op.create_table(
        "delegations",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("delegator_id", sa.BigInteger(), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), server_default="", nullable=False),
        sa.Column("motion_id", sa.BigInteger(), nullable=True),
        sa.Column("slot", sa.Text(), nullable=False),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("noticed_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_why", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["delegator_id"], ["members.id"], name=op.f("fk_delegations_delegator_id_members")),
        sa.ForeignKeyConstraint(["delegate_id"], ["members.id"], name=op.f("fk_delegations_delegate_id_members")),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_delegations_motion_id_motions")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    in_force = sa.text("ended_at IS NULL")
    op.create_index(
        "uq_delegations_in_force",
        "delegations",
        ["delegator_id", "slot"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )
    op.create_index("ix_delegations_delegator_id", "delegations", ["delegator_id", "id"])
    op.create_index("ix_delegations_delegate_id", "delegations", ["delegate_id", "id"])
    op.create_table(
        "motion_delegations",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("delegator_id", sa.BigInteger(), nullable=False),
        sa.Column("delegate_id", sa.BigInteger(), nullable=False),
        sa.Column("delegation_id", sa.BigInteger(), nullable=True),
        sa.Column("granted_at", sa.BigInteger(), nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.Column("off_roll", sa.Boolean(), nullable=False),
        sa.Column("instructed", sa.Boolean(), nullable=False),
        sa.Column("instruction", sa.Text(), server_default="", nullable=False),
        sa.Column("ballot_id", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_motion_delegations_motion_id_motions")),
        sa.ForeignKeyConstraint(
            ["delegator_id"], ["members.id"], name=op.f("fk_motion_delegations_delegator_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["members.id"], name=op.f("fk_motion_delegations_delegate_id_members")
        ),
        sa.ForeignKeyConstraint(
            ["delegation_id"], ["delegations.id"], name=op.f("fk_motion_delegations_delegation_id_delegations")
        ),
        sa.PrimaryKeyConstraint("motion_id", "delegator_id", name=op.f("pk_motion_delegations")),
    )
    op.create_index("ix_motion_delegations_delegate_id", "motion_delegations", ["delegate_id", "motion_id"])
    op.create_index("ix_motion_delegations_delegator_id", "motion_delegations", ["delegator_id", "motion_id"])
    op.create_index("ix_motion_delegations_delegation_id", "motion_delegations", ["delegation_id"])
    with op.batch_alter_table("members", schema=None) as batch_op:
        batch_op.add_column(sa.Column("last_seen_at", sa.BigInteger(), nullable=True))


def _lots() -> None:
    """governance.md 10.2 and 12."""
    op.create_table(
        "lot_commitments",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("scrutineer", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("revealed_at", sa.BigInteger(), nullable=True),
        sa.Column("awaited", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_lot_commitments_motion_id_motions")),
        sa.PrimaryKeyConstraint("motion_id", "scrutineer", name=op.f("pk_lot_commitments")),
    )
    op.create_table(
        "lot_promises",
        sa.Column("proposal_id", sa.BigInteger(), nullable=False),
        sa.Column("scrutineer", sa.Text(), nullable=False),
        sa.Column("commitment", sa.Text(), nullable=False),
        sa.Column("committed_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["proposal_id"], ["proposals.id"], name=op.f("fk_lot_promises_proposal_id_proposals")),
        sa.PrimaryKeyConstraint("proposal_id", "scrutineer", name=op.f("pk_lot_promises")),
    )
    op.create_table(
        "sortitions",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("pool", sa.Text(), nullable=False),
        sa.Column("roll_hash", sa.Text(), nullable=False),
        sa.Column("strata", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("value_at", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sortitions")),
        sa.UniqueConstraint("uuid", name=op.f("uq_sortitions_uuid")),
    )
    with op.batch_alter_table("sortitions", schema=None) as batch_op:
        batch_op.create_index("ix_sortitions_announced_at", ["announced_at"], unique=False)
    op.create_table(
        "sortition_invitations",
        sa.Column("sortition_id", sa.BigInteger(), nullable=False),
        sa.Column("person", sa.Text(), nullable=False),
        sa.Column("stratum", sa.Text(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.BigInteger(), nullable=False),
        sa.Column("answered_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["sortition_id"], ["sortitions.id"], name=op.f("fk_sortition_invitations_sortition_id_sortitions")
        ),
        sa.PrimaryKeyConstraint("sortition_id", "person", name=op.f("pk_sortition_invitations")),
        sa.UniqueConstraint("sortition_id", "n", name=op.f("uq_sortition_invitations_sortition_id_n")),
    )


def _templates() -> None:
    """Templates of decisions: the co-op's own, and what others offer."""
    op.create_table(
        "decision_templates",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("author_id", sa.BigInteger(), nullable=True),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("offered_at", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["members.id"], name=op.f("fk_decision_templates_author_id_members")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision_templates")),
        sa.UniqueConstraint("uuid", name=op.f("uq_decision_templates_uuid")),
        sa.UniqueConstraint("key", name=op.f("uq_decision_templates_key")),
    )
    op.create_table(
        "template_offers",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("uri", sa.Text(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["actor_id"], ["actors.id"], name=op.f("fk_template_offers_actor_id_actors")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_template_offers")),
        sa.UniqueConstraint("uri", name=op.f("uq_template_offers_uri")),
    )


def _exports() -> None:
    """Recount files in parts (governance.md 5.3)."""
    parts = op.create_table(
        "export_parts",
        sa.Column("motion_id", sa.BigInteger(), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("part", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["motion_id"], ["motions.id"], name=op.f("fk_export_parts_motion_id_motions")),
        sa.PrimaryKeyConstraint("motion_id", "n", name=op.f("pk_export_parts")),
    )
    exports = sa.table("exports", sa.column("motion_id", sa.BigInteger), sa.column("document", sa.Text))
    connection = op.get_bind()
    for motion_id, document in connection.execute(sa.select(exports.c.motion_id, exports.c.document)).all():
        data, size = document.encode(), 1 << 18
        pieces = [zlib.compress(data[start : start + size], 1) for start in range(0, len(data), size)]
        rows = [{"motion_id": motion_id, "n": n, "part": piece} for n, piece in enumerate(pieces)]
        connection.execute(parts.insert(), rows)
    op.drop_table("exports")
    op.create_index("ix_ballots_motion_id_actor_id", "ballots", ["motion_id", "actor_id"])
