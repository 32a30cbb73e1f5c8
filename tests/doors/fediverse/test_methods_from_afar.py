"""Each method as other servers see it: a poll or a Note, votes on it, its numbers and its outcome (federation.md 12, 13)."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from fedcoop import wiring
from fedcoop.actions.motions.ballots import cast_ballot
from fedcoop.actions.motions.motion import Draft, open_motion
from fedcoop.federation.signatures.keys import load_public
from fedcoop.federation.signatures.proofs import verify_proof
from fedcoop.governance.motions.choices import Choice, Scores
from fedcoop.governance.motions.motion import Channel, Motion, Option, Visibility
from fedcoop.governance.motions.registry import METHODS
from fedcoop.kernel.clock import rfc3339
from fedcoop.kernel.html import text_of_html
from fedcoop.queueing import TimerLoop
from fedcoop.storage import tables as t
from tests.doors.harness import COOP
from tests.doors.votes import vote
from tests.doors.ways import PEOPLE, PROJECTS, THINGS, TIMES

POLLS = {
    "resolution": "oneOf",
    "consent": "oneOf",
    "consensus": "oneOf",
    "gradients": "oneOf",
    "sense": "oneOf",
    "opt_in": "oneOf",
    "approval": "anyOf",
}


@dataclass(frozen=True)
class Case:
    """A motion, the ballots of noor and ben cast on its page, and what is published of the count."""

    method: str
    ballots: Sequence[tuple[Choice, str]]
    counts: Mapping[str, int]
    told: str
    """The outcome's first paragraph."""
    options: Sequence[Any] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


