"""How `fedcoop count` shows what it found: JSON as interface.md 2 has it, and a table of rounds for people."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from fedcoop.cli.output import table
from fedcoop.governance.ballot_files.file_counts import FileCount
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.tallies import Round, Tie

_EXACT = (0, 5, 9, 12, 30)


def decimal(value: Fraction) -> str:
    """Return the number as a decimal: exactly where thirty places or fewer say it, else with twelve."""
    digits = next((n for n in _EXACT if (value * 10**n).denominator == 1), 12)
    whole, rest = divmod(round(abs(value) * 10**digits), 10**digits)
    text = f"{whole}.{rest:0{digits}d}".rstrip("0").rstrip(".") if digits else str(whole)
    return f"-{text}" if value < 0 else text


class Decimals:
    """Writes numbers as decimals, each object once: most totals of a round are those of the round before."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Fraction, str]] = {}

    def __call__(self, value: Fraction) -> str:
        """Return the number as a decimal."""
        known = self._known.get(id(value))
        if known is None:
            known = self._known[id(value)] = (value, decimal(value))
        return known[1]


def labels_of(options: Sequence[Option]) -> dict[str, str]:
    """Return a name for each key that no other has: equal names get their keys added."""
    often, found, used = Counter(option.name for option in options), dict[str, str](), set[str]()
    for option in options:
        label = option.name
        while often[label] > (label == option.name) or label in used:
            label = f"{label} ({option.key})"
        found[option.key] = label
        used.add(label)
    return found


def plain(found: FileCount) -> dict[str, Any]:
    """Return what was counted as JSON values."""
    names, count, text = labels_of(found.file.options), found.count, Decimals()
    value: dict[str, Any] = {
        "title": found.file.title,
        "method": found.method,
        "settings": settings_plain(found.settings),
        "seats": found.settings.extra.get("seats", 1),
        "elected": _named(_elected(found), names),
        "ranking": [_named(group, names) for group in count.ranking],
        "rounds": [round_plain(item, names, text) for item in count.rounds],
        "ties": [tie_plain(tie, names) for tie in count.ties],
        "seed": found.seed,
    }
    if _is_by_totals(found):
        outcome = found.outcome
        value["counts"] = {names[key]: number for key, number in found.tally.counts.items()}
        value["ballots"], value["eligible"] = found.tally.voted, found.tally.eligible
        value["outcome"] = {"code": outcome.code.value, "reasons": [item.work for item in outcome.requirements]}
    for fact in ("quota", "valid", "blank"):
        if fact in count.facts:
            value[fact] = count.facts[fact]
    for fact in ("pairs", "paths"):
        if fact in count.facts:
            value[fact] = {names[x]: {names[y]: n for y, n in row.items()} for x, row in count.facts[fact].items()}
    if "points" in count.facts:
        value["points"] = {names[key]: number for key, number in count.facts["points"].items()}
    if "victories" in count.facts:
        value["victories"] = [_victory(item, names) for item in count.facts["victories"]]
    return value


def _is_by_totals(found: FileCount) -> bool:
    """Return whether totals and an outcome tell the result, not rounds or pairs of rankings."""
    return METHODS[found.method].form != "ranking"


def _elected(found: FileCount) -> Sequence[str]:
    return found.outcome.winners if _is_by_totals(found) else found.count.elected


def settings_plain(settings: Settings) -> dict[str, int | str | bool]:
    """Return the settings of the method, the threshold as it is typed."""
    if settings.threshold is None:
        return dict(settings.extra)
    sign = ">" if settings.threshold.strict else ""
    return {**settings.extra, "threshold": f"{sign}{settings.threshold.share}"}


def _named(keys: Iterable[str], names: Mapping[str, str]) -> list[str]:
    return [names.get(key, key) for key in keys]


