"""What a Mastodon user reads, word for word: polls, votes on pages, what is said beside them, and direct messages."""

import json
from datetime import timedelta
from typing import Any

import pytest

from fedcoop.actions.follow_ups.errata import add_erratum
from fedcoop.actions.follow_ups.outcomes import reopen, state_outcome
from fedcoop.actions.motions.motion import annul_motion, extend_motion
from fedcoop.governance.fediverse.publication import motion_digest
from fedcoop.governance.motions.motion import Channel, Motion, Option
from fedcoop.kernel.html import text_of_html
from fedcoop.storage import tables as t
from tests.actions.coop import ask, join, rows, run_timers, sent, vote
from tests.conftest import ORIGIN, Instance

LINKED = (
    "A poll for members of Alder Works. Your vote counts once your account is linked: "
    f"{ORIGIN}/settings/accounts. Others are welcome to reply."
)
WEB = frozenset({Channel.WEB})
GIFTS = (Option("o", "Oven"), Option("m", "Mixer"), Option("v", "Van"))


async def posts(instance: Instance, of: str = "Create") -> list[dict[str, Any]]:
    """Every object that went out, in order; its texts agree and show every link whole."""
    found = [activity["object"] for activity in await sent(instance, of)]
    for post in found:
        assert post["contentMap"] == {"en": post["content"]}
        assert len(post["content"].encode()) <= 100 * 1024
    return found


async def read(instance: Instance, motion: Motion) -> list[list[str]]:
    """The paragraphs of each post, without the address of the vote's page where it stands alone."""
    texts = [text_of_html(post["content"]).splitlines() for post in await posts(instance)]
    return [[line for line in lines if line != motion.url] for lines in texts]


async def test_a_poll_says_whose_it_is_and_how_a_vote_counts(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, settings={"quorum": "0"})
    (post,) = await posts(instance)
    page = f'<p><a href="{motion.url}">{motion.url}</a></p>'
    accounts = f'<a href="{ORIGIN}/settings/accounts">{ORIGIN}/settings/accounts</a>'
    assert post["content"] == (
        "<p><strong>Buy a second oven</strong></p><p>From reserves.</p>"
        "<p>Carried if more than half of the votes for and against are for.</p>"
        f"{page}<p>A poll for members of Alder Works. Your vote counts once your account is linked: {accounts}. "
        "Others are welcome to reply.</p>"
    )


@pytest.mark.parametrize(
    ("method", "options", "settings", "rules"),
    [
        ("resolution", (), {"visibility": "after_close"}, ["Totals are shown after the close."]),
        ("resolution", (), {"visibility": "after_own_vote"}, ["Totals are shown after the close."]),
        ("resolution", (), {"reasons": "required_for:against"}, ["“Against” needs a reason: give it on the page."]),
        ("approval", GIFTS, {"max": "2"}, ["Tick up to 2."]),
        ("approval", GIFTS, {"max": "1"}, ["Tick one."]),
        ("consent", (), {}, ["An objection needs a reason: give it on the page. So does a concern."]),
        ("consensus", (), {}, ["A block needs a reason: give it on the page."]),
        ("gradients", (), {}, ["A veto needs a reason: give it on the page."]),
    ],
)
async def test_a_poll_tells_the_rules_that_it_cannot_show(
    instance: Instance, method: str, options: Any, settings: dict[str, str], rules: list[str]
) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, method=method, options=options, settings={"visibility": "live", **settings})
    ((title, body, rule, last),) = await read(instance, motion)
    assert (title, body, last) == ("Buy a second oven", "From reserves.", LINKED)
    assert rule.endswith(" " + " ".join(rules))


async def test_a_poll_without_such_rules_tells_none(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, method="approval", options=GIFTS)
    ((_, _, rule, _),) = await read(instance, motion)
    assert rule == "The one choice with most ticks is chosen."


