"""A ballot file as its reader gives it, and which rule name stands for which of our methods.

Source: interface.md 2 (`fedcoop count`), governance.md 7.11. Readers are `blt`, `ballot_json` and `pabulib`; `ballot_reading`
chooses among them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any
from unicodedata import category

from fedcoop.governance.motions.motion import Option
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Pile
from fedcoop.kernel.errors import Refused

MOST_OPTIONS = 2000
"""Candidates or seats of a ranked file."""
_UNSHOWN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_TURNS = frozenset("\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Marks that turn the direction of reading, and could make one name look like another."""


@dataclass(frozen=True, slots=True)
class BallotFile:
    """Options and ballots of one file. `rule` is the rule it names, "" for none; `words` are settings by `--set` names.

    `kind` is the kind of election that it names besides, such as `stv`; where it names no rule, that says what is usual.
    Every key in `piles` is that of an option. In a ranking a nested tuple is an equal rank and an empty one a skipped
    rank. `digest` is the hex SHA-256 of the file's bytes.

    `form` says what ballots are: `ranking`, `projects`, `ticks`, `numbers` by option, `keys` of a resolution, a `table` of
    numbers, or `lists` that the method makes ticks or rankings of. `lines` has the first line of each choice where a method
    may refuse it, `typed` settings that the file lays over those of its rule, `eligible` how many could have voted.
    """

    title: str
    rule: str
    options: tuple[Option, ...]
    piles: tuple[Pile, ...]
    words: Mapping[str, str] = field(default_factory=dict)
    digest: str = ""
    kind: str = ""
    form: str = "ranking"
    lines: Mapping[Any, int] = field(default_factory=dict)
    typed: Mapping[str, str] = field(default_factory=dict)
    eligible: int | None = None


USUAL = "stv_scottish"
"""The method for a file of rankings that names none, as BLT files do not."""
Rule = tuple[str, Mapping[str, str]]

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "scottish-stv": ("stv_scottish", {"decimals": "5"}),
        "minneapolis-stv": (
            "stv_scottish",
            {"decimals": "4", "batch_elimination": "on", "equal_ranks": "skip", "max_skipped_ranks": "unlimited"},
        ),
        "wigm": ("stv_scottish", {"exact": "on"}),
        "meek": ("stv_meek", {}),
        "irv": ("runoff", {}),
        "borda": ("points", {}),
        "schulze": ("schulze", {}),
        "schulze-debian": ("schulze", {}),
        "ranked-pairs": ("ranked_pairs", {}),
        "condorcet-irv": ("schulze", {"circles": "runoff"}),
        "greedy": ("greedy", {}),
        "greedy-no-skip": ("greedy", {"skip": "off"}),
        "greedy-threshold": ("greedy", {}),
        "equalshares": ("equal_shares", {"completion": "none", "fill": "none"}),
        "equalshares/add1/greedy": ("equal_shares", {"completion": "add1", "fill": "greedy"}),
        "equalshares/add1": ("equal_shares", {"completion": "add1", "fill": "none"}),
    }
)
"""Rule names of ballot files, with the method and the settings that they stand for."""

KINDS: Mapping[str, Sequence[str]] = MappingProxyType(
    {
        "stv": ("scottish-stv", "stv_meek"),
        "irv": ("irv",),
        "condorcet": ("schulze", "ranked_pairs"),
    }
)
"""Kinds of elections, with the rules of each; the first is the usual one."""


def rule_of(name: str) -> Rule:
    """Return method and settings of a rule name or method key. Raises Refused (`count-rule`) for another."""
    wanted = name.strip().lower()
    method, words = RULES.get(wanted, (wanted, {}))
    if method not in METHODS:
        known = ", ".join(sorted({*METHODS, *(rule for rule, (key, _) in RULES.items() if key in METHODS)}))
        raise Refused("count-rule", f"There is no rule with the name {name[:60]}; known are: {known}.")
    return method, words


def rule_of_file(file: BallotFile) -> Rule:
    """Return method and settings of the rule that the file names, or the usual one where it needs none.

    Raises Refused (`count-rule`) where the rule is unknown here, where rule and kind contradict each other, or where a
    budget names none: then somebody has to choose.
    """
    budget = file.form == "projects"
    kind, wanted = file.kind.strip().lower(), file.rule.strip().lower()
    if not (wanted or kind) and file.form in _USUAL_OF:
        return rule_of(_USUAL_OF[file.form])
    usual = KINDS.get(kind, (kind,))
    named = wanted or usual[0]
    method = _method(named)
    if method in METHODS and (not wanted or not kind or method in map(_method, usual)):
        return rule_of(named)
    form = "projects" if budget else "ranking"
    fitting = ", ".join(rule for rule, (key, _) in RULES.items() if METHODS[key].form == form)
    if file.form in ("table", "numbers"):
        fitting = "score, dots" if file.form == "numbers" else f"approval, score, dots, resolution, {fitting}"
    raise Refused("count-rule", f"{_told(file, known=method in METHODS)}. Choose one with --method: {fitting}.")


_USUAL_OF = {"ranking": USUAL, "lists": USUAL, "keys": "resolution"}
"""The method for a file of this form that names none."""


def _method(rule: str) -> str:
    return RULES.get(rule, (rule, {}))[0]


def _told(file: BallotFile, *, known: bool) -> str:
    """Return what is wrong with the rule that a file names."""
    named = file.rule.strip() or file.kind.strip()
    if not named:
        return "The file names no rule"
    if not known:
        return f"The file names the rule {clean(named)[:60]}, which is not known here"
    return (
        f"The file is of the kind {clean(file.kind)[:60]} and names the rule {clean(named)[:60]}, which is of another"
    )


def tidy(options: Sequence[str], first: int) -> tuple[Option, ...]:
    """Return options with these names and their numbers as keys, from `first`; a nameless one is called by its number."""
    return tuple(Option(str(n), clean(name) or f"Candidate {n}") for n, name in enumerate(options, start=first))


def clean(text: str) -> str:
    """Return the text on one line, without what cannot be shown: a terminal would obey some of it."""
    return " ".join("".join(" " if _is_unshown(letter) else letter for letter in text).split())


def is_shown(text: str) -> bool:
    """Return whether all of the text can be shown as it is."""
    return not any(map(_is_unshown, text))


def _is_unshown(letter: str) -> bool:
    return category(letter) in _UNSHOWN or letter in _TURNS


def broken(message: str) -> Refused:
    """Return the refusal of a file that cannot be read (`ballot-file`); what it quotes of the file is made fit to show."""
    return Refused("ballot-file", clean(message))
