"""Every table, in the order of the floors (architecture.md 2). Uniqueness that matters is a constraint here, not a check.

Instants are integers of microseconds (`columns.UtcDateTime`), JSON is compact text (`columns.Json`), ids are sorted by time.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)

from fedcoop.storage.columns import NAMING_CONVENTION, Json, UtcDateTime

LINKS_WITH_NEWS = "state <> 'active' OR former_handle <> '' OR reason <> ''"
ACTORS_WITH_NEWS = "moved_to <> '' OR suspended_at IS NOT NULL"
"""Conditions of partial indexes, written in a query as they are here: only so does a database know that the index fits."""

metadata = MetaData(naming_convention=NAMING_CONVENTION)


def _id() -> Column[int]:
    return Column("id", BigInteger, primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=nullable)


def _leased_by() -> Column[int]:
    """Which node has taken the row; empty for a process that is none, whose leases end by time alone."""
    return Column("leased_by", BigInteger)


def _partial(name: str, *columns: str, only: str, unique: bool = False) -> Index:
    """Return an index that holds the rows of one condition only, on both databases."""
    return Index(name, *columns, unique=unique, sqlite_where=text(only), postgresql_where=text(only))


# --- the instance -----------------------------------------------------------------------------------------------

meta = Table("meta", metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))

audit_log = Table(
    "audit_log",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False),
    Column("who", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("details", Json, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Index("ix_audit_log_subject", "subject", "id"),
    Index("ix_audit_log_what", "what", "id"),
)

# --- members and accounts ---------------------------------------------------------------------------------------

members = Table(
    "members",
    metadata,
    _id(),
    Column("number", Integer, nullable=False, unique=True),
    Column("name", Text, nullable=False, unique=True),
    Column("display_name", Text, nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("member_class", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("is_admin", Boolean, nullable=False),
    Column("joined_at", UtcDateTime, nullable=False),
    Column("left_at", UtcDateTime),
    _ref("actor_id", "actors.id", nullable=True),
    Column("theme", Text, nullable=False, server_default=""),
    Column("last_seen_at", UtcDateTime),
    Column("arrears_since", UtcDateTime),
    Column("merged_into", BigInteger),
    Index("ix_members_status_number", "status", "number"),
)

member_changes = Table(
    "member_changes",
    metadata,
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("at", UtcDateTime, primary_key=True),
    Column("status", Text, nullable=False),
    Column("member_class", Text, nullable=False),
    Column("arrears_since", UtcDateTime),
)

member_classes = Table(
    "member_classes",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("weight", Integer, nullable=False),
    Column("share", Text, nullable=False, server_default=""),
    Column("may_propose", Boolean, nullable=False),
    Column("may_announce", Boolean, nullable=False, server_default=false()),
    Column("reference", Text, nullable=False, server_default=""),
    Column("ignored_for", Text, nullable=False, server_default=""),
)

member_groups = Table(
    "member_groups",
    metadata,
    Column("name", Text, primary_key=True),
    Column("title", Text, nullable=False),
)

group_members = Table(
    "group_members",
    metadata,
    Column("group_name", Text, ForeignKey("member_groups.name"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("since", UtcDateTime, primary_key=True),
    Column("until", UtcDateTime),
    Index("ix_group_members_member_id", "member_id"),
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    Column("member_id", BigInteger, ForeignKey("members.id"), nullable=False, unique=True),
    Column("password_hash", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _ref("account_id", "accounts.id"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("last_seen_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("browser", Text, nullable=False, server_default=""),
    Index("ix_sessions_account_id", "account_id"),
    Index("ix_sessions_expires_at", "expires_at"),
)

one_time_tokens = Table(
    "one_time_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _ref("account_id", "accounts.id"),
    Column("purpose", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime),
)

access_tokens = Table(
    "access_tokens",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    _ref("account_id", "accounts.id"),
    Column("scopes", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("revoked_at", UtcDateTime),
)

# --- actors -----------------------------------------------------------------------------------------------------

actors = Table(
    "actors",
    metadata,
    _id(),
    Column("uri", Text, nullable=False, unique=True),
    Column("local", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("handle", Text, nullable=False, server_default=""),
    Column("display_name", Text, nullable=False, server_default=""),
    Column("summary", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False, server_default=""),
    Column("inbox", Text, nullable=False, server_default=""),
    Column("shared_inbox", Text, nullable=False, server_default=""),
    Column("followers", Text, nullable=False, server_default=""),
    Column("document", Json),
    Column("created_at", UtcDateTime, nullable=False),
    Column("fetched_at", UtcDateTime),
    Column("gone_at", UtcDateTime),
    Column("suspended_at", UtcDateTime),
    Column("moved_to", Text, nullable=False, server_default=""),
    Column("icon", Text, nullable=False, server_default=""),
    Column("image", Text, nullable=False, server_default=""),
    Index("ix_actors_origin", "origin"),
    _partial("ix_actors_news", "id", only=ACTORS_WITH_NEWS),
    Index("ix_actors_local_name", "local", "name"),
)

actor_keys = Table(
    "actor_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    _ref("actor_id", "actors.id"),
    Column("algorithm", Text, nullable=False),
    Column("material", Text, nullable=False),
    Column("secret", LargeBinary),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("known", Boolean, nullable=False, server_default=true()),
    Index("ix_actor_keys_actor_id", "actor_id"),
)

retired_keys = Table(
    "retired_keys",
    metadata,
    Column("key_id", Text, primary_key=True),
    _ref("actor_id", "actors.id"),
    Column("algorithm", Text, nullable=False),
    Column("material", Text, nullable=False),
    Column("secret", LargeBinary, nullable=False),
    Column("fetched_at", UtcDateTime, nullable=False),
    Column("retired_at", UtcDateTime, primary_key=True),
    Index("ix_retired_keys_actor_id", "actor_id"),
)

follows = Table(
    "follows",
    metadata,
    _id(),
    _ref("follower_id", "actors.id"),
    _ref("followee_id", "actors.id"),
    Column("uri", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("follower_id", "followee_id"),
    Index("ix_follows_followee_id_state", "followee_id", "state"),
    Index("ix_follows_state", "state", "id"),
    Index("ix_follows_uri", "uri"),
)

blocks = Table(
    "blocks",
    metadata,
    Column("target", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
)

peers = Table(
    "peers",
    metadata,
    Column("actor_id", BigInteger, ForeignKey("actors.id"), primary_key=True),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

hosts = Table(
    "hosts",
    metadata,
    Column("origin", Text, primary_key=True),
    Column("scheme", Text, nullable=False, server_default=""),
    Column("scheme_at", UtcDateTime),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime),
    Column("next_try_at", UtcDateTime),
    Column("last_success_at", UtcDateTime),
    Column("announced", Text, nullable=False, server_default=""),
)

links = Table(
    "links",
    metadata,
    _id(),
    _ref("member_id", "members.id"),
    Column("actor_id", BigInteger, ForeignKey("actors.id"), nullable=False, unique=True),
    Column("state", Text, nullable=False),
    Column("handle", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("confirmed_at", UtcDateTime),
    Column("former_handle", Text, nullable=False, server_default=""),
    Index("ix_links_member_id", "member_id"),
    _partial("ix_links_news", "id", only=LINKS_WITH_NEWS),
)

link_challenges = Table(
    "link_challenges",
    metadata,
    Column("code_hash", LargeBinary, primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), nullable=False, unique=True),
    Column("code_secret", LargeBinary, nullable=False),
    Column("handle", Text, nullable=False),
    Column("actor_uri", Text, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("proven_at", UtcDateTime),
    _ref("actor_id", "actors.id", nullable=True),
)

# --- decisions --------------------------------------------------------------------------------------------------

proposals = Table(
    "proposals",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    _ref("author_id", "members.id", nullable=True),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_proposals_state_id", "state", "id"),
    Index("ix_proposals_author_id_state", "author_id", "state"),
)

plans = Table(
    "plans",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("proposals.id"), primary_key=True),
    Column("method", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("settings", Json, nullable=False),
    Column("channels", Text, nullable=False),
    Column("template", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("summary", Text, nullable=False),
    Column("seeks_sponsors", Boolean, nullable=False),
    Column("discusses", Boolean, nullable=False),
    Column("sponsors_needed", Integer, nullable=False),
    Column("notice_s", BigInteger, nullable=False),
    Column("lasts_s", BigInteger, nullable=False),
    Column("admission_ends_at", UtcDateTime),
    Column("discussion_began_at", UtcDateTime),
    Column("discussion_ends_at", UtcDateTime),
    Column("notice_ends_at", UtcDateTime),
    Column("opens_at", UtcDateTime),
    Column("closes_at", UtcDateTime),
    Column("submitted_at", UtcDateTime),
    Column("changed_at", UtcDateTime),
    Column("frozen_at", UtcDateTime),
    Column("withdrawal_at", UtcDateTime),
    Column("text_hash", Text, nullable=False),
    Column("context_uuid", Text, nullable=False),
    Index("ix_plans_context_uuid", "context_uuid"),
)

proposal_versions = Table(
    "proposal_versions",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("proposals.id"), primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    _ref("author_id", "members.id", nullable=True),
    Column("note", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

proposal_authors = Table(
    "proposal_authors",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("proposals.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

proposal_sponsors = Table(
    "proposal_sponsors",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("proposals.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

amendments = Table(
    "amendments",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    _ref("proposal_id", "proposals.id"),
    _ref("author_id", "members.id", nullable=True),
    Column("kind", Text, nullable=False),
    Column("operation", Text, nullable=False),
    Column("paragraph", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("based_on", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("position", Integer, nullable=False),
    _ref("motion_id", "motions.id", nullable=True),
    Column("decided_at", UtcDateTime),
    Index("ix_amendments_proposal_id", "proposal_id"),
    Index("ix_amendments_motion_id", "motion_id"),
)

amendment_backers = Table(
    "amendment_backers",
    metadata,
    Column("amendment_id", BigInteger, ForeignKey("amendments.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

proposal_comments = Table(
    "proposal_comments",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    _ref("proposal_id", "proposals.id"),
    _ref("author_id", "members.id", nullable=True),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    Column("version", Integer, nullable=False),
    _ref("reply_to", "proposal_comments.id", nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Index("ix_proposal_comments_proposal_id", "proposal_id", "id"),
)

motions = Table(
    "motions",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    Column("url", Text, nullable=False, unique=True),
    Column("context_uuid", Text, nullable=False, unique=True),
    _ref("proposal_id", "proposals.id"),
    Column("title", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    Column("method", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("channels", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("opens_at", UtcDateTime, nullable=False),
    Column("closes_at", UtcDateTime, nullable=False),
    Column("first_closes_at", UtcDateTime, nullable=False),
    Column("extensions", Integer, nullable=False, server_default="0"),
    Column("no_grace", Boolean, nullable=False),
    Column("eligible", Integer, nullable=False),
    Column("roll_hash", Text, nullable=False),
    Column("text_hash", Text, nullable=False),
    Column("motion_digest", Text, nullable=False),
    Column("poll_secret", LargeBinary, nullable=False),
    _ref("opened_by", "members.id", nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Column("is_poll", Boolean, nullable=False),
    _ref("reruns", "motions.id", nullable=True),
    Column("first_eligible", Integer, nullable=False, server_default="0"),
    Column("published", Json, nullable=False, server_default="{}"),
    Index("ix_motions_state_closes_at", "state", "closes_at"),
    Index("ix_motions_state_id", "state", "id"),
    Index("ix_motions_proposal_id", "proposal_id"),
)

roll_entries = Table(
    "roll_entries",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("voter", Text, nullable=False),
    Column("member_class", Text, nullable=False),
    Column("weight", Integer, nullable=False),
)

roll_objections = Table(
    "roll_objections",
    metadata,
    _id(),
    _ref("motion_id", "motions.id"),
    _ref("member_id", "members.id"),
    Column("words", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_at", UtcDateTime),
    Index("ix_roll_objections_motion_id", "motion_id", "id"),
    Index("ix_roll_objections_state", "state", "id"),
)

ballots = Table(
    "ballots",
    metadata,
    _id(),
    _ref("motion_id", "motions.id"),
    _ref("member_id", "members.id"),
    Column("voter", Text, nullable=False),
    Column("choice", Text, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Column("channel", Text, nullable=False),
    _ref("actor_id", "actors.id", nullable=True),
    Column("cast_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("nonce", Text, nullable=False),
    Column("leaf", LargeBinary),
    UniqueConstraint("motion_id", "member_id"),
    Index("ix_ballots_motion_id_actor_id", "motion_id", "actor_id"),
    Index("ix_ballots_leaf", "leaf"),
    _partial("ix_ballots_reasons", "motion_id", "member_id", only="reason <> ''"),
)

votes = Table(
    "votes",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("actor_id", BigInteger, ForeignKey("actors.id"), primary_key=True),
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    _ref("member_id", "members.id"),
    Column("activity_digest", LargeBinary, nullable=False),
    Column("option_key", Text, nullable=False),
    Column("cast_at", UtcDateTime, nullable=False),
    Index("ix_votes_activity_digest", "activity_digest"),
    Index("ix_votes_motion_id_member_id", "motion_id", "member_id"),
)

log_entries = Table(
    "log_entries",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("entry", Text, nullable=False),
    Column("head", Text, nullable=False),
)

outcomes = Table(
    "outcomes",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("code", Text, nullable=False),
    Column("outcome", Json, nullable=False),
    Column("tally", Json, nullable=False),
    Column("box_root", Text, nullable=False),
    Column("log_head", Text, nullable=False),
    Column("log_length", Integer, nullable=False),
    Column("note_uuid", Text, nullable=False, unique=True),
    Column("decided_at", UtcDateTime, nullable=False),
)

export_parts = Table(
    "export_parts",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("part", LargeBinary, nullable=False),
)

sequels = Table(
    "sequels",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("kind", Text, nullable=False),
    _ref("earlier_id", "motions.id"),
    Column("number", Integer, nullable=False),
    UniqueConstraint("earlier_id", "kind"),
)

errata = Table(
    "errata",
    metadata,
    _id(),
    _ref("motion_id", "motions.id"),
    Column("was", Text, nullable=False),
    Column("reads", Text, nullable=False),
    _ref("by", "members.id", nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("note_uuid", Text, nullable=False, unique=True),
    Index("ix_errata_motion_id", "motion_id", "id"),
)

petitions = Table(
    "petitions",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("state", Text, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("finding", Text, nullable=False, server_default=""),
    Column("found_at", UtcDateTime),
    Index("ix_petitions_state_kind", "state", "kind", "opened_at"),
)

signatures = Table(
    "signatures",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("reason", Text, nullable=False, server_default=""),
    Column("at", UtcDateTime, nullable=False),
)

statements = Table(
    "statements",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("code", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False),
    Column("options", Json, nullable=False),
    _ref("by", "members.id", nullable=True),
    Column("at", UtcDateTime, nullable=False),
    Column("note_uuid", Text, nullable=False, unique=True),
)

decisions = Table(
    "decisions",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("proposals.id"), primary_key=True),
    _ref("motion_id", "motions.id", nullable=True),
    Column("year", Integer),
    Column("number", Integer),
    Column("decided_at", UtcDateTime),
    Column("effective_at", UtcDateTime),
    Column("in_force_at", UtcDateTime),
    Column("review_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    _ref("ended_by", "proposals.id", nullable=True),
    UniqueConstraint("year", "number"),
    Index("ix_decisions_motion_id", "motion_id"),
    Index("ix_decisions_ended_by", "ended_by"),
)

answers = Table(
    "answers",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("answer", Text, nullable=False, server_default=""),
    Column("answered_at", UtcDateTime),
    Column("settled", Text, nullable=False, server_default=""),
    Column("settled_at", UtcDateTime),
    Column("finding", Text, nullable=False, server_default=""),
    Column("found_at", UtcDateTime),
)

delegations = Table(
    "delegations",
    metadata,
    _id(),
    _ref("delegator_id", "members.id"),
    _ref("delegate_id", "members.id"),
    Column("scope", Text, nullable=False),
    Column("topic", Text, nullable=False, server_default=""),
    _ref("motion_id", "motions.id", nullable=True),
    Column("slot", Text, nullable=False),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("noticed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("ended_why", Text, nullable=False, server_default=""),
    _partial("uq_delegations_in_force", "delegator_id", "slot", unique=True, only="ended_at IS NULL"),
    _partial("ix_delegations_topic", "topic", only="ended_at IS NULL"),
    Index("ix_delegations_delegator_id", "delegator_id", "id"),
    Index("ix_delegations_delegate_id", "delegate_id", "id"),
)

motion_delegations = Table(
    "motion_delegations",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("delegator_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    _ref("delegate_id", "members.id"),
    _ref("delegation_id", "delegations.id", nullable=True),
    Column("granted_at", UtcDateTime, nullable=False),
    Column("hidden", Boolean, nullable=False),
    Column("off_roll", Boolean, nullable=False),
    Column("instructed", Boolean, nullable=False),
    Column("instruction", Text, nullable=False, server_default=""),
    Column("ballot_id", BigInteger),
    Column("revoked_at", UtcDateTime),
    Index("ix_motion_delegations_delegate_id", "delegate_id", "motion_id"),
    Index("ix_motion_delegations_delegator_id", "delegator_id", "motion_id"),
    Index("ix_motion_delegations_delegation_id", "delegation_id"),
)

lot_commitments = Table(
    "lot_commitments",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("scrutineer", Text, primary_key=True),
    Column("commitment", Text, nullable=False),
    Column("committed_at", UtcDateTime, nullable=False),
    Column("value", Text, nullable=False),
    Column("revealed_at", UtcDateTime),
    Column("awaited", Boolean, nullable=False),
)

lot_promises = Table(
    "lot_promises",
    metadata,
    Column("proposal_id", BigInteger, ForeignKey("proposals.id"), primary_key=True),
    Column("scrutineer", Text, primary_key=True),
    Column("commitment", Text, nullable=False),
    Column("committed_at", UtcDateTime, nullable=False),
)

sortitions = Table(
    "sortitions",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    Column("title", Text, nullable=False),
    Column("pool", Json, nullable=False),
    Column("roll_hash", Text, nullable=False),
    Column("strata", Json, nullable=False),
    Column("source", Text, nullable=False),
    Column("value_at", UtcDateTime, nullable=False),
    Column("announced_at", UtcDateTime, nullable=False),
    Column("value", Text, nullable=False),
    Column("drawn_at", UtcDateTime),
    Index("ix_sortitions_announced_at", "announced_at"),
)

sortition_invitations = Table(
    "sortition_invitations",
    metadata,
    Column("sortition_id", BigInteger, ForeignKey("sortitions.id"), primary_key=True),
    Column("person", Text, primary_key=True),
    Column("stratum", Text, nullable=False),
    Column("n", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("invited_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    UniqueConstraint("sortition_id", "n"),
)

refused_votes = Table(
    "refused_votes",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("actor_id", BigInteger, ForeignKey("actors.id"), primary_key=True),
    Column("origin", Text, nullable=False),
    Column("code", Text, nullable=False),
    Column("linked", Boolean, nullable=False),
    Column("marks", Json, nullable=False, server_default="[]"),
    Column("answered_at", UtcDateTime),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_refused_votes_answered_at", "answered_at"),
    Index("ix_refused_votes_actor_id", "actor_id", "answered_at"),
)

owed_totals = Table(
    "owed_totals",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("origin", Text, primary_key=True),
    Column("inbox", Text, nullable=False),
    Column("owed", Boolean, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_owed_totals_at", "at", "origin"),
)

remote_motions = Table(
    "remote_motions",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    Column("uri", Text, nullable=False, unique=True),
    _ref("actor_id", "actors.id"),
    Column("url", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("options", Json, nullable=False),
    Column("multiple", Boolean, nullable=False),
    Column("ends_at", UtcDateTime),
    Column("closed_at", UtcDateTime),
    Column("voters_count", Integer),
    Column("motion", Json),
    Column("outcome", Json),
    Column("outcome_html", Text, nullable=False, server_default=""),
    Column("published_at", UtcDateTime),
    Column("updated_at", UtcDateTime),
    Column("said_at", UtcDateTime, nullable=False, server_default="0"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("told_at", UtcDateTime),
    Column("answers_at", UtcDateTime),
    Index("ix_remote_motions_actor_id", "actor_id"),
)

remote_looks = Table(
    "remote_looks",
    metadata,
    Column("remote_motion_id", BigInteger, ForeignKey("remote_motions.id"), primary_key=True),
    Column("due_at", UtcDateTime),
    Column("leased_until", UtcDateTime),
    _leased_by(),
    Column("asked_at", UtcDateTime),
    Column("error", Text, nullable=False, server_default=""),
    Column("failing_since", UtcDateTime),
    Index("ix_remote_looks_due_at", "due_at"),
)

remote_outcomes = Table(
    "remote_outcomes",
    metadata,
    Column("uri", Text, primary_key=True),
    Column("motion_uri", Text, nullable=False),
    _ref("actor_id", "actors.id"),
    Column("outcome", Json, nullable=False),
    Column("html", Text, nullable=False),
    Column("published_at", UtcDateTime),
    Column("updated_at", UtcDateTime),
    Column("said_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index("ix_remote_outcomes_motion_uri", "motion_uri", "actor_id"),
    Index("ix_remote_outcomes_received_at", "received_at"),
)

votes_abroad = Table(
    "votes_abroad",
    metadata,
    _id(),
    _ref("remote_motion_id", "remote_motions.id"),
    _ref("member_id", "members.id"),
    Column("choice", Json, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    UniqueConstraint("remote_motion_id", "member_id"),
)

announcements = Table(
    "announcements",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    _ref("author_id", "members.id"),
    Column("body", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    Column("audience", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("version", Integer, nullable=False, server_default="1"),
    Column("updated_at", UtcDateTime),
)

announcement_versions = Table(
    "announcement_versions",
    metadata,
    Column("announcement_id", BigInteger, ForeignKey("announcements.id"), primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("body", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

announcement_mentions = Table(
    "announcement_mentions",
    metadata,
    Column("announcement_id", BigInteger, ForeignKey("announcements.id"), primary_key=True),
    Column("handle", Text, primary_key=True),
    _ref("actor_id", "actors.id", nullable=True),
    Column("standing", Boolean, nullable=False),
)

announcement_tags = Table(
    "announcement_tags",
    metadata,
    Column("tag", Text, primary_key=True),
    Column("announcement_id", BigInteger, ForeignKey("announcements.id"), primary_key=True),
    Index("ix_announcement_tags_announcement_id", "announcement_id"),
)

notes = Table(
    "notes",
    metadata,
    _id(),
    Column("uri", Text, nullable=False, unique=True),
    _ref("actor_id", "actors.id"),
    Column("in_reply_to", Text, nullable=False, server_default=""),
    _ref("motion_id", "motions.id", nullable=True),
    Column("content", Text, nullable=False),
    Column("summary", Text, nullable=False, server_default=""),
    Column("language", Text, nullable=False, server_default=""),
    Column("url", Text, nullable=False, server_default=""),
    Column("public", Boolean, nullable=False),
    Column("kind", Text, nullable=False),
    Column("published_at", UtcDateTime),
    Column("updated_at", UtcDateTime),
    Column("said_at", UtcDateTime, nullable=False, server_default="0"),
    Column("received_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
    Index("ix_notes_motion_id", "motion_id", "id"),
    Index("ix_notes_kind", "kind", "id"),
    Index("ix_notes_in_reply_to", "in_reply_to", "id"),
)

interactions = Table(
    "interactions",
    metadata,
    _id(),
    Column("uri", Text, nullable=False),
    Column("type", Text, nullable=False),
    _ref("actor_id", "actors.id"),
    Column("object", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("type", "actor_id", "object"),
    Index("ix_interactions_object", "object"),
    Index("ix_interactions_uri", "uri"),
)

reports = Table(
    "reports",
    metadata,
    _id(),
    _ref("actor_id", "actors.id"),
    Column("content", Text, nullable=False),
    Column("objects", Json, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
)

desk_items = Table(
    "desk_items",
    metadata,
    _id(),
    Column("kind", Text, nullable=False),
    _ref("recipient_id", "actors.id"),
    _ref("actor_id", "actors.id"),
    Column("origin", Text, nullable=False),
    _ref("note_id", "notes.id", nullable=True),
    _ref("report_id", "reports.id", nullable=True),
    Column("received_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    _ref("done_by", "members.id", nullable=True),
    Column("remark", Text, nullable=False, server_default=""),
    UniqueConstraint("note_id"),
    UniqueConstraint("report_id"),
    Index("ix_desk_items_recipient_id", "recipient_id", "id"),
    _partial("ix_desk_items_open", "recipient_id", "id", "kind", only="done_at IS NULL"),
    Index("ix_desk_items_origin", "origin", "received_at"),
    Index("ix_desk_items_actor_id", "actor_id", "id"),
)

desk_replies = Table(
    "desk_replies",
    metadata,
    _id(),
    _ref("item_id", "desk_items.id"),
    _ref("member_id", "members.id"),
    Column("note_uuid", Text, nullable=False, unique=True),
    Column("body", Text, nullable=False),
    Column("body_html", Text, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Index("ix_desk_replies_item_id", "item_id", "id"),
)

auto_replies = Table(
    "auto_replies",
    metadata,
    Column("actor_id", BigInteger, ForeignKey("actors.id"), primary_key=True),
    Column("origin", Text, nullable=False),
    Column("sent_at", UtcDateTime, nullable=False),
    Index("ix_auto_replies_sent_at", "sent_at", "origin"),
)

media = Table(
    "media",
    metadata,
    Column("name", Text, primary_key=True),
    Column("media_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
)

# --- queues -----------------------------------------------------------------------------------------------------

objects = Table(
    "objects",
    metadata,
    Column("uri", Text, primary_key=True),
    _ref("actor_id", "actors.id"),
    Column("type", Text, nullable=False),
    Column("document", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("audience", Json, nullable=False),
    Column("published_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("deleted_at", UtcDateTime),
)

# --- templates of decisions -------------------------------------------------------------------------------------

decision_templates = Table(
    "decision_templates",
    metadata,
    _id(),
    Column("uuid", Text, nullable=False, unique=True),
    Column("key", Text, nullable=False, unique=True),
    Column("document", Json, nullable=False),
    _ref("author_id", "members.id", nullable=True),
    Column("origin", Text, nullable=False, server_default=""),
    Column("offered_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

template_offers = Table(
    "template_offers",
    metadata,
    _id(),
    Column("uri", Text, nullable=False, unique=True),
    _ref("actor_id", "actors.id"),
    Column("document", Json, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
)

LISTED = "public AND type IN ('Create', 'Announce')"
"""What an outbox shows of an actor's activities; an index is kept of these, and only this very text finds it."""