RANKED = ((("a", "b"), ""), (("a", "b", "c"), ""))
FIRST = {"a": 2, "b": 0, "c": 0, "d": 0}
CHOSEN = "Decided: The new sign? Chosen: Amara Okafor. 2 of 3 members voted."
ELECTED = "Decided: The new sign? Elected: Amara Okafor, Bilal Haddad. 2 of 3 members voted."
FUNDED = (
    "Decided: The new sign? Funded: Bike repair stand, Print workshop. Solar for the shed: 0, Bike repair stand: 2, "
    "Print workshop: 1; 2 of 3 members voted. 550.50 EUR of 1,000 EUR are spent; 449.50 EUR are left."
)
CASES = (
    Case(
        "resolution",
        ((("for",), ""), (("against",), "")),
        {"for": 1, "against": 1, "abstain": 0},
        "Equal, so not carried: The new sign? 1 for, 1 against, 0 abstain; 2 of 3 members voted.",
    ),
    Case(
        "consent",
        ((("consent",), ""), (("consent_with_concern",), "The rota.")),
        {"consent": 1, "consent_with_concern": 1, "objection": 0},
        "No quorum: The new sign? Consent: 1, Consent with a concern: 1, Objection: 0; 2 of 3 members voted, 3 were needed. "
        "This is not a rejection.",
    ),
    Case(
        "consensus",
        ((("agree",), ""), (("stand_aside",), "")),
        {"agree": 1, "abstain": 0, "stand_aside": 1, "block": 0},
        "Not adopted: The new sign? Agree: 1, Abstain: 0, Stand aside: 1, Block: 0; 2 of 3 members voted.",
    ),
    Case(
        "gradients",
        ((("endorse",), ""), (("support",), "")),
        {
            "endorse": 1,
            "support": 1,
            "reservations": 0,
            "abstain": 0,
            "stand_aside": 0,
            "go_along": 0,
            "not_involved": 0,
            "veto": 0,
        },
        "Adopted: The new sign? Endorse: 1; Support, with a small point: 1; Agree, with reservations: 0; Abstain: 0; "
        "Stand aside: 0; Disagree, and go along: 0; Disagree, and take no part: 0; Veto: 0; 2 of 3 members voted.",
    ),
    Case(
        "sense",
        ((("looks_good",), ""), (("unsure",), "")),
        {"looks_good": 1, "unsure": 1, "concerned": 0},
        "Sense check: The new sign? Looks good: 1, Unsure: 1, Concerned: 0; 2 of 3 members answered.",
    ),
    Case(
        "opt_in",
        ((("accept",), ""), (("decline",), "")),
        {"accept": 1, "decline": 1},
        "Count: The new sign? I am in: 1, Not this time: 1; 2 of 3 members answered.",
    ),
    Case(
        "questions",
        (((), "Which rate?"), ((), "Which term?")),
        {},
        "Round of questions: The new sign? 2 of 3 members answered.",
    ),
    Case(
        "advice",
        ((("go_ahead",), "Do."), ((), "Take gloves.")),
        {"go_ahead": 1, "reconsider": 0, "offer_help": 0},
        "Advice: The new sign? Go ahead: 1, Think again: 0, I can help: 0; 2 of 3 members answered.",
    ),
    Case(
        "approval",
        ((("x", "z"), ""), (("x",), "")),
        {"x": 2, "y": 0, "z": 1},
        "Decided: The new sign? Chosen: Insulate the cold room. Insulate the cold room: 2, "
        "Night tariff for the ovens: 0, New shop lighting: 1; 2 of 3 members voted.",
        THINGS,
    ),
    Case(
        "score",
        ((Scores({"x": 5, "y": 3}), ""), (Scores({"z": 4}), "")),
        {"x": 5, "y": 3, "z": 4},
        "Decided: The new sign? Chosen: Insulate the cold room. Insulate the cold room: 5, "
        "Night tariff for the ovens: 3, New shop lighting: 4; 2 of 3 members voted.",
        THINGS,
    ),
    Case(
        "dots",
        ((Scores({"x": 4, "y": 4}), ""), (Scores({"z": 7}), "")),
        {"x": 4, "y": 4, "z": 7},
        "Decided: The new sign? Chosen: New shop lighting. Insulate the cold room: 4, "
        "Night tariff for the ovens: 4, New shop lighting: 7; 2 of 3 members voted.",
        THINGS,
    ),
    Case("points", RANKED, FIRST, CHOSEN, PEOPLE),
    Case("runoff", RANKED, FIRST, CHOSEN, PEOPLE),
    Case("schulze", RANKED, FIRST, CHOSEN, PEOPLE),
    Case("ranked_pairs", RANKED, FIRST, CHOSEN, PEOPLE),
    Case("stv_scottish", RANKED, FIRST, ELECTED, PEOPLE, {"seats": "2"}),
    Case("stv_meek", RANKED, FIRST, ELECTED, PEOPLE, {"seats": "2"}),
    Case(
        "dates",
        ((Scores({"t": 2, "w": 1, "s": 0}), ""), (Scores({"t": 1, "w": 0, "s": 0}), "")),
        {"t": 3, "w": 1, "s": 0},
        "Time poll: The new sign? Chosen: Tue 22 Sep. 2 of 3 members answered. 1 yes, 1 if need be, 0 no.",
        TIMES,
    ),
    Case("greedy", ((("q", "r"), ""), (("q",), "")), {"p": 0, "q": 2, "r": 1}, FUNDED, PROJECTS, {"budget": "1000"}),
    Case(
        "equal_shares", ((("q", "r"), ""), (("q",), "")), {"p": 0, "q": 2, "r": 1}, FUNDED, PROJECTS, {"budget": "1000"}
    ),
)
EACH = pytest.mark.parametrize("case", CASES, ids=[case.method for case in CASES])


def test_every_method_is_here() -> None:
    assert {case.method for case in CASES} == set(METHODS)


async def opened(bread: Any, case: Case, **changes: Any) -> Motion:
    for name in ("noor", "ben", "ana"):
        if name not in bread.members:
            await bread.add_member(name)
    draft = Draft(
        title="The new sign?",
        body="Cost 9 000 EUR.",
        method=case.method,
        closes_at=bread.now + timedelta(days=7),
        options=tuple(item if isinstance(item, Option) else Option(*item) for item in case.options),
        settings={**case.settings, **changes.pop("settings", {})},
        **changes,
    )
    motion: Motion = await bread.units.write(open_motion, by=bread.members["noor"], draft=draft)
    return motion


async def sent(bread: Any, kind: str, uri: str = "") -> list[Any]:
    loaded = [json.loads(row.document) for row in await bread.rows(t.activities) if row.type == kind]
    return [found["object"] for found in loaded if uri in ("", found["object"]["id"])]


async def cast(bread: Any, motion: Motion, name: str, choice: Choice, reason: str = "") -> None:
    how = {"channel": Channel.WEB, "cast_at": bread.now, "received_at": bread.now}
    await bread.units.write(
        cast_ballot, voter=bread.members[name], motion_id=motion.id, choice=choice, reason=reason, **how
    )


