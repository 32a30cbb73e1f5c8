"""Motions and outcomes as ActivityPub objects (federation.md 12, 13.1 to 13.4), and polls from afar as choices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fedcoop.federation.wire.contexts import CONTEXT_MOTION, CONTEXT_OUTCOME
from fedcoop.federation.wire.jsonld import AS_PUBLIC
from fedcoop.governance.motions.motion import Motion, MotionState, Option
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import fold_name
from fedcoop.urls import replies_of


@dataclass(frozen=True, slots=True)
class Publication:
    """What of the co-op a published object needs: ids of the author and its followers, conversation, language.

    `supersedes` is the id of the motion in whose place this one stands, if any.
    """

    author: str
    followers: str
    context: str
    language: str
    supersedes: str = ""


def motion_object(
    motion: Motion,
    publication: Publication,
    *,
    published: Mapping[str, Any],
    is_poll: bool,
    counts: Mapping[str, int] | None,
    voters: int,
) -> dict[str, Any]:
    """Return the Question, or the Note where a poll would be miscounted (12.1). `counts` None: hidden, shown as zeros.

    `published` is what its digest covers, as it was fixed at the opening (`governance.fediverse.publication`).
    """
    content, members = published.get("content", ""), {key: published[key] for key in published if key != "content"}
    document: dict[str, Any] = {
        "@context": CONTEXT_MOTION,
        "id": motion.url,
        "type": "Question" if is_poll else "Note",
        "attributedTo": publication.author,
        "to": [AS_PUBLIC],
        "cc": [publication.followers],
        "url": motion.url,
        "context": publication.context,
        "replies": replies_of(motion.url),
        "content": content,
        "contentMap": {publication.language: content},
        "sensitive": False,
        "published": rfc3339(motion.created_at),
        "endTime": rfc3339(motion.closes_at),
    }
    if is_poll:
        shown = counts or {}
        wire = METHODS[motion.method].wire or "oneOf"
        document[wire] = [_poll_option(option, shown.get(option.key, 0)) for option in motion.options]
        document["votersCount"] = voters if counts is not None else 0
        if motion.state not in (MotionState.OPEN, MotionState.SCHEDULED):
            document["closed"] = rfc3339(motion.closed_at or motion.closes_at)
    document["coop:motion"] = _node(motion, members)
    if publication.supersedes:
        document["coop:motion"]["coop:supersedes"] = publication.supersedes
    return document


def outcome_note(
    motion: Motion, publication: Publication, *, uri: str, content: str, result: "Result", at: datetime
) -> dict[str, Any]:
    """Return the Note that announces the outcome (13.4), still without its proof."""
    node: dict[str, Any] = {
        "type": "coop:Outcome",
        "coop:motion": motion.url,
        "coop:motionDigest": motion.motion_digest,
        "coop:result": result.code,
    }
    if result.tally is not None:
        node |= {
            "coop:eligible": result.tally.eligible,
            "coop:voted": result.tally.took_part,
            "coop:quorumMet": result.quorum_met,
            "coop:counts": [
                {"coop:key": option.key, "coop:count": result.tally.counts.get(option.key, 0)}
                for option in motion.options
            ],
            "coop:ballotsDigest": f"sha-256:{result.box_root}",
        }
    return {
        "@context": CONTEXT_OUTCOME,
        "id": uri,
        "type": "Note",
        "attributedTo": publication.author,
        "inReplyTo": motion.url,
        "context": publication.context,
        "replies": replies_of(uri),
        "to": [AS_PUBLIC],
        "cc": [publication.followers],
        "content": content,
        "contentMap": {publication.language: content},
        "published": rfc3339(at),
        "coop:outcome": node,
    }


def beside_note(motion: Motion, publication: Publication, *, uri: str, content: str, at: datetime) -> dict[str, Any]:
    """Return a Note of the co-op in the motion's conversation: what is said beside the text, still without its proof."""
    return {
        "@context": CONTEXT_OUTCOME,
        "id": uri,
        "type": "Note",
        "attributedTo": publication.author,
        "inReplyTo": motion.url,
        "context": publication.context,
        "replies": replies_of(uri),
        "to": [AS_PUBLIC],
        "cc": [publication.followers],
        "content": content,
        "contentMap": {publication.language: content},
        "published": rfc3339(at),
    }


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome as published; without a tally where there was no count (annulled)."""

    code: str
    tally: Tally | None
    quorum_met: bool
    box_root: str


def result_of(outcome: Outcome, tally: Tally, box_root: str) -> Result:
    """Return the publishable result of a count."""
    met = all(requirement.met for requirement in outcome.requirements if requirement.name == "quorum")
    return Result(code=outcome.code.value, tally=tally, quorum_met=met, box_root=box_root)


def option_by_name(options: tuple[Option, ...], name: str) -> Option | None:
    """Return the option whose name equals `name` after NFC and space folding (12.3 check 6)."""
    folded = fold_name(name)
    return next((option for option in options if fold_name(option.name) == folded), None)


def _poll_option(option: Option, count: int) -> dict[str, Any]:
    return {"type": "Note", "name": option.name, "replies": {"type": "Collection", "totalItems": count}}


def _node(motion: Motion, members: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "coop:Motion",
        **members,
        "coop:state": motion.state.value,
        "coop:electorateSize": motion.eligible,
        "coop:rollDigest": f"sha-256:{motion.roll_hash}",
        "coop:motionDigest": motion.motion_digest,
    }
