"""Settings of a motion from words and to JSON: the names of governance.md, as `--set`, forms and recount files use them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from typing import Any

from fedcoop.governance.counting import Method
from fedcoop.governance.motions import Change, EarlyClose, Quorum, Reasons, Settings, Threshold, Visibility
from fedcoop.kernel.errors import MotionRefused

MAX_GRACE = timedelta(seconds=240)
_DURATION = re.compile(r"([0-9]{1,6})\s*(s|m|h|d)?")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_FORMULA = re.compile(r"max\(\s*([0-9]{1,6})\s*,\s*([^)]+)\)")
_WHOLE = re.compile(r"-?[0-9]{1,6}")
_DECIMAL = re.compile(r"([0-9]{1,9}(?:[.,][0-9]{1,9})?)\s*(%)?")
_RATIO = re.compile(r"([0-9]{1,9})\s*/\s*([0-9]{1,9})")
_STORED = re.compile(r"[0-9]{1,30}/[0-9]{1,30}")
_OF_METHODS = frozenset({"threshold", "base", "approval_quorum"})
PRESETS: Mapping[str, Mapping[str, str]] = {
    "ordinary": {"threshold": ">1/2", "base": "yes_no", "quorum": "max(5, 1/10)"},
    "special": {"threshold": "3/4", "base": "yes_no", "quorum": "max(5, 1/10)"},
    "rule_change": {"threshold": "3/4", "base": "yes_no", "quorum": "1/2"},
    "recall": {"threshold": ">1/2", "base": "yes_no", "quorum": "1/2"},
    "admission": {"threshold": ">1/2", "base": "yes_no", "quorum": "0"},
}


def settings_of(method: Method, pairs: Mapping[str, str], *, grace: timedelta) -> Settings:
    """Return the method's default settings with `pairs` laid over them; `grace` is the instance's default.

    Raises MotionRefused with the name of the setting as its code and a sentence that says what to write instead.
    """
    settings = replace(method.defaults(), grace=grace)
    extra, known, readers = dict(settings.extra), method.extra_keys(), _readers(method)
    for name, text in _with_preset(method, pairs).items():
        if name in known:
            extra[name] = _whole(name, text) if known[name] is int else text.strip()
        elif name in readers:
            settings = readers[name](settings, text.strip())
        else:
            allowed = ", ".join(sorted({*readers, *known, "preset"}))
            raise MotionRefused(name, f"{name} is no setting of this method; known are: {allowed}.")
    return replace(settings, extra=extra)


def _readers(method: Method) -> dict[str, Callable[[Settings, str], Settings]]:
    """Return the readers of the settings that the method knows, by the names it has for them."""
    shared = {name: reader for name, reader in _READERS.items() if name not in _OF_METHODS}
    return shared | {word: _READERS[name] for word, name in method.reads().items()}


def _with_preset(method: Method, pairs: Mapping[str, str]) -> Mapping[str, str]:
    """Return the words with those of their preset before them; presets are rules of resolutions (governance.md 6)."""
    if "preset" not in pairs:
        return pairs
    preset, words = pairs["preset"].strip(), {name: text for name, text in pairs.items() if name != "preset"}
    if preset not in PRESETS or "base" not in method.reads():
        raise MotionRefused("preset", f"preset is for resolutions, and is one of: {', '.join(PRESETS)}.")
    return {**PRESETS[preset], **words}


def share_of(name: str, text: str) -> Fraction:
    """Return an exact share from `2/3`, `66.67%`, `66,67 %` or `0.5` (governance.md 1). Raises MotionRefused."""
    if ratio := _RATIO.fullmatch(text):
        above, below = int(ratio[1]), int(ratio[2])
    elif decimal := _DECIMAL.fullmatch(text):
        exact = Fraction(decimal[1].replace(",", ".")) / (100 if decimal[2] else 1)
        above, below = exact.numerator, exact.denominator
    else:
        above, below = 0, 0
    if below == 0:
        raise MotionRefused(name, f"Write {name} as a share, such as 1/2, 2/3 or 66.67%.")
    if above > below:
        raise MotionRefused(name, f"{name} lies between 0 and 1.")
    return Fraction(above, below)


def threshold_of(text: str) -> Threshold | None:
    """Return the threshold of `2/3` or `>=2/3` (at least), `>1/2` (more than) or `none`. Raises MotionRefused."""
    if text in ("", "none"):
        return None
    strict = text.startswith(">") and not text.startswith(">=")
    share = share_of("threshold", text.removeprefix(">").removeprefix("=").strip())
    if share == (1 if strict else 0):
        raise MotionRefused("threshold", "A threshold that all or none can reach decides nothing.")
    return Threshold(share=share, strict=strict)


def quorum_of(text: str) -> Quorum:
    """Return the quorum of `10%`, `1/2` or `max(5, 1/10)`. Raises MotionRefused."""
    formula = _FORMULA.fullmatch(text)
    if formula:
        return Quorum(share=share_of("quorum", formula[2].strip()), floor=int(formula[1]))
    if _WHOLE.fullmatch(text) and text not in ("0", "1"):
        raise MotionRefused("quorum", "Write the quorum as a share, such as 10%, or as max(5, 1/10).")
    return Quorum(share=share_of("quorum", text))


def duration_of(name: str, text: str) -> timedelta:
    """Return a duration of `90s`, `5m`, `72h`, `7d`. Raises MotionRefused."""
    match = _DURATION.fullmatch(text)
    if match is None:
        raise MotionRefused(name, f"Write {name} as a duration, such as 120s, 72h or 7d.")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2] or "s"])


def _whole(name: str, text: str) -> int:
    if not _WHOLE.fullmatch(text.strip()):
        raise MotionRefused(name, f"{name} is a whole number.")
    return int(text.strip())


def _count(name: str, text: str) -> int:
    number = _whole(name, text)
    if number < 0:
        raise MotionRefused(name, f"{name} is 0 or more.")
    return number


def _one_of(kind: Any, name: str, text: str) -> Any:
    try:
        return kind(text)
    except ValueError as error:
        raise MotionRefused(name, f"{name} is one of: {', '.join(item.value for item in kind)}.") from error


def _grace(settings: Settings, text: str) -> Settings:
    grace = duration_of("grace", text)
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
    return replace(settings, reasons=_one_of(Reasons, "reasons", text))


def _reason_max(settings: Settings, text: str) -> Settings:
    length = _whole("reason_max", text)
    if not 1 <= length <= 5000:
        raise MotionRefused("reason_max", "reason_max lies between 1 and 5000.")
    return replace(settings, reason_max=length)


def _early_close(settings: Settings, text: str) -> Settings:
    return replace(settings, early_close=_one_of(EarlyClose, "early_close", text))


_READERS: Mapping[str, Callable[[Settings, str], Settings]] = {
    "change": lambda s, text: replace(s, change=_one_of(Change, "change", text)),
    "visibility": lambda s, text: replace(s, visibility=_one_of(Visibility, "visibility", text)),
    "secrecy": _secrecy,
    "early_close": _early_close,
    "grace": _grace,
    "reasons": _reasons,
    "reason_max": _reason_max,
    "threshold": lambda s, text: replace(s, threshold=threshold_of(text)),
    "base": lambda s, text: replace(s, base=text),
    "quorum": lambda s, text: replace(s, quorum=quorum_of(text)),
    "quorum_floor": lambda s, text: replace(s, quorum=replace(s.quorum, floor=_count("quorum_floor", text))),
    "approval_quorum": lambda s, text: replace(s, approval_quorum=share_of("approval_quorum", text)),
    "max_extensions": lambda s, text: replace(s, max_extensions=_count("max_extensions", text)),
}


def settings_to_json(settings: Settings) -> dict[str, Any]:
    """Return the settings as a JSON value of strings, integers and lists: what is hashed, stored and exported."""
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
        "quorum": {
            "share": _ratio(settings.quorum.share),
            "floor": settings.quorum.floor,
            "floor_up_to_all": settings.quorum.floor_up_to_all,
        },
        "binding": settings.binding,
        "max_extensions": settings.max_extensions,
        "extra": dict(settings.extra),
    }
    if settings.threshold is not None:
        value["threshold"] = {"share": _ratio(settings.threshold.share), "strict": settings.threshold.strict}
    if settings.approval_quorum is not None:
        value["approval_quorum"] = _ratio(settings.approval_quorum)
    return value


def settings_from_json(value: Mapping[str, Any]) -> Settings:
    """Return the settings of a JSON value made by `settings_to_json`.

    Raises KeyError, TypeError, ValueError or ArithmeticError for another shape.
    """
    threshold, approval, quorum = value.get("threshold"), value.get("approval_quorum"), value["quorum"]
    return Settings(
        change=Change(value["change"]),
        visibility=Visibility(value["visibility"]),
        secrecy=str(value["secrecy"]),
        early_close=EarlyClose(value["early_close"]),
        grace=timedelta(seconds=int(value["grace_s"])),
        reasons=Reasons(value["reasons"]),
        reasons_for=tuple(value["reasons_for"]),
        reason_max=int(value["reason_max"]),
        threshold=None if threshold is None else Threshold(_exact(threshold["share"]), bool(threshold["strict"])),
        base=str(value["base"]),
        quorum=Quorum(_exact(quorum["share"]), int(quorum["floor"]), bool(quorum.get("floor_up_to_all", False))),
        approval_quorum=None if approval is None else _exact(approval),
        binding=bool(value["binding"]),
        max_extensions=int(value["max_extensions"]),
        extra=dict(value["extra"]),
    )


def _ratio(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _exact(text: str) -> Fraction:
    """Return the fraction of `a/b`; any other writing, such as one with an exponent, is refused unread."""
    if not _STORED.fullmatch(text):
        raise ValueError(f"{text[:40]} is no fraction")
    return Fraction(text)
