"""What stands under “About this vote”: facts of a rule that its sentence has no room for, each a sentence (design.md 7)."""

from collections.abc import Mapping
from datetime import timedelta

from fedcoop.governance.follow_ups import advice
from fedcoop.governance.follow_ups.rounds import NOTICE, fallback_of, rounds_of
from fedcoop.governance.motions.method import extra_int, needed, plural
from fedcoop.governance.motions.motion import SecondCall, Settings
from fedcoop.governance.motions.presets import confirms_after
from fedcoop.governance.motions.setting_words import duration_of
from fedcoop.kernel.errors import MotionRefused

_PRESETS: Mapping[str, str] = {
    "ordinary": "an ordinary resolution",
    "special": "a special resolution with three quarters",
    "rule_change": "a resolution as for a change of the rules",
    "dissolution": "a resolution as for a dissolution",
    "recall": "a resolution as for a recall",
    "admission": "a resolution as for an admission",
}


def further_rules(method: str, settings: Settings, eligible: int) -> tuple[str, ...]:
    """Return what else holds for the vote, in whole sentences; nothing where the sentence says all."""
    found: list[str] = []
    if settings.base == "present" and method == "resolution":
        number = plural(extra_int(settings, "present", 0), "member was", "members were")
        found.append(f"{number} marked present. If more vote, all who voted count as present.")
    if settings.second_call is not None:
        found.append(_second_call(settings.second_call, eligible))
    if (after := confirms_after(settings)) is not None:
        found.append(
            f"Once carried, a second vote must confirm it, {days(after)} later at the earliest. It has no effect before."
        )
    if method == "consent":
        found += _rounds(settings)
    if method == "advice":
        found.append(_advice(settings))
    if method == "gradients":
        found.append(
            "The first three steps agree. To go along is to carry it out; to stand aside or take no part is not."
        )
    return tuple(found)


def _second_call(call: SecondCall, eligible: int) -> str:
    need = needed(call.quorum, eligible)
    then = f"at least {need} of {eligible} must take part then" if need else "no quorum is needed then"
    return (
        f"If too few take part, the same text is called again after {days(call.after)}, for {days(call.lasts)}; {then}."
    )


def _rounds(settings: Settings) -> list[str]:
    silence = settings.extra.get("silence", "consent") == "consent"
    found = [f"Silence counts because everybody has notice of at least {days(NOTICE)}."] if silence else []
    fallback, rounds = fallback_of(settings), rounds_of(settings)
    then = ""
    if fallback is not None:
        preset = _PRESETS.get(fallback[1]["preset"], "a resolution")
        then = f" After {plural(rounds, 'round', 'rounds')} the author may turn to {preset}."
    return [*found, f"While an objection stands, an amended version is asked anew, and all answers begin again.{then}"]


def _advice(settings: Settings) -> str:
    wait = days(advice.min_time(settings))
    named = advice.named_advisers(settings)
    if not named:
        return f"The decision comes {wait} after the opening at the earliest."
    who = ", ".join(named)
    return f"The decision comes after {wait} at the earliest, once these have answered or {_until(settings)}: {who}."


def _until(settings: Settings) -> str:
    text = str(settings.extra.get("adviser_deadline", advice.ADVISER_DEADLINE))
    try:
        return f"{days(duration_of('adviser_deadline', text))} have passed"
    except MotionRefused:
        return f"{text} has passed"


def days(length: timedelta) -> str:
    """Return the duration in days where they are whole, else in hours, else in minutes."""
    minutes = int(length.total_seconds()) // 60
    if minutes % 1440 == 0:
        return plural(minutes // 1440, "day", "days")
    return plural(minutes // 60, "hour", "hours") if minutes % 60 == 0 else plural(minutes, "minute", "minutes")