activities = Table(
    "activities",
    metadata,
    _id(),
    Column("uri", Text, nullable=False, unique=True),
    _ref("actor_id", "actors.id"),
    Column("type", Text, nullable=False),
    Column("object", Text, nullable=False),
    Column("public", Boolean, nullable=False),
    Column("audience", Json, nullable=False),
    Column("document", Text, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    _partial("ix_activities_listed", "actor_id", "id", only=LISTED),
    Index("ix_activities_object", "object", "id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _id(),
    _ref("activity_id", "activities.id"),
    _ref("actor_id", "actors.id"),
    Column("inbox", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("order_key", Text, nullable=False),
    Column("waits_for", Text, nullable=False, server_default=""),
    Column("partner", Boolean, nullable=False),
    Column("last_word", Boolean, nullable=False, server_default=false()),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    _leased_by(),
    Column("last_status", Integer),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("activity_id", "inbox"),
    Index("ix_deliveries_state_due_at", "state", "due_at"),
    Index("ix_deliveries_order", "inbox", "order_key", "id"),
    Index("ix_deliveries_origin", "origin", "state"),
)

seen_ids = Table(
    "seen_ids",
    metadata,
    Column("digest", LargeBinary, primary_key=True),
    Column("forget_at", UtcDateTime),
    Index("ix_seen_ids_forget_at", "forget_at"),
    sqlite_with_rowid=False,
)

tombstones = Table(
    "tombstones",
    metadata,
    _id(),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("said_at", UtcDateTime, nullable=False),
    Column("noted_at", UtcDateTime, nullable=False),
    Index("ix_tombstones_origin", "origin", "id"),
    Index("ix_tombstones_noted_at", "noted_at"),
)

inbound = Table(
    "inbound",
    metadata,
    _id(),
    Column("actor_uri", Text, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("proven_by", Text, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("signed_at", UtcDateTime, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    _leased_by(),
    Column("last_error", Text, nullable=False, server_default=""),
    Index("ix_inbound_state_due_at", "state", "due_at"),
    Index("ix_inbound_received_at", "state", "received_at"),
    Index(
        "ix_inbound_leased_by",
        "leased_by",
        "actor_uri",
        postgresql_where=text("leased_by IS NOT NULL"),
        sqlite_where=text("0"),  # one process asks nobody what others hold, so nothing is written there
    ),
)

timers = Table(
    "timers",
    metadata,
    Column("name", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    _leased_by(),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Index("ix_timers_due_at", "due_at"),
)

nodes = Table(
    "nodes",
    metadata,
    _id(),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("version", Text, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
    Column("clear_until", UtcDateTime),
    Column("draining", Boolean, nullable=False, server_default=false()),
)

# --- being away -------------------------------------------------------------------------------------------------

heartbeats = Table(
    "heartbeats",
    metadata,
    Column("name", Text, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

outages = Table(
    "outages",
    metadata,
    _id(),
    Column("began_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime, nullable=False),
    Column("looked_to", BigInteger, nullable=False, server_default="0"),
    Column("told_to", BigInteger, nullable=False, server_default="0"),
    Index("ix_outages_ended_at", "ended_at"),
)

outage_notices = Table(
    "outage_notices",
    metadata,
    Column("outage_id", BigInteger, ForeignKey("outages.id"), primary_key=True),
    Column("member_id", BigInteger, ForeignKey("members.id"), primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Index("ix_outage_notices_member_id", "member_id", "at"),
)

visits = Table(
    "visits",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("actor_id", BigInteger, ForeignKey("actors.id"), primary_key=True),
    Column("since", UtcDateTime),
    Column("again_at", UtcDateTime),
    Column("due_at", UtcDateTime, nullable=False),
    Column("leased_until", UtcDateTime),
    _leased_by(),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("failing_since", UtcDateTime),
    Column("last_error", Text, nullable=False, server_default=""),
    Index("ix_visits_due_at", "due_at"),
    Index("ix_visits_failing_since", "failing_since"),
    Index("ix_visits_actor_id", "actor_id"),
)

instance = Table(
    "instance",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("origin", Text, nullable=False),
    Column("restored_at", UtcDateTime),
)

differences = Table(
    "differences",
    metadata,
    Column("motion_id", BigInteger, ForeignKey("motions.id"), primary_key=True),
    Column("code", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("found_at", UtcDateTime, nullable=False),
)
