"""One motion of each method with ballots, as pages send them: what door and browser tests of ballots share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fedcoop.governance.motions.motion import Motion, Option
from tests.doors.website import Page, Website

Pairs = tuple[tuple[str, str], ...]
PEOPLE = (("a", "Amara Okafor"), ("b", "Bilal Haddad"), ("c", "Chiara Neri"), ("d", "Dafydd Rees"))
THINGS = (("x", "Insulate the cold room"), ("y", "Night tariff for the ovens"), ("z", "New shop lighting"))
TIMES = (
    Option("t", "Tue 22 Sep", starts_at="2026-09-22T16:00:00Z", minutes=120),
    Option("w", "Wed 23 Sep", starts_at="2026-09-23T10:00:00Z", minutes=120),
    Option("s", "Sat 26 Sep", starts_at="2026-09-26T08:00:00Z", minutes=120),
)
PROJECTS = (
    Option("p", "Solar for the shed", cost=50000),
    Option("q", "Bike repair stand", cost=45000),
    Option("r", "Print workshop", cost=10050),
)


def ranks(**places: int) -> Pairs:
    """Return the fields of a ranking: `ranks(a=2, b=1)`."""
    return tuple((f"rank-{key}", str(place)) for key, place in places.items())


@dataclass(frozen=True)
class Way:
    """How one method is voted on: the motion, one ballot for each of three members, and what is said about them."""

    method: str
    title: str
    ballots: Mapping[str, Pairs]
    told: str
    """What the page says back to Noor."""
    result: Sequence[str]
    """What stands on the result page."""
    options: Sequence[Any] = ()
    settings: Mapping[str, str] = field(default_factory=dict)


_RANKED = {
    "noor": ranks(a=1, b=2),
    "bilal": ranks(a=1, b=2, c=3),
    "ilse": ranks(b=1, d=2),
}
_SCORED = {
    "noor": (("score-x", "5"), ("score-y", "3"), ("score-z", "")),
    "bilal": (("score-x", "4"), ("score-y", "3"), ("score-z", "5")),
    "ilse": (("score-x", "0"), ("score-y", "4"), ("score-z", "5")),
}
_TICKED = {
    "noor": (("choice", "q"), ("choice", "r")),
    "bilal": (("choice", "q"),),
    "ilse": (("choice", "p"), ("choice", "r")),
}
_TOLD_RANKING = "Your vote is in: 1. Amara Okafor, 2. Bilal Haddad."
WAYS = (
    Way(
        "resolution",
        "Buy a second deck oven",
        {"noor": (("choice", "for"),), "bilal": (("choice", "for"),), "ilse": (("choice", "against"),)},
        "Your vote is in: For.",
        ["2 for, 1 against"],
    ),
    Way(
        "approval",
        "Which breads for the summer?",
        {"noor": (("choice", "x"), ("choice", "z")), "bilal": (("choice", "x"),), "ilse": (("choice", "y"),)},
        "Your vote is in: Insulate the cold room and New shop lighting.",
        ["Chosen: Insulate the cold room", "Ticks by choice"],
        THINGS,
    ),
    Way(
        "score",
        "Where do we save energy first?",
        _SCORED,
        "Your vote is in: Insulate the cold room 5, Night tariff for the ovens 3.",
        ["Scores by choice", "Mean", "Median", "Scored by", "the highest sum wins"],
        THINGS,
    ),
    Way(
        "dots",
        "What should the bread school teach?",
        {
            "noor": (("dots-x", "4"), ("dots-y", "4"), ("dots-z", "0")),
            "bilal": (("dots-x", "1"), ("dots-y", "0"), ("dots-z", "7")),
            "ilse": (("dots-x", "8"), ("dots-y", ""), ("dots-z", "")),
        },
        "Your vote is in: Insulate the cold room 4, Night tariff for the ovens 4.",
        ["24 of 24 dots were spent.", "Dots by choice", "13 dots."],
        THINGS,
    ),
    Way(
        "points",
        "What do we put right first?",
        _RANKED,
        _TOLD_RANKING,
        ["Points by choice", "A first place is worth 4 points"],
        PEOPLE,
    ),
    Way(
        "runoff",
        "Who speaks for us?",
        _RANKED,
        _TOLD_RANKING,
        ["How it was counted", "Round by round", "In the last round Amara Okafor has 2 of 3 ballots"],
        PEOPLE,
    ),
    Way(
        "schulze",
        "A name for the bread",
        _RANKED,
        _TOLD_RANKING,
        ["The order", "One against one", "Beats every other choice one against one.", "Strongest chains of wins"],
        PEOPLE,
    ),
    Way(
        "ranked_pairs",
        "A name for the rolls",
        _RANKED,
        _TOLD_RANKING,
        ["The order", "One against one", "Wins in order of strength"],
        PEOPLE,
    ),
    Way(
        "stv_scottish",
        "Two seats on the board",
        _RANKED,
        _TOLD_RANKING,
        [
            "Elected: Amara Okafor and Bilal Haddad",
            "Round by round",
            "3 valid ballots, 2 seats: 3 ÷ (2 + 1) = 1, rounded down, plus 1 = 2.",
        ],
        PEOPLE,
        {"seats": "2"},
    ),
    Way(
        "stv_meek",
        "Two seats in the shop",
        _RANKED,
        _TOLD_RANKING,
        ["Elected: Amara Okafor and Bilal Haddad", "Round by round", "worked out anew whenever votes move"],
        PEOPLE,
        {"seats": "2"},
    ),
    Way(
        "dates",
        "When is the autumn meeting?",
        {
            "noor": (("time-t", "2"), ("time-w", "1"), ("time-s", "0")),
            "bilal": (("time-t", "2"), ("time-w", "2"), ("time-s", "2")),
            "ilse": (("time-t", "0"), ("time-w", "1"), ("time-s", "2")),
        },
        "Your vote is in: Tue 22 Sep, 18:00 to 20:00: yes, Wed 23 Sep, 12:00 to 14:00: if need be,",
        ["Answers by time", "Wed 23 Sep, 12:00 to 14:00", "If need be"],
        TIMES,
    ),
    Way(
        "greedy",
        "Neighbourhood fund",
        _TICKED,
        "Your vote is in: Bike repair stand and Print workshop.",
        [
            "Funded: Print workshop and Bike repair stand",
            "550.50 € of 1,000 € spent",
            "Not funded",
            "Project by project",
        ],
        PROJECTS,
        {"budget": "1000"},
    ),
    Way(
        "equal_shares",
        "Fund for the yard",
        _TICKED,
        "Your vote is in: Bike repair stand and Print workshop.",
        ["Funded: ", "spent", "In the run that counts, each ballot starts with", "Project by project"],
        PROJECTS,
        {"budget": "1000"},
    ),
    Way(
        "consent",
        "A trial of four days",
        {
            "noor": (("choice", "consent"),),
            "bilal": (("choice", "consent"),),
            "ilse": (("choice", "consent_with_concern"), ("reason", "The rota.")),
        },
        "Your vote is in: Consent.",
        ["Adopted"],
    ),
    Way(
        "consensus",
        "Open on the first of May?",
        {"noor": (("choice", "agree"),), "bilal": (("choice", "agree"),), "ilse": (("choice", "stand_aside"),)},
        "Your vote is in: Agree.",
        ["Stand aside"],
    ),
    Way(
        "gradients",
        "A shared kitchen",
        {"noor": (("choice", "endorse"),), "bilal": (("choice", "support"),), "ilse": (("choice", "go_along"),)},
        "Your vote is in: Endorse.",
        ["Disagree, and go along"],
    ),
    Way(
        "sense",
        "How is the new rota?",
        {"noor": (("choice", "looks_good"),), "bilal": (("choice", "unsure"),), "ilse": (("choice", "concerned"),)},
        "Your vote is in: Looks good.",
        ["How we feel about it"],
    ),
    Way(
        "opt_in",
        "A bus to the mill",
        {"noor": (("choice", "accept"),), "bilal": (("choice", "accept"),), "ilse": (("choice", "accept"),)},
        "Your vote is in: I am in.",
        ["Counted", "Waiting list"],
        (),
        {"capacity": "2"},
    ),
    Way(
        "questions",
        "What should we ask the bank?",
        {
            "noor": (("reason", "Which rate?"),),
            "bilal": (("reason", "Which term?"),),
            "ilse": (("reason", "Which security?"),),
        },
        "Your vote is in: An answer in words.",
        ["Answered", "Which rate?"],
    ),
    Way(
        "advice",
        "I repair the mixer",
        {
            "noor": (("choice", "go_ahead"), ("reason", "Do.")),
            "bilal": (("reason", "Take gloves."),),
            "ilse": (("choice", "offer_help"), ("reason", "I have tools.")),
        },
        "Your vote is in: Go ahead.",
        ["Advice given", "3 members gave advice"],
    ),
)


async def open_way(site: Website, way: Way, **more: Any) -> Motion:
    """Open the motion of this way."""
    found = {"options": way.options} if way.options else {}
    settings = {**way.settings, **more.pop("settings", {})}
    return await site.open_motion(method=way.method, title=way.title, settings=settings, **found, **more)


async def vote(site: Website, motion: Motion, name: str, fields: Pairs) -> Page:
    """Send this member's ballot as the page would."""
    browser = await site.signed_in(name)
    page = f"/motions/{motion.uuid}"
    sent = await browser.submit(page, f"{page}/vote", list(fields))
    return await browser.get(sent.location) if sent.status == 303 else sent