def is_answer(found: Any, actor: Any, motion: Motion) -> bool:
    return bool(found["to"] == [actor.uri] and found.get("inReplyTo") == motion.url)


async def choices(bread: Any) -> list[Any]:
    return [json.loads(row.choice) for row in await bread.rows(t.ballots)]


async def run_timers(bread: Any) -> None:
    loop = TimerLoop(bread.units, wiring.TIMERS, wiring.LONG_TIMERS)
    while await loop.run_once():
        continue


async def proof_holds(bread: Any, document: Any) -> bool:
    keys = await bread.units.read(lambda uow: uow.actors.keys_of(uow.actors.local(COOP).id))
    key = next(key for key in keys if key.key_id == document["proof"]["verificationMethod"])
    return verify_proof(document, load_public("ed25519", key.material), None)


def rest(document: Any) -> Any:
    """The object without what an update of totals and a close may change."""
    moving = {"@context", "oneOf", "anyOf", "votersCount", "closed", "coop:motion"}
    return {key: value for key, value in document.items() if key not in moving}


def check_shape(bread: Any, motion: Motion, found: Any, wire: str | None) -> None:
    assert found["type"] == ("Question" if wire else "Note")
    assert [name for name in ("oneOf", "anyOf") if name in found] == ([wire] if wire else [])
    assert found["endTime"] == rfc3339(motion.closes_at)
    assert ("votersCount" in found) is bool(wire)
    read = text_of_html(found["content"])
    assert f'<a href="{motion.url}">{motion.url}</a></p>' in found["content"]
    if wire:
        assert read.endswith(
            "A poll for members of Bread Works. Your vote counts once your account is linked: "
            f"{bread.origin}/settings/accounts. Others are welcome to reply."
        )
    else:
        assert read.endswith(f" by Sun 8 March, 10:00 UTC: {motion.url}")
        assert all(option.name in read for option in motion.options)
    node = found["coop:motion"]
    assert (node["type"], node["coop:method"]) == ("coop:Motion", motion.method)
    assert node["coop:channels"] == (["web", "activitypub"] if wire else ["web"])
    assert [item["coop:key"] for item in node["coop:options"]] == [option.key for option in motion.options]
    assert node["coop:motionDigest"] == motion.motion_digest
    assert (node["coop:electorate"], node["coop:electorateSize"]) == (bread.uri, 3)
    if wire:
        assert [item["name"] for item in found[wire]] == [option.name for option in motion.options]


def plainly(text: str) -> bool:
    """No key with an underscore, no number with a point but of money, no empty or doubled punctuation."""
    return not re.search(r"\w_\w|\d\.\d(?!\d EUR)|\?\.|\.\.|:\s*[,;.]|  ", text)


@EACH
async def test_a_method_is_published_counted_and_its_outcome_told(bread: Any, case: Case) -> None:
    motion = await opened(bread, case)
    wire = POLLS.get(case.method)
    (created,) = await sent(bread, "Create")
    check_shape(bread, motion, created, wire)
    for (choice, reason), name in zip(case.ballots, ("noor", "ben"), strict=True):
        await cast(bread, motion, name, choice, reason)
    bread.advance(minutes=10)
    await run_timers(bread)
    shown = bool(wire) and motion.settings.visibility is Visibility.LIVE
    assert len(await sent(bread, "Update", motion.url)) == (1 if shown else 0), "nothing is told while nothing is shown"
    status, _, served = await bread.get(motion.url)
    assert status == 200
    check_shape(bread, motion, served, wire)
    bread.advance(days=8)
    await run_timers(bread)
    for update in await sent(bread, "Update", motion.url):
        check_shape(bread, motion, update, wire)
        assert rest(update) == rest(created)
    _, _, final = await bread.get(motion.url)
    assert final["coop:motion"]["coop:state"] == "decided"
    if wire:
        assert {item["name"]: item["replies"]["totalItems"] for item in final[wire]} == {
            option.name: case.counts[option.key] for option in motion.options
        }
        assert (final["votersCount"], "closed" in final) == (2, True)
    (note,) = [note for note in await sent(bread, "Create") if "coop:outcome" in note]
    await check_outcome(bread, motion, note, case)