@pytest.mark.parametrize(
    ("method", "options", "settings", "last"),
    [
        (
            "schulze",
            (Option("a", "FIRST"), Option("b", "SECOND"), Option("c", "THIRD")),
            {},
            "Choices: FIRST, SECOND, THIRD. Vote by Sun 8 March, 09:00 UTC:",
        ),
        ("resolution", (), {}, "Choices: For, Against, Abstain. Vote by Sun 8 March, 09:00 UTC:"),
        (
            "score",
            (Option("a", "Rye, dark"), Option("b", "Wheat")),
            {},
            "Choices: Rye, dark; Wheat. Vote by Sun 8 March, 09:00 UTC:",
        ),
        (
            "greedy",
            (Option("p", "Solar panels", cost=50000), Option("q", "Bike stand", cost=10050)),
            {"budget": "1000"},
            "Choices: Solar panels (500 EUR), Bike stand (100.50 EUR). Vote by Sun 8 March, 09:00 UTC:",
        ),
        ("questions", (), {}, "Answer by Sun 8 March, 09:00 UTC:"),
        (
            "advice",
            (),
            {},
            "Choices: Go ahead, Think again, I can help. Give your advice by Sun 8 March, 09:00 UTC:",
        ),
        (
            "dates",
            (
                Option("a", "Tue 22 Sep 2026, 18:00 to 19:00", starts_at="2026-09-22T16:00:00Z", minutes=60),
                Option("b", "Wed 23 Sep 2026, 18:00 to 19:00", starts_at="2026-09-23T16:00:00Z", minutes=60),
            ),
            {"zone": "Europe/Rome"},
            "Choices (Rome time): Tue 22 Sep 2026, 18:00 to 19:00; Wed 23 Sep 2026, 18:00 to 19:00. "
            "Answer by Sun 8 March, 09:00 UTC:",
        ),
        (
            "runoff",
            tuple(Option(f"o{n}", f"N{n}") for n in range(23)),
            {},
            "Choices: " + ", ".join(f"N{n}" for n in range(20)) + ", and 3 more. Vote by Sun 8 March, 09:00 UTC:",
        ),
    ],
)
async def test_what_is_no_poll_names_its_choices_and_until_when(
    instance: Instance, method: str, options: Any, settings: dict[str, str], last: str
) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, method=method, options=options, settings=settings, channels=WEB)
    (post,) = await posts(instance)
    assert post["type"] == "Note"
    *_, who, found = text_of_html(post["content"]).splitlines()
    assert who.startswith("Members of Alder Works ")
    assert who.endswith(" on the page below. Others are welcome to reply.")
    assert found == f"{last} {motion.url}"
    assert post["content"].endswith(f' <a href="{motion.url}">{motion.url}</a></p>')


