"""Counting a ballot file by one of our methods: the same road as a motion's ballots take (interface.md 2, governance.md 5.3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from fedcoop.governance.ballot_files.ballot_file import BallotFile, rule_of, rule_of_file
from fedcoop.governance.ballot_files.file_shapes import check_ballots, check_kind, fitted
from fedcoop.governance.counting.tallying import Ballots, tally_motion
from fedcoop.governance.motions.choices import Shape
from fedcoop.governance.motions.lot_order import Lot
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import Option, Settings
from fedcoop.governance.motions.outcomes import Outcome
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.motions.setting_words import names_of
from fedcoop.governance.motions.settings import settings_of
from fedcoop.governance.motions.tallies import Count, Tally
from fedcoop.governance.ranked.comparing import Comparison
from fedcoop.kernel.errors import Refused

MOST_COMPARED = 400
_SPARE = (Option("\n1", "1", cost=1), Option("\n2", "2", cost=1))
"""Options that no file has, with which a vote on one alone, or on none that stands, passes for a vote."""
_NAMES_OPTIONS = ("ron", "withdrawn", "status_quo", "none")


@dataclass(frozen=True, slots=True)
class FileCount:
    """A counted file: by which method and settings, with which seed (hex) for lots, and what the tally means."""

    file: BallotFile
    method: str
    settings: Settings
    seed: str
    tally: Tally
    outcome: Outcome

    @property
    def count(self) -> Count:
        """The method's count."""
        return self.tally.count or Count()


def count_file(file: BallotFile, *, rule: str = "", words: Mapping[str, str] | None = None) -> FileCount:
    """Return the count of the file by `rule`, a method key or preset; without one by that of the file.

    `words` are settings as typed, which go before those of the rule and of the file; `seed` among them is the seed of
    lots, without it the file's own digest. Options may be given by key or name. Raises Refused (`count-rule`,
    `count-seed`, `count-ballots`, `count-size`, `ballot-file`) or MotionRefused with the name of a setting.
    """
    key, preset = rule_of(rule) if rule else rule_of_file(file)
    method, typed = METHODS[key], dict(words or {})
    seed = typed.pop("seed", "") or file.digest
    check_kind(file, method, METHODS.values())
    if isinstance(method, Comparison) and len(file.options) > MOST_COMPARED:
        raise Refused("count-size", f"{method.title} compares {MOST_COMPARED} options at most, each with each.")
    if "seats" not in _known(method) and typed.get("seats") == "1":
        del typed["seats"]
    given, file = file, fitted(file, method)
    brought = {name: text for name, text in file.words.items() if name in _known(method)}
    if (rule or file.rule).strip().lower() == "greedy-threshold":
        brought["min_score"] = file.words.get("threshold_score", "0")
    own = {name: text for name, text in file.typed.items() if not rule or name in _known(method)}
    settings = _settings(method, file.options, {**brought, **preset, **_by_key({**own, **typed}, file.options)})
    check_ballots(file, method, settings, given)
    rule_ = Ballots(key, file.options, settings, Lot(_seed(seed)))
    number = file.eligible or sum(pile.number for pile in file.piles)
    tally = tally_motion(rule_, file.piles, {"": number})
    return FileCount(file, key, settings, seed, tally, method.decide(tally, file.options, settings))


def _known(method: Method) -> set[str]:
    return {*method.extra_keys(), *method.reads()}


def _seed(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise Refused("count-seed", "The seed of the lots is written in hex digits, two for each byte.") from error


def _by_key(words: Mapping[str, str], options: Sequence[Option]) -> dict[str, str]:
    """Return the settings with options by their keys where they were named by name."""
    keys, names = {option.key for option in options}, {option.name: option.key for option in options}

    def key(text: str) -> str:
        return text if text in keys else names.get(text, text)

    found = dict(words)
    for name in _NAMES_OPTIONS:
        if name in found:
            found[name] = key(found[name]) if found[name] in names else ",".join(map(key, names_of(found[name])))
    return found


def _settings(method: Method, options: Sequence[Option], words: Mapping[str, str]) -> Settings:
    """Return the settings, looked at as those of a motion; only that a file may have fewer options, or more seats."""
    settings = settings_of(method, words, grace=timedelta())
    seats = settings.extra.get("seats", 1)
    one_seat = method.shape is Shape.RANKING and isinstance(seats, int) and seats > 0
    looked_at = replace(settings, extra={**settings.extra, "seats": 1}) if one_seat else settings
    method.validate((*options, *_SPARE) if method.own_options else options, looked_at)
    return settings
