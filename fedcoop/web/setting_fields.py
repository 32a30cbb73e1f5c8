"""The settings of a vote as fields of a form: label, hint and choices in plain words, for every name of governance.md.

Which fields a form has follows from the method: what it reads, what it alone knows, and what all share. A field that is left
empty leaves what is usual for the way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fedcoop.governance.counting import Method

Choices = Sequence[tuple[str, str]]
USUAL = "the usual for this way"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field: a list where `choices` are given, else a line of text. `group` says where in the form it stands."""

    name: str
    label: str
    hint: str = ""
    choices: Choices = ()
    group: str = "rule"
    number: bool = False


def _on_off(usual: str) -> Choices:
    return (("", usual), ("on", "yes"), ("off", "no"))


_SHARES: Choices = (
    ("", USUAL),
    (">1/2", "more than half"),
    ("2/3", "at least two thirds"),
    ("3/4", "at least three quarters"),
)
_QUORUMS: Choices = (
    ("", USUAL),
    ("0", "nobody in particular"),
    ("1/10", "a tenth"),
    ("1/4", "a quarter"),
    ("1/3", "a third"),
    ("1/2", "half"),
    ("2/3", "two thirds"),
)
_FIELDS: Sequence[SettingField] = (
    SettingField("threshold", "Carried with", "How much support it takes.", _SHARES),
    SettingField("min_agree", "Agreeing, at least", "Of those who take part.", _SHARES),
    SettingField(
        "base",
        "of",
        "",
        (
            ("", USUAL),
            ("yes_no", "votes for and against"),
            ("cast", "all votes, abstentions included"),
            ("eligible", "all members"),
            ("present", "those present in the meeting"),
        ),
    ),
    SettingField("quorum", "Taking part, at least", "Of all members who may vote.", _QUORUMS),
    SettingField("present", "How many are present", "For votes of a meeting.", number=True),
    SettingField(
        "approval_quorum", "In favour, at least", "Of all members, such as 1/4; those who stay away cannot defeat it."
    ),
    SettingField("seats", "How many are chosen", "", number=True),
    SettingField("min", "Fewest", "Options to tick, or the lowest score.", number=True),
    SettingField("max", "Most", "Options to tick, or the highest score.", number=True),
    SettingField("none", "An option that means none of these", "Its letter, counted from a."),
    SettingField(
        "ties",
        "A tie between options",
        "",
        (("", USUAL), ("lot", "is settled by a public lot"), ("status_quo", "leaves the place empty")),
    ),
    SettingField("max_blocks", "Blocks that can be overruled", "0 is none: one block stops it.", number=True),
    SettingField("max_stand_aside", "Standing aside, at most", "In percent of those who take part.", number=True),
    SettingField(
        "silence", "Who says nothing", "", (("", USUAL), ("consent", "consents"), ("not_counted", "is not counted"))
    ),
    SettingField(
        "rounds", "Rounds before the fallback", "After so many versions the author may ask for a vote.", number=True
    ),
    SettingField(
        "fallback",
        "The fallback",
        "",
        (("", USUAL), ("special", "a vote by three quarters"), ("ordinary", "a vote by half"), ("none", "none")),
    ),
    SettingField("dots", "Dots for each member", "", number=True),
    SettingField("cap", "Dots on one option, at most", "", number=True),
    SettingField("spend_all", "All dots must be given", "", _on_off("no, as is usual")),
    SettingField("allow_blank", "Options may be left out", "", _on_off("yes, as is usual")),
    SettingField(
        "rule",
        "The winner has",
        "",
        (("", "the highest sum, as is usual"), ("sum", "the highest sum"), ("mean", "the highest mean")),
    ),
    SettingField("min_raters", "Scored by, at least", "For the mean: the share of ballots that must score an option."),
    SettingField("min_ranked", "Options to rank, at least", "", number=True),
    SettingField("max_ranked", "Options to rank, at most", "", number=True),
    SettingField("ron", "An option that re-opens nominations", "Its letter, counted from a."),
    SettingField("status_quo", "The option that leaves things as they are", "Its letter; others must beat it."),
    SettingField(
        "unranked",
        "What is not ranked",
        "",
        (("", USUAL), ("last", "stands below all that is"), ("no_opinion", "is not compared")),
    ),
    SettingField("decimals", "Decimals of the count", "", number=True),
    SettingField("budget", "Money to give out", "Such as 1200.00."),
    SettingField("currency", "Currency", "Such as EUR."),
    SettingField("skip", "What is too dear is passed over", "", _on_off("yes, as is usual")),
    SettingField("min_score", "Support that a project needs", "", number=True),
    SettingField("target", "How many are wanted", "Told once so many accept.", number=True),
    SettingField("capacity", "How many places there are", "More join a waiting list.", number=True),
    SettingField("required", "Who must be able to come", "Short names, with commas."),
    SettingField("advisers", "Who is asked", "Short names, with commas; each of them answers first."),
    SettingField("experts", "Who knows about it", "Short names, with commas."),
    SettingField("affected", "Whom it affects", "Short names, with commas."),
    SettingField("min_time", "Time for advice, at least", "Such as 3d."),
    SettingField("adviser_deadline", "Who was asked answers within", "Such as 5d."),
    SettingField("confirm_after", "Confirmed by a second vote after", "Such as 14d; empty is none."),
    SettingField("require", "Further conditions", "Such as: agree >= 3/4 of eligible, block = 0.", group="more"),
    SettingField(
        "visibility",
        "Results show",
        "To members. The public waits for the close unless at once.",
        (("live", "at once"), ("after_own_vote", "after one’s own vote"), ("after_close", "after the close")),
    ),
    SettingField(
        "early_close",
        "Closing before the date",
        "",
        (
            ("", USUAL),
            ("all_voted", "when all have voted"),
            ("decided", "when nothing can change the result"),
            ("any", "whenever the opener wants"),
            ("never", "never"),
        ),
        group="more",
    ),
    SettingField(
        "change",
        "Changing one’s vote",
        "",
        (("", USUAL), ("until_close", "until the close"), ("never", "never")),
        "more",
    ),
    SettingField(
        "reasons",
        "Reasons",
        "",
        (("", USUAL), ("optional", "may be given"), ("required", "must be given"), ("off", "are not asked for")),
        "more",
    ),
    SettingField(
        "option_order",
        "Options stand",
        "",
        (("", USUAL), ("fixed", "as written"), ("alphabetical", "by name"), ("shuffled", "shuffled for each member")),
        "more",
    ),
    SettingField(
        "second_call",
        "If too few take part",
        "",
        (("", USUAL), ("on", "a second vote a week later"), ("off", "it ends")),
        "more",
    ),
    SettingField(
        "second_call_quorum",
        "Taking part in the second vote, at least",
        "Of all members; 0 is nobody in particular.",
        (),
        "more",
    ),
    SettingField("max_extensions", "How often it can be made longer", "", (), "more", number=True),
    SettingField("classes", "Only these classes vote", "With commas; empty is all.", (), "who"),
    SettingField("groups", "Only these groups vote", "With commas; empty is all.", (), "who"),
    SettingField("members", "Only these members vote", "Short names, with commas; empty is all.", (), "who"),
    SettingField("min_days", "Members since, at least", "In days before the vote opens.", (), "who", number=True),
    SettingField("good_standing", "Only without overdue dues", "", _on_off("no, as is usual"), "who"),
    SettingField(
        "delegation",
        "Passing on one’s vote",
        "",
        (
            ("", USUAL),
            ("none", "no"),
            ("proxy", "to one person, for this vote"),
            ("liquid", "to people one trusts, and on"),
        ),
        "who",
    ),
    SettingField("delegation_cap", "Votes in one hand, at most", "", (), "who", number=True),
    SettingField("colleges", "Classes counted apart", "Such as workers=40%, users=60%.", (), "who"),
    SettingField("class_quorum", "Taking part in each class", "Such as workers=1/2.", (), "who"),
    SettingField("class_veto", "Carried in these classes too", "With commas.", (), "who"),
)
ELSEWHERE = frozenset({"zone", "completion", "fill", "withdrawn"})
"""Settings that have no field: they are set by the command line, or by what happens."""
BY_NAME: Mapping[str, SettingField] = {field.name: field for field in _FIELDS}
_SHARED = [field for field in _FIELDS if field.group in ("who", "more") or field.name in ("quorum", "visibility")]


def fields_of(method: Method) -> tuple[SettingField, ...]:
    """Return the fields for a vote by this method, in the order in which they stand in the form."""
    own = {*method.extra_keys(), *_reads(method)} - ELSEWHERE
    unknown = [_plain(name) for name in sorted(own - set(BY_NAME))]
    wanted = own | {field.name for field in _SHARED}
    if not method.own_options:
        wanted -= {"option_order"}
    return (*(field for field in _FIELDS if field.name in wanted), *unknown)


def _reads(method: Method) -> set[str]:
    """Return what it reads of threshold and base, each under its first name only."""
    found: dict[str, str] = {}
    for word, setting in method.reads().items():
        found.setdefault(setting, word)
    return set(found.values())


def _plain(name: str) -> SettingField:
    return SettingField(name, name.replace("_", " ").capitalize())


def words_of(method: Method, typed: Mapping[str, str]) -> dict[str, str]:
    """Return the settings as words: what was typed into the fields of this method, without those left empty."""
    known = {field.name for field in fields_of(method)}
    found = {name: text.strip() for name, text in typed.items() if name in known and text.strip()}
    if found.get("threshold") == "1/2":
        found["threshold"] = ">1/2"  # no form means "at least half"
    return found