def round_plain(item: Round, names: Mapping[str, str], text: Callable[[Fraction], str] = decimal) -> dict[str, Any]:
    """Return one round as JSON values; `text` writes its numbers."""
    value: dict[str, Any] = {
        "kind": item.kind,
        "of": _named(item.of, names),
        "totals": {names[key]: text(number) for key, number in item.totals.items()},
        "exhausted": text(item.exhausted),
        "lost": text(item.lost),
        "elected": _named(item.elected, names),
        "excluded": _named(item.excluded, names),
        "ties": [tie_plain(tie, names) for tie in item.ties],
    }
    return {**value, "quota": item.facts["quota"]} if "quota" in item.facts else value


def tie_plain(tie: Tie, names: Mapping[str, str]) -> dict[str, Any]:
    """Return one tie as JSON values."""
    return {"among": _named(tie.among, names), "order": _named(tie.order, names), "rung": tie.rung, "about": tie.about}


def _victory(item: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    named = {**item, "winner": names[item["winner"]], "loser": names[item["loser"]]}
    return {**named, "circle": _named(item["circle"], names)} if "circle" in item else named


def told(found: FileCount) -> str:
    """Return what was counted for people."""
    names, count = labels_of(found.file.options), found.count
    facts = [
        ("title", found.file.title or "none"),
        ("method", found.method),
        *((name, str(value)) for name, value in settings_plain(found.settings).items() if value not in ("", 0)),
        *((name, str(count.facts[name])) for name in ("valid", "blank", "quota") if name in count.facts),
    ]
    blocks = [table(facts)]
    if count.rounds:
        blocks.append(_stages(found, names))
    if "pairs" in count.facts:
        blocks.append(_matrix(count.facts["pairs"], names))
    if "points" in count.facts:
        blocks.append(table([(names[key], n) for key, n in sorted(count.facts["points"].items(), key=lambda i: -i[1])]))
    if _is_by_totals(found):
        blocks.append(table([(names[key], number) for key, number in found.tally.counts.items()]))
        blocks.append("\n".join([found.outcome.code.value, *(item.work for item in found.outcome.requirements)]))
    if count.ranking:
        blocks.append("order: " + " > ".join(" = ".join(_named(group, names)) for group in count.ranking))
    blocks += [tie_told(tie, names) for tie in count.ties]
    blocks.append("elected: " + (", ".join(_named(_elected(found), names)) or "nobody"))
    return "\n\n".join(blocks)


def _stages(found: FileCount, names: Mapping[str, str]) -> str:
    rounds, text = found.count.rounds, Decimals()
    rows: list[list[str]] = [["", *(_heading(n, item) for n, item in enumerate(rounds, start=1))]]
    rows.append(["", *(", ".join(_named(item.of, names)) for item in rounds)])
    rows += [[names[key], *(text(item.totals[key]) + _mark(key, item) for item in rounds)] for key in _rows(found)]
    if any("quota" in item.facts for item in rounds):
        rows.append(["quota", *(str(item.facts.get("quota", "")) for item in rounds)])
    rows.append(["exhausted", *(text(item.exhausted) for item in rounds)])
    if any(item.lost for item in rounds):
        rows.append(["lost", *(text(item.lost) for item in rounds)])
    return table(rows) + "\n* elected, - excluded on the figures of the round"


def _rows(found: FileCount) -> list[str]:
    first = found.count.rounds[0].totals
    return [option.key for option in found.file.options if option.key in first]


def _heading(number: int, item: Round) -> str:
    return f"{number} {item.kind}"


def _mark(key: str, item: Round) -> str:
    return "*" if key in item.elected else "-" if key in item.excluded else ""


def _matrix(pairs: Mapping[str, Mapping[str, int]], names: Mapping[str, str]) -> str:
    head = ["row above column", *(names[key] for key in pairs)]
    return table([[names[x], *(row.get(y, "-") for y in pairs)] for x, row in pairs.items()], head)


def tie_told(tie: Tie, names: Mapping[str, str]) -> str:
    """Return one tie in words."""
    order = ", ".join(_named(tie.order, names))
    return f"tie ({tie.about}): {', '.join(_named(tie.among, names))}; by {tie.rung}: {order}"
