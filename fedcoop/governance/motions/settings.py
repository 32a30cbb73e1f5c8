"""Settings of a motion from words and to JSON: the names of governance.md, as `--set`, forms and recount files use them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from fedcoop.governance.delegation.delegation_rule import (
    DelegationMode,
    ProxyNaming,
    delegation_of,
    delegation_to_json,
    topic_of,
)
from fedcoop.governance.members.electorate import electorate_of, electorate_to_json
from fedcoop.governance.members.member import VOTING, MemberStatus
from fedcoop.governance.members.weighting import exact_of, weighting_of, weighting_to_json
from fedcoop.governance.motions import setting_words as words
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import (
    Change,
    EarlyClose,
    OptionOrder,
    Quorum,
    Reasons,
    SecondCall,
    Settings,
    Threshold,
    Visibility,
)
from fedcoop.governance.motions.presets import PRESETS
from fedcoop.governance.motions.requirements import demand_of, demand_to_json
from fedcoop.kernel.clock import parse_rfc3339
from fedcoop.kernel.errors import MotionRefused

MAX_GRACE = timedelta(seconds=240)
_OF_METHODS = frozenset({"threshold", "base", "approval_quorum"})


def settings_of(method: Method, pairs: Mapping[str, str], *, grace: timedelta) -> Settings:
    """Return the method's default settings with `pairs` laid over them; `grace` is the instance's default.

    Raises MotionRefused with the name of the setting as its code and a sentence that says what to write instead.
    """
    return settings_over(method, replace(method.defaults(), grace=grace, preset=pairs.get("preset", "").strip()), pairs)


def settings_over(method: Method, settings: Settings, pairs: Mapping[str, str]) -> Settings:
    """Return the settings with `pairs` laid over them, for a vote that is called again. Raises MotionRefused."""
    extra, known, readers = dict(settings.extra), method.extra_keys(), _readers(method)
    currency = pairs.get("currency", str(extra.get("currency", ""))).strip()
    for name, text in _with_preset(method, pairs).items():
        if name in known:
            extra[name] = _extra(name, text.strip(), known[name], currency)
        elif name in readers:
            settings = readers[name](settings, text.strip())
        else:
            allowed = ", ".join(sorted({*readers, *known, "preset"}))
            raise MotionRefused(name, f"{name} is no setting of this method; known are: {allowed}.")
    return replace(settings, extra=extra)


def _extra(name: str, text: str, kind: type, currency: str) -> int | str | bool:
    """Return the value of a method's own setting; shares are kept as `1/2`, money in minor units of the currency."""
    if kind is words.MinorUnits:
        return words.amount_of(name, text, currency)
    if kind is Fraction:
        return _ratio(words.share_of(name, text))
    if kind is bool:
        return words.switch_of(name, text)
    return words.whole_of(name, text) if kind is int else text


def _readers(method: Method) -> dict[str, Callable[[Settings, str], Settings]]:
    """Return the readers of the settings that the method knows, by the names it has for them."""
    shared = {name: reader for name, reader in _READERS.items() if name not in _OF_METHODS}
    return shared | {word: _READERS[name] for word, name in method.reads().items()}


def _with_preset(method: Method, pairs: Mapping[str, str]) -> Mapping[str, str]:
    """Return the words with those of their preset before them; presets are rules of resolutions (governance.md 6)."""
    if "preset" not in pairs:
        return pairs
    preset, given = pairs["preset"].strip(), {name: text for name, text in pairs.items() if name != "preset"}
    if preset not in PRESETS or "base" not in method.reads():
        raise MotionRefused("preset", f"preset is for resolutions, and is one of: {', '.join(PRESETS)}.")
    return {**PRESETS[preset].words, **given}


# --- one reader for each name -----------------------------------------------------------------------------------


def _grace(settings: Settings, text: str) -> Settings:
    grace = words.duration_of("grace", text)
    if grace > MAX_GRACE:
        raise MotionRefused("grace", "grace is at most 240s.")
    return replace(settings, grace=grace)


def _secrecy(settings: Settings, text: str) -> Settings:
    if text != "open":
        raise MotionRefused("secrecy", "This version counts open ballots only.")
    return replace(settings, secrecy=text)


def _reasons(settings: Settings, text: str) -> Settings:
    if text.startswith("required_for"):
        options = tuple(item.strip() for item in text.partition(":")[2].split(",") if item.strip())
        if not options and not settings.reasons_for:
            raise MotionRefused("reasons", "Name the choices that need a reason: required_for:against.")
        return replace(settings, reasons=Reasons.REQUIRED_FOR, reasons_for=options or settings.reasons_for)
    return replace(settings, reasons=words.one_of(Reasons, "reasons", text))


def _reason_max(settings: Settings, text: str) -> Settings:
    length = words.whole_of("reason_max", text)
    if not 1 <= length <= 5000:
        raise MotionRefused("reason_max", "reason_max lies between 1 and 5000.")
    return replace(settings, reason_max=length)


