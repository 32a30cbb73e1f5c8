"""Which fields of settings a form has, what was typed into them, and what they show again.

The fields follow from the method (what it reads, what it alone knows, what all share) and from the register: with one
class of members nobody is asked about classes. A field that is left empty leaves what is usual for the way.
"""

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

from fedcoop.governance.delegation.delegation_rule import DELEGABLE
from fedcoop.governance.motions.lifecycle import COMBINING
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.registry import METHODS
from fedcoop.governance.ranked.rankers import RankedMethod
from fedcoop.governance.rolls.weight_rules import BY_CLASSES, BY_COLLEGES
from fedcoop.kernel.clock import parse_rfc3339, rfc3339
from fedcoop.queries.members.choosable import Choosable
from fedcoop.web.frame.forms import Form, local_instant
from fedcoop.web.frame.rendering import input_time
from fedcoop.web.proposals.setting_fields import BY_NAME, ELSEWHERE, FIELDS, SHARED, SettingField

WITHOUT_QUORUM = frozenset(key for key, method in METHODS.items() if not method.has_quorum)
"""Methods that gather words or answers: nobody is too few, nothing is tied, nothing is called again."""
_OF_DECISIONS = ("quorum", "second_call", "second_call_quorum", "second_call_lasts", "scrutineers")
_OF_SOME = frozenset(
    {
        *("present", "approval_quorum", "confirm_after"),
        *("quota", "exact", "batch_elimination", "circles", "equal_ranks", "max_skipped_ranks"),
    }
)
"""Fields that stand apart from the rule, and belong to the methods that read them only."""


def fields_of(method: Method, register: Choosable | None = None) -> tuple[SettingField, ...]:
    """Return the fields for a vote by this method, in the order in which they stand in the form.

    Without a register all that any co-op could need; with one, those about classes and groups have its choices.
    """
    own = {*method.extra_keys(), *_reads(method)} - ELSEWHERE
    unknown = [_plain(name) for name in sorted(own - set(BY_NAME))]
    wanted = own | {field.name for field in SHARED} - _OF_SOME - _senseless(method)
    found = (_fitting(field, method) for field in FIELDS if field.name in wanted)
    if register is not None:
        found = (_chosen(field, register) for field in found if not _is_idle(field, register))
    return (*found, *unknown)


def _fitting(field: SettingField, method: Method) -> SettingField:
    """Return the field with what the method can do with equal ranks."""
    if field.name != "equal_ranks" or not isinstance(method, RankedMethod):
        return field
    return replace(field, choices=tuple(item for item in field.choices if item[0] in ("", *method.equals)))


def _reads(method: Method) -> set[str]:
    """Return what it reads of threshold and base, each under its first name only."""
    found: dict[str, str] = {}
    for word, setting in method.reads().items():
        found.setdefault(setting, word)
    return set(found.values())


def _senseless(method: Method) -> set[str]:
    """Return the shared fields that votes by this method would refuse."""
    rules = {
        "option_order": method.own_options,
        "require": method.key in COMBINING,
        "colleges": method.key in BY_COLLEGES,
        "absent_class": method.key in BY_COLLEGES,
        "class_quorum": method.key in BY_CLASSES,
        "class_veto": method.key in BY_CLASSES,
        "live_electorate": not method.binding,
        **dict.fromkeys(_OF_DECISIONS, method.key not in WITHOUT_QUORUM),
        **{field.name: method.key in DELEGABLE for field in SHARED if field.group == "pass"},
    }
    return {name for name, has_sense in rules.items() if not has_sense}


def _is_idle(field: SettingField, register: Choosable) -> bool:
    if field.of == "groups":
        return not register.groups
    return (bool(field.of) or field.group == "class") and len(register.classes) < 2


def _chosen(field: SettingField, register: Choosable) -> SettingField:
    choices = {"classes": register.classes, "voting": register.voting, "groups": register.groups}
    return replace(field, choices=choices[field.of]) if field.of else field


def _plain(name: str) -> SettingField:
    return SettingField(name, name.replace("_", " ").capitalize())


# --- what was typed ---------------------------------------------------------------------------------------------


def typed_in(form: Form, field: SettingField) -> str:
    """Return the words that were typed into this field, ticks and shares joined by commas."""
    if field.kind == "names":
        return ", ".join(form.all(field.name))
    if field.kind != "shares" or not field.choices:
        return form.text(field.name)
    shares = [(key, form.text(f"{field.name}:{key}").replace(",", ".")) for key, _ in field.choices]
    return ", ".join(f"{key}={share}" for key, share in shares if share)


def was_sent(form: Form, field: SettingField) -> bool:
    """Return whether the field was in the form that was sent; of ticks nothing is sent where none is set."""
    return form.has(field.name) or bool(typed_in(form, field))


def words_of(method: Method, typed: Mapping[str, str]) -> dict[str, str]:
    """Return the settings as words: what was typed into the fields of this method, without those left empty."""
    known = {field.name for field in fields_of(method)}
    found = {name: text.strip() for name, text in typed.items() if name in known and text.strip()}
    if found.get("threshold") == "1/2":
        found["threshold"] = ">1/2"  # no form means "at least half"
    return found


def with_instants(form: Form, words: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """Return the words with local times as settings have them; a time that cannot be read is noted in the form."""
    found = dict(words)
    for name in _times(words):
        at = form.take(name, lambda text: local_instant(text, zone)) if form.text(name) else None
        found |= {name: rfc3339(at)} if at is not None else {}
    return found


def _times(words: Mapping[str, str]) -> list[str]:
    return [name for name, text in words.items() if text and name in BY_NAME and BY_NAME[name].kind == "time"]


# --- what is shown ----------------------------------------------------------------------------------------------


def shown_times(words: Mapping[str, str], zone: ZoneInfo) -> dict[str, str]:
    """Return the times among stored words as their fields show them."""
    return {name: input_time(parse_rfc3339(words[name]), zone) for name in _times(words)}


def ticked(text: str) -> tuple[str, ...]:
    """Return what is ticked in a field of names."""
    return tuple(name.strip() for name in text.split(",") if name.strip())


def share_in(text: str, name: str) -> str:
    """Return what was typed for `name` in `workers=40%, users=60%`, however odd."""
    pairs = (item.partition("=") for item in text.split(","))
    return next((share.strip() for key, _, share in pairs if key.strip() == name), "")
