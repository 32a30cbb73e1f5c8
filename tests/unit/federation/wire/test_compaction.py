"""Extension terms under other spellings, and our own output in JSON-LD (federation.md 10)."""

from datetime import UTC, datetime
from typing import Any

import pytest

from fedcoop.federation.remote.compactor import Compactor
from fedcoop.federation.translate.decisions import Publication, Result, motion_object, outcome_note
from fedcoop.federation.translate.outgoing import announcement_note, direct_note, vote_note
from fedcoop.federation.wire.compaction import expand, our_terms
from fedcoop.federation.wire.extensions import says_it_otherwise
from fedcoop.governance.fediverse.publication import published
from fedcoop.governance.motions.tallies import Tally
from fedcoop.kernel.errors import MalformedActivity
from tests.unit.governance.samples import motion

AS = "https://www.w3.org/ns/activitystreams"
OTHER: dict[str, Any] = {
    "fc": "https://w3id.org/fedcoop/ns#",
    "motion": "fc:motion",
    "method": "fc:method",
    "options": {"@id": "fc:options", "@container": "@list"},
    "key": "fc:key",
}
POLL: dict[str, Any] = {
    "@context": [AS, OTHER],
    "id": "https://birch.example/motions/1",
    "type": "Question",
    "motion": {"type": "fc:Motion", "method": "resolution", "options": [{"key": "for", "name": "For"}]},
}
OURS = {
    "coop:motion": {
        "type": "coop:Motion",
        "coop:method": "resolution",
        "coop:options": [{"coop:key": "for", "name": "For"}],
    }
}
AT = datetime(2026, 3, 1, tzinfo=UTC)
PUBLICATION = Publication(
    "https://a.example/actors/a", "https://a.example/actors/a/followers", "https://a.example/contexts/1", "en"
)


def test_terms_under_another_prefix_come_out_in_our_spelling() -> None:
    assert says_it_otherwise(POLL, POLL["@context"])
    assert our_terms(POLL) == OURS
    assert not says_it_otherwise(OURS, [AS, {"coop": "https://w3id.org/fedcoop/ns#"}])


def test_a_context_that_is_not_bundled_is_refused_and_the_network_is_not_asked() -> None:
    with pytest.raises(MalformedActivity) as refused:
        our_terms({**POLL, "@context": [AS, "https://evil.example/context"]})
    assert refused.value.code == "context-unknown"


async def test_the_worker_process_answers_and_leaves_out_what_it_cannot_bring() -> None:
    compactor = Compactor()
    try:
        assert await compactor.our_terms(POLL) == OURS
        assert await compactor.our_terms({**POLL, "@context": [AS, "https://evil.example/context"]}) == {}
        assert await compactor.our_terms({**POLL, "content": "x" * 70_000}) == {}
        assert await compactor.our_terms(POLL) == OURS
    finally:
        await compactor.close()


def _samples() -> list[dict[str, Any]]:
    resolution, approval = motion(), motion("approval")
    tally = Tally({"for": 3, "against": 1, "abstain": 0}, 4, 12)
    text, other = [
        published(asked, content="<p>x</p>", electorate=PUBLICATION.author) for asked in (resolution, approval)
    ]
    poll = motion_object(resolution, PUBLICATION, published=text, is_poll=True, counts=tally.counts, voters=4)
    marks = motion_object(approval, PUBLICATION, published=other, is_poll=True, counts=None, voters=0)
    note = motion_object(resolution, PUBLICATION, published=text, is_poll=False, counts=None, voters=0)
    uri = "https://a.example/notes/1"
    outcome = outcome_note(
        resolution, PUBLICATION, uri=uri, content="<p>x</p>", result=Result("carried", tally, True, "00"), at=AT
    )
    news = announcement_note(
        uri=uri,
        url=uri,
        author=PUBLICATION.author,
        followers=PUBLICATION.followers,
        content="x",
        language="en",
        kind="work",
        at=AT,
    )
    direct = direct_note(
        uri=uri,
        author=PUBLICATION.author,
        recipient="https://b.example/u",
        handle="u@b.example",
        content="x",
        language="en",
        at=AT,
    )
    vote = {
        "@context": AS,
        **vote_note(uri=uri, voter="https://b.example/u", poll=resolution.url, author=PUBLICATION.author, name="For"),
    }
    return [poll, marks, note, outcome, news, direct, vote]


@pytest.mark.parametrize("number", range(7))
def test_our_output_expands_without_an_unmapped_term(number: int) -> None:
    def unmapped(value: Any) -> list[str]:
        if isinstance(value, list):
            return [name for item in value for name in unmapped(item)]
        if not isinstance(value, dict):
            return []
        types = (
            [t for t in value.get("@type", []) if isinstance(t, str)] if isinstance(value.get("@type"), list) else []
        )
        names = [name for name in (*value, *types) if name.startswith("_:")]
        return names + [name for item in value.values() for name in unmapped(item)]

    expanded = expand(_samples()[number])
    assert expanded
    assert unmapped(expanded) == []