async def check_outcome(bread: Any, motion: Motion, note: Any, case: Case) -> None:
    outcome = note["coop:outcome"]
    stored = await bread.units.read(lambda uow: uow.motions.outcome_of(motion.id))
    assert (outcome["coop:result"], outcome["coop:motionDigest"]) == (stored.code, motion.motion_digest)
    assert (outcome["coop:voted"], outcome["coop:eligible"]) == (2, 3)
    assert {item["coop:key"]: item["coop:count"] for item in outcome["coop:counts"]} == case.counts
    assert all(type(item["coop:count"]) is int for item in outcome["coop:counts"])
    told = text_of_html(note["content"]).splitlines()[0]
    assert told == case.told
    assert plainly(told)
    assert note["inReplyTo"] == motion.url
    assert await proof_holds(bread, note)
    assert not await proof_holds(bread, {**note, "content": "<p>Carried</p>"})
    _, _, served = await bread.get(note["id"])
    assert served == note


@EACH
async def test_a_vote_from_afar_is_a_ballot_on_a_poll_and_refused_on_a_note(bread: Any, peer: Any, case: Case) -> None:
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    motion = await opened(bread, case)
    option = motion.options[0] if motion.options else Option("none", "An answer")
    assert await bread.deliver(ana, vote(ana, bread, motion, option.name)) == 202
    if case.method in POLLS:
        assert await choices(bread) == [[option.key]]
        assert await bread.audit_codes("vote-refused") == []
        return
    assert await choices(bread) == []
    assert await bread.audit_codes("vote-refused") == ["channel"]
    assert await bread.rows(t.notes) == []
    (answer,) = [found for found in await sent(bread, "Create") if is_answer(found, ana, motion)]
    assert "this vote is taken on the co-op’s own page only" in answer["content"]
    assert f'href="{motion.url}"' in answer["content"]


ONE_OF_THEM = {case.method: case for case in CASES}


@pytest.mark.parametrize(
    ("method", "stance"),
    [
        ("consent", "Objection"),
        ("consent", "Consent with a concern"),
        ("consensus", "Block"),
        ("gradients", "Veto"),
    ],
)
async def test_a_stance_that_needs_a_reason_is_refused_from_afar_with_the_link(
    bread: Any, peer: Any, method: str, stance: str
) -> None:
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    motion = await opened(bread, ONE_OF_THEM[method])
    await bread.deliver(ana, vote(ana, bread, motion, stance))
    assert await choices(bread) == []
    assert await bread.audit_codes("vote-refused") == ["reason"]
    (answer,) = [found for found in await sent(bread, "Create") if is_answer(found, ana, motion)]
    assert "that answer needs a reason" in answer["content"]
    assert f'href="{motion.url}"' in answer["content"]
    await bread.deliver(ana, vote(ana, bread, motion, motion.options[0].name, 2))
    assert await choices(bread) == [[motion.options[0].key]]


MANY = tuple((f"o{n}", f"Choice {n}") for n in range(11))


@pytest.mark.parametrize(
    ("method", "options", "settings", "wire"),
    [
        ("approval", MANY[:10], {}, "anyOf"),
        ("approval", MANY, {}, None),
        ("approval", MANY[:4], {"min": "1"}, "anyOf"),
        ("approval", MANY[:4], {"min": "2"}, None),
        ("sense", MANY[:10], {}, "oneOf"),
        ("sense", MANY, {}, None),
        ("resolution", (), {"reasons": "optional"}, "oneOf"),
        ("resolution", (), {"reasons": "required"}, None),
    ],
)
async def test_what_a_poll_cannot_say_is_a_note(
    bread: Any, peer: Any, method: str, options: Any, settings: Mapping[str, str], wire: str | None
) -> None:
    ana = peer.actor("ana")
    await bread.link("ana", ana)
    motion = await opened(bread, Case(method, (), {}, "", options, settings))
    (created,) = await sent(bread, "Create", motion.url)
    check_shape(bread, motion, created, wire)
    await bread.deliver(ana, vote(ana, bread, motion, motion.options[0].name))
    assert await choices(bread) == ([[motion.options[0].key]] if wire else [])
    assert await bread.audit_codes("vote-refused") == ([] if wire else ["channel"])


async def test_a_vote_that_only_polls_could_cast_is_taken_on_the_page_where_there_is_no_poll(bread: Any) -> None:
    only = {"channels": frozenset({Channel.ACTIVITYPUB})}
    ranked = await opened(bread, ONE_OF_THEM["schulze"], **only)
    assert ranked.channels == {Channel.WEB}
    assert (await opened(bread, ONE_OF_THEM["resolution"], **only)).channels == {Channel.ACTIVITYPUB}