async def test_a_text_beyond_what_servers_take_is_cut_and_leads_on(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    body = "\n\n".join("<&> " * 100 for _ in range(120))
    motion = await ask(instance, ada, body=body)
    (post,) = await posts(instance)
    assert f'The text goes on at <a href="{motion.url}">' in post["content"]
    assert LINKED in text_of_html(post["content"])


async def test_what_was_published_stays_as_it_is(instance: Instance) -> None:
    """Digest and text agree for ever, whatever is extended, corrected, renamed or worded anew."""
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    (post,) = await posts(instance)
    later = motion.closes_at + timedelta(days=1)
    await instance.units.write(extend_motion, by=ada.id, motion_id=motion.id, closes_at=later, reason="A holiday.")
    await vote(instance, ada, motion, "for")
    await run_timers(instance)
    instance.clock.advance(timedelta(days=9))
    await run_timers(instance)
    updates = [update for update in await posts(instance, "Update") if update["id"] == motion.url]
    assert len(updates) > 1
    assert {update["content"] for update in updates} == {post["content"]}
    now = await instance.units.read(lambda uow: uow.motions.get(motion.id))
    digest = motion_digest(now, content=post["content"], electorate=f"{ORIGIN}/actors/alder")
    assert {update["coop:motion"]["coop:motionDigest"] for update in updates} == {digest}
    assert digest == now.motion_digest


async def test_what_was_published_by_an_older_version_stays_as_it_was(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    old = {"content": "<p>As it was worded once.</p>", "coop:method": "resolution", "coop:quorum": "1/7"}
    await instance.units.write(lambda uow: uow.motions.put_published(motion.id, old))
    await instance.units.write(annul_motion, by=ada.id, motion_id=motion.id, reason="Wrong.")
    update = (await posts(instance, "Update"))[-1]
    assert {"content": update["content"], **update["coop:motion"]} == {
        **old,
        "type": "coop:Motion",
        "coop:state": "annulled",
        "coop:electorateSize": 1,
        "coop:rollDigest": f"sha-256:{motion.roll_hash}",
        "coop:motionDigest": motion.motion_digest,
    }


# beside a vote


async def test_an_extension_tells_its_reason(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada)
    later = motion.closes_at + timedelta(days=1)
    await instance.units.write(extend_motion, by=ada.id, motion_id=motion.id, closes_at=later, reason="A holiday")
    assert (await read(instance, motion))[1:] == [
        [
            "Voting goes on until Mon 9 March, 09:00 UTC: Buy a second oven. Votes already cast still count.",
            "The reason: A holiday.",
        ]
    ]
    note = (await posts(instance))[1]
    assert note["inReplyTo"] == motion.url
    assert "proof" in note


async def test_a_vote_taken_up_again_tells_its_reason(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, method="sense", days=1)
    await vote(instance, ada, motion, "looks_good")
    instance.clock.advance(timedelta(days=2))
    await run_timers(instance)
    closes = instance.clock.now() + timedelta(days=3)
    values = {"by": ada.id, "motion_id": motion.id, "closes_at": closes}
    await instance.units.write(reopen, **values, reason="Two of us were away.")
    assert (await read(instance, motion))[-1] == [
        "Votes are taken again until Fri 6 March, 09:00 UTC: Buy a second oven. Votes already cast still count.",
        "The reason: Two of us were away.",
    ]


async def test_addresses_in_what_members_write_are_links(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    page = "https://bakery.example/ovens_(big)?a=1&b=2"
    shown = "https://bakery.example/ovens_(big)?a=1&amp;b=2"
    motion = await ask(instance, ada, method="sense", days=1, body=f"See {page}.\n\nOr `{page}`.")
    later = motion.closes_at + timedelta(days=1)
    await instance.units.write(extend_motion, by=ada.id, motion_id=motion.id, closes_at=later, reason=f"News: {page}")
    instance.clock.advance(timedelta(days=3))
    await run_timers(instance)
    stated = f"Two lines,\none <break>.\n\nAnd {page}!"
    await instance.units.write(state_outcome, by=ada.id, motion_id=motion.id, text=stated, options=("looks_good",))
    asked, extended, *_, outcome = [post["content"] for post in await posts(instance)]
    link = f'<a href="{shown}"'
    assert f"<p>See {link}" in asked
    assert f"{shown}</a>.</p><p>Or <code>{shown}</code>.</p>" in asked.replace("\n", "")
    assert f"<p>The reason: News: {link}>{shown}</a>.</p>" in extended
    assert f"<p>Two lines,<br>one &lt;break&gt;.</p><p>And {link}>{shown}</a>!</p>" in outcome


async def test_a_cancelled_vote_tells_its_reason(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, title="Buy a second oven?")
    await instance.units.write(annul_motion, by=ada.id, motion_id=motion.id, reason="The list of voters was wrong.")
    assert (await read(instance, motion))[1:] == [
        ["Cancelled: Buy a second oven? This vote has no result.", "The reason: The list of voters was wrong."]
    ]


async def test_a_spelling_fix_says_that_the_text_stays(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, body="From resreves.")
    await instance.units.write(add_erratum, by=ada.id, motion_id=motion.id, was="resreves", reads="reserves")
    assert (await read(instance, motion))[1:] == [
        ["Spelling in “Buy a second oven”: read “reserves” for “resreves”. The text that is voted on stays as it is."]
    ]


@pytest.mark.parametrize(
    ("method", "options", "settings", "choice", "told"),
    [
        (
            "resolution",
            (),
            {"quorum": "0"},
            "for",
            "Carried: Buy a second oven. 1 for, 0 against, 0 abstain; 1 of 2 members voted.",
        ),
        (
            "resolution",
            (),
            {"quorum": "100%"},
            "for",
            "No quorum: Buy a second oven. 1 for, 0 against, 0 abstain; 1 of 2 members voted, 2 were needed. "
            "This is not a rejection.",
        ),
        (
            "approval",
            GIFTS,
            {},
            "v",
            "Decided: Buy a second oven. Chosen: Van. Oven: 0, Mixer: 0, Van: 1; 1 of 2 members voted.",
        ),
        (
            "approval",
            GIFTS,
            {},
            "",
            "Nothing chosen: Buy a second oven. Oven: 0, Mixer: 0, Van: 0; 0 of 2 members voted.",
        ),
    ],
)
async def test_an_outcome_says_what_was_decided(
    instance: Instance, method: str, options: Any, settings: dict[str, str], choice: str, told: str
) -> None:
    ada, _ = await join(instance.units, "ada", "ben")
    motion = await ask(instance, ada, method=method, options=options, settings=settings, days=1)
    if choice:
        await vote(instance, ada, motion, choice)
    instance.clock.advance(timedelta(days=2))
    await run_timers(instance)
    assert (await read(instance, motion))[-1] == [told]


async def test_a_stated_outcome_names_what_was_chosen(instance: Instance) -> None:
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, method="sense", days=1)
    instance.clock.advance(timedelta(days=2))
    await run_timers(instance)
    for text in ("We buy it.", "We buy it in May."):
        await instance.units.write(state_outcome, by=ada.id, motion_id=motion.id, text=text, options=("looks_good",))
    assert (await read(instance, motion))[-2:] == [
        ["Outcome: Buy a second oven. Chosen: Looks good.", "We buy it."],
        ["Outcome: Buy a second oven. Chosen: Looks good. (version 2)", "We buy it in May."],
    ]


async def test_no_post_holds_a_word_of_the_machine_room(instance: Instance) -> None:
    """Nothing of what design.md 8 keeps from pages."""
    (ada,) = await join(instance.units, "ada")
    motion = await ask(instance, ada, days=1)
    await instance.units.write(
        extend_motion, by=ada.id, motion_id=motion.id, closes_at=motion.closes_at + timedelta(days=1), reason="Late."
    )
    instance.clock.advance(timedelta(days=3))
    await run_timers(instance)
    texts = [text_of_html(post["content"]).replace(motion.url, "") for post in await posts(instance)]
    assert len(texts) == 3
    for word in ("motion", "roll", "tally", "quota", "electorate", "eligible", "instance", "handle", "_"):
        assert not [text for text in texts if word in text]
    stored = {json.loads(row.document)["content"] for row in await rows(instance, t.objects)}
    assert {post["content"] for post in await posts(instance)} <= stored