def _second_call(settings: Settings, text: str) -> Settings:
    if text in ("", "off", "none"):
        return replace(settings, second_call=None)
    call = settings.second_call or SecondCall()
    after = call.after if text == "on" else words.duration_of("second_call", text)
    return replace(settings, second_call=replace(call, after=after))


def _second_quorum(settings: Settings, text: str) -> Settings:
    quorum = words.quorum_of(text, "second_call_quorum")
    return replace(settings, second_call=replace(settings.second_call or SecondCall(), quorum=quorum))


def _second_lasts(settings: Settings, text: str) -> Settings:
    lasts = words.duration_of("second_call_lasts", text)
    return replace(settings, second_call=replace(settings.second_call or SecondCall(), lasts=lasts))


def _electorate(name: str, value: Any) -> Callable[[Settings], Settings]:
    return lambda settings: replace(settings, electorate=replace(settings.electorate, **{name: value}))


def _listed(name: str) -> Callable[[Settings, str], Settings]:
    """Return the reader of a list of names in the electorate rule."""
    return lambda settings, text: _electorate(name, frozenset(words.names_of(text)))(settings)


def _record_date(settings: Settings, text: str) -> Settings:
    try:
        return _electorate("record_date", parse_rfc3339(text))(settings)
    except ValueError as error:
        raise MotionRefused("record_date", "Write record_date such as 2026-05-01T00:00:00Z.") from error


def _statuses(settings: Settings, text: str) -> Settings:
    named = frozenset(words.one_of(MemberStatus, "statuses", name) for name in words.names_of(text))
    return _electorate("statuses", named or VOTING)(settings)


def _weights(settings: Settings, text: str) -> Settings:
    pairs = {} if text in ("", "none") else words.pairs_of("weights", text)
    weights = {key: words.number_of("weights", value) for key, value in pairs.items()}
    return replace(settings, weighting=replace(settings.weighting, weights=weights))


def _absent_class(settings: Settings, text: str) -> Settings:
    if text not in ("left_out", "counts_against"):
        raise MotionRefused("absent_class", "absent_class is left_out or counts_against.")
    return replace(settings, weighting=replace(settings.weighting, absent_counts_against=text == "counts_against"))


def _weighting(name: str, read: Callable[[str, str], Any], word: str) -> Callable[[Settings, str], Settings]:
    return lambda s, text: replace(s, weighting=replace(s.weighting, **{name: read(word, text)}))


def _delegation(name: str, read: Callable[[str, str], Any], word: str) -> Callable[[Settings, str], Settings]:
    return lambda s, text: replace(s, delegation=replace(s.delegation, **{name: read(word, text)}))


_READERS: Mapping[str, Callable[[Settings, str], Settings]] = {
    "change": lambda s, text: replace(s, change=words.one_of(Change, "change", text)),
    "visibility": lambda s, text: replace(s, visibility=words.one_of(Visibility, "visibility", text)),
    "secrecy": _secrecy,
    "early_close": lambda s, text: replace(s, early_close=words.one_of(EarlyClose, "early_close", text)),
    "grace": _grace,
    "reasons": _reasons,
    "reason_max": _reason_max,
    "threshold": lambda s, text: replace(s, threshold=words.threshold_of(text)),
    "base": lambda s, text: replace(s, base=text),
    "quorum": lambda s, text: replace(s, quorum=words.quorum_of(text)),
    "quorum_floor": lambda s, text: replace(s, quorum=replace(s.quorum, floor=words.number_of("quorum_floor", text))),
    "approval_quorum": lambda s, text: replace(s, approval_quorum=words.share_of("approval_quorum", text)),
    "max_extensions": lambda s, text: replace(s, max_extensions=words.number_of("max_extensions", text)),
    "option_order": lambda s, text: replace(s, option_order=words.one_of(OptionOrder, "option_order", text)),
    "require": lambda s, text: replace(s, demands=words.demands_of(text)),
    "second_call": _second_call,
    "scrutineers": lambda s, text: replace(s, scrutineers=words.names_of(text.lower())),
    "second_call_quorum": _second_quorum,
    "second_call_lasts": _second_lasts,
    "classes": _listed("classes"),
    "statuses": _statuses,
    "groups": _listed("groups"),
    "members": _listed("members"),
    "guests": _listed("guests"),
    "min_days": lambda s, text: _electorate("min_days", words.number_of("min_days", text))(s),
    "good_standing": lambda s, text: _electorate("good_standing", words.switch_of("good_standing", text))(s),
    "live_electorate": lambda s, text: _electorate("live", words.switch_of("live_electorate", text))(s),
    "record_date": _record_date,
    "weights": _weights,
    "weight_reference": _weighting("reference", lambda _, text: text, "weight_reference"),
    "colleges": _weighting("colleges", words.shares_of, "colleges"),
    "max_weight": _weighting("max_weight", words.number_of, "max_weight"),
    "ignored_for": _weighting("ignored_for", lambda _, text: words.names_of(text), "ignored_for"),
    "college_rule": _weighting("college_rule", lambda _, text: text, "college_rule"),
    "absent_class": _absent_class,
    "class_quorum": _weighting("class_quorum", words.shares_of, "class_quorum"),
    "class_veto": _weighting("veto", lambda _, text: words.names_of(text), "class_veto"),
    "investors": _weighting("investors", lambda _, text: words.names_of(text), "investors"),
    "investor_cap": _weighting("investor_cap", words.share_of, "investor_cap"),
    "investors_excluded_for": _weighting(
        "investors_excluded_for", lambda _, text: words.names_of(text), "investors_excluded_for"
    ),
    "delegation": _delegation("mode", lambda word, text: words.one_of(DelegationMode, word, text), "delegation"),
    "delegation_cap": _delegation("cap", words.number_of, "delegation_cap"),
    "delegation_counts_for_quorum": _delegation("quorum", words.switch_of, "delegation_counts_for_quorum"),
    "proxy_naming": _delegation("naming", lambda word, text: words.one_of(ProxyNaming, word, text), "proxy_naming"),
    "topic": _delegation("topic", lambda _, text: topic_of(text), "topic"),
}


