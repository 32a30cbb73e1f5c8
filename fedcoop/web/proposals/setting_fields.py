"""The settings of a vote as fields of a form: label, hint and choices in plain words, for every name of governance.md.

Here stand the fields; which of them a form has, and what was typed into them, is `setting_forms`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

Choices = Sequence[tuple[str, str]]
USUAL = "the usual for this way"


@dataclass(frozen=True, slots=True)
class SettingField:
    """One field: a list where `choices` are given, else a line of text. `group` says where in the form it stands.

    `kind` is `names` for several to tick, `shares` for a share of each class, `time` for a day and time; `of` says what
    of the register the choices of those are: `classes`, `voting` (classes with a vote) or `groups`.
    """

    name: str
    label: str
    hint: str = ""
    choices: Choices = ()
    group: str = "rule"
    number: bool = False
    kind: str = ""
    of: str = ""


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
FIELDS: Sequence[SettingField] = (
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
    SettingField("present", "How many are present", "For votes of a meeting.", group="more", number=True),
    SettingField(
        "approval_quorum",
        "In favour, at least",
        "Of all members, such as 1/4; those who stay away cannot defeat it.",
        group="more",
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
    SettingField(
        "quota",
        "A seat takes",
        "",
        (("", USUAL), ("droop", "more than votes ÷ (seats + 1)"), ("hare", "votes ÷ seats")),
        "more",
    ),
    SettingField("exact", "Values of ballots are", "", (("", USUAL), ("on", "exact"), ("off", "cut off")), "more"),
    SettingField("batch_elimination", "All who cannot win go out together", "", _on_off("no, as is usual"), "more"),
    SettingField(
        "circles",
        "Where wins go round in a circle",
        "",
        (("", USUAL), ("paths", "the strongest chain of wins decides"), ("runoff", "an instant runoff decides")),
        "more",
    ),
    SettingField(
        "equal_ranks",
        "Equal ranks on paper",
        "",
        (
            ("", USUAL),
            ("cut", "end the ballot"),
            ("skip", "are passed over"),
            ("cut_if_several", "end it if several of them are still in"),
            ("share", "share the ballot"),
        ),
        "more",
    ),
    SettingField(
        "max_skipped_ranks",
        "Ranks left empty on paper, in a row",
        "So many are passed over: 0, as is usual, 1, 2, … or unlimited. One more ends the ballot.",
        group="more",
    ),
    SettingField("budget", "Money to give out", "Such as 1200.00."),
    SettingField("currency", "Currency", "Such as EUR."),
    SettingField("skip", "What is too dear is passed over", "", _on_off("yes, as is usual")),
    SettingField("min_score", "Support that a project needs", "", number=True),
    SettingField("target", "How many are wanted", "Told once so many accept.", number=True),
    SettingField("capacity", "How many places there are", "More join a waiting list.", number=True),
    SettingField("required", "Who must be able to come", "Short names, with commas."),
    SettingField("advisers", "Who is asked", "Short names, with commas; you decide when each of them has answered."),
    SettingField("experts", "Who knows about it", "Short names, with commas."),
    SettingField("affected", "Whom it affects", "Short names, with commas."),
    SettingField("min_time", "Time for advice, at least", "Such as 3d."),
    SettingField("adviser_deadline", "Who was asked answers within", "Such as 5d."),
    SettingField("confirm_after", "Confirmed by a second vote after", "Such as 14d; empty is none.", group="more"),
    SettingField(
        "require",
        "Further conditions",
        "All of them must hold. With commas, such as: for >= 1/2 of eligible, abstain <= 30% of cast.",
        group="more",
    ),
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
    SettingField("reason_max", "Length of a reason, at most", "In characters, up to 5000.", (), "more", number=True),
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
        (
            ("", USUAL),
            ("1d", "a second vote a day later"),
            ("on", "a second vote a week later"),
            ("14d", "a second vote two weeks later"),
            ("off", "it ends"),
        ),
        "more",
    ),
    SettingField(
        "second_call_quorum",
        "Taking part in the second vote, at least",
        "Of all members; 0 is nobody in particular.",
        (),
        "more",
    ),
    SettingField("second_call_lasts", "The second vote lasts", "Such as 3d; usually 7d.", (), "more"),
    SettingField("max_extensions", "How often it can be made longer", "", (), "more", number=True),
    SettingField(
        "scrutineers",
        "Who makes a lot together",
        "Short names of two or more, with commas. Their numbers decide a tie; without them a hash does.",
        (),
        "more",
    ),
    SettingField("classes", "Only these classes vote", "None ticked is all.", (), "who", kind="names", of="voting"),
    SettingField(
        "guests",
        "Guests",
        "They answer too; it shows apart and never counts.",
        (),
        "who",
        kind="names",
        of="classes",
    ),
    SettingField("groups", "Only these groups vote", "None ticked is all.", (), "who", kind="names", of="groups"),
    SettingField("members", "Only these members vote", "Short names, with commas; empty is all.", (), "who"),
    SettingField("min_days", "Members since, at least", "In days before the vote opens.", (), "who", number=True),
    SettingField("good_standing", "Only without overdue dues", "", _on_off("no, as is usual"), "who"),
    SettingField(
        "statuses",
        "Members on trial",
        "",
        (("", "do not vote, as is usual"), ("full, leaving, probation", "vote too")),
        "who",
    ),
    SettingField(
        "record_date",
        "Members as they were on",
        "Empty is the opening.",
        (),
        "who",
        kind="time",
    ),
    SettingField("live_electorate", "Who joins later votes too", "", _on_off("no, as is usual"), "who"),
    SettingField(
        "delegation",
        "Members can pass on their vote",
        "",
        (
            ("", USUAL),
            ("none", "no"),
            ("proxy", "to one person, for this vote"),
            ("liquid", "to people one trusts, and on"),
        ),
        "pass",
    ),
    SettingField(
        "delegation_cap",
        "In one hand, at most",
        "Of a proxy: members spoken for, usually 2. Passed on: votes with one’s own, usually a tenth of all.",
        (),
        "pass",
        number=True,
    ),
    SettingField("delegation_counts_for_quorum", "Who is spoken for takes part", "", _on_off(USUAL), "pass"),
    SettingField(
        "proxy_naming",
        "A proxy is named",
        "",
        (("", "before the vote opens, as is usual"), ("first_ballot", "until the proxy votes")),
        "pass",
    ),
    SettingField(
        "colleges",
        "Classes counted apart",
        "The share of each in the result, such as 60%. Together 100%; all empty counts everybody together.",
        (),
        "class",
        kind="shares",
        of="voting",
    ),
    SettingField(
        "absent_class",
        "A class in which nobody was for or against",
        "",
        (("", "is left out, as is usual"), ("counts_against", "counts against")),
        "class",
    ),
    SettingField(
        "class_quorum",
        "Taking part in each class, at least",
        "Such as 1/2; empty asks for nobody in particular.",
        (),
        "class",
        kind="shares",
        of="voting",
    ),
    SettingField(
        "class_veto", "Carried in these classes too", "Each has a veto.", (), "class", kind="names", of="voting"
    ),
)
ELSEWHERE = frozenset({"zone", "completion", "fill", "withdrawn"})
"""Settings that have no field: they are set by the command line, or by what happens."""
BY_NAME: Mapping[str, SettingField] = {field.name: field for field in FIELDS}
SHARED = tuple(field for field in FIELDS if field.group != "rule" or field.name in ("quorum", "visibility"))
"""Fields of every method, but for those that `setting_forms` takes out."""