# --- JSON -------------------------------------------------------------------------------------------------------


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Return the settings as a JSON value of strings, integers and lists: what is hashed, stored and exported.

    Rules that came later are left out where they say what is usual: hashes of votes before them stay what they were.
    """
    value: dict[str, Any] = {
        "change": settings.change.value,
        "visibility": settings.visibility.value,
        "secrecy": settings.secrecy,
        "early_close": settings.early_close.value,
        "grace_s": int(settings.grace.total_seconds()),
        "reasons": settings.reasons.value,
        "reasons_for": list(settings.reasons_for),
        "reason_max": settings.reason_max,
        "base": settings.base,
        "quorum": _quorum_to_json(settings.quorum),
        "binding": settings.binding,
        "max_extensions": settings.max_extensions,
        "extra": dict(settings.extra),
    }
    if settings.threshold is not None:
        value["threshold"] = {"share": _ratio(settings.threshold.share), "strict": settings.threshold.strict}
    if settings.approval_quorum is not None:
        value["approval_quorum"] = _ratio(settings.approval_quorum)
    return value | {name: rule for name, rule in _later_rules(settings).items() if rule}


def _later_rules(settings: Settings) -> dict[str, Any]:
    order, call = settings.option_order, settings.second_call
    return {
        "preset": settings.preset,
        "option_order": "" if order is OptionOrder.FIXED else order.value,
        "demands": [demand_to_json(demand) for demand in settings.demands],
        "electorate": electorate_to_json(settings.electorate),
        "weighting": weighting_to_json(settings.weighting),
        "delegation": delegation_to_json(settings.delegation),
        "second_call": None if call is None else _call_to_json(call),
        "scrutineers": list(settings.scrutineers),
    }


def _call_to_json(call: SecondCall) -> dict[str, Any]:
    after, lasts = int(call.after.total_seconds()), int(call.lasts.total_seconds())
    return {"after_s": after, "lasts_s": lasts, "quorum": _quorum_to_json(call.quorum)}


def settings_from_json(value: Mapping[str, Any]) -> Settings:
    """Return the settings of a JSON value made by `settings_to_json`.

    Raises KeyError, TypeError, ValueError or ArithmeticError for another shape.
    """
    threshold, approval = value.get("threshold"), value.get("approval_quorum")
    call = value.get("second_call")
    return Settings(
        change=Change(value["change"]),
        visibility=Visibility(value["visibility"]),
        secrecy=str(value["secrecy"]),
        early_close=EarlyClose(value["early_close"]),
        grace=timedelta(seconds=int(value["grace_s"])),
        reasons=Reasons(value["reasons"]),
        reasons_for=tuple(value["reasons_for"]),
        reason_max=int(value["reason_max"]),
        threshold=None if threshold is None else Threshold(exact_of(threshold["share"]), bool(threshold["strict"])),
        base=str(value["base"]),
        quorum=_quorum_of(value["quorum"]),
        approval_quorum=None if approval is None else exact_of(approval),
        binding=bool(value["binding"]),
        max_extensions=int(value["max_extensions"]),
        extra=dict(value["extra"]),
        preset=str(value.get("preset", "")),
        option_order=OptionOrder(value.get("option_order", "fixed")),
        demands=tuple(demand_of(item) for item in value.get("demands", ())),
        electorate=electorate_of(value.get("electorate", {})),
        weighting=weighting_of(value.get("weighting", {})),
        delegation=delegation_of(value.get("delegation", {})),
        second_call=None if call is None else _call_of(call),
        scrutineers=tuple(value.get("scrutineers", ())),
    )


def _call_of(value: Mapping[str, Any]) -> SecondCall:
    return SecondCall(
        timedelta(seconds=int(value["after_s"])), timedelta(seconds=int(value["lasts_s"])), _quorum_of(value["quorum"])
    )


def _quorum_to_json(quorum: Quorum) -> dict[str, Any]:
    return {"share": _ratio(quorum.share), "floor": quorum.floor, "floor_up_to_all": quorum.floor_up_to_all}


def _quorum_of(value: Mapping[str, Any]) -> Quorum:
    return Quorum(exact_of(value["share"]), int(value["floor"]), bool(value.get("floor_up_to_all", False)))


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"
