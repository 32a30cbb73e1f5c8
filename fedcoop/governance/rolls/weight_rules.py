"""Which rules of weights fit a motion: checked when it is opened, with words for each that does not (governance.md 9)."""

from collections.abc import Iterable, Mapping
from fractions import Fraction

from fedcoop.governance.members.classes import MemberClass, standing_shares, standing_weights
from fedcoop.governance.members.electorate import Register
from fedcoop.governance.members.weighting import Weighting
from fedcoop.governance.motions.method import Method
from fedcoop.governance.motions.motion import Settings
from fedcoop.kernel.errors import MotionRefused

BY_COLLEGES = frozenset({"resolution"})
BY_CLASSES = frozenset({"resolution", "consensus", "gradients"})
BY_HEADS = frozenset({"consent", "consensus"})
"""Methods that ask people, not votes: a stance weighs the same whoever has it."""
COLLEGE_RULES: Mapping[str, tuple[int, Fraction, Fraction]] = {"fr_scic": (3, Fraction(1, 10), Fraction(1, 2))}
"""How many colleges a law asks for, and the least and the most that each may have."""


def takes_weights(method: Method) -> bool:
    """Return whether votes may weigh differently: where something binding is decided by votes."""
    return method.binding and method.key not in BY_HEADS


def with_register(pairs: Mapping[str, str], method: Method, classes: Iterable[MemberClass]) -> dict[str, str]:
    """Return a motion's words with what the register says by itself.

    Plural votes of the bylaws hold unless the motion sets `weights` or has colleges; `colleges=register` takes the
    shares of the classes; and with colleges only their classes vote, unless the motion says which do.
    """
    words, kept = dict(pairs), tuple(classes)
    if words.get("colleges", "").strip() == "register":
        words["colleges"] = ", ".join(f"{name}={share}" for name, share in sorted(standing_shares(kept).items()))
    plural = standing_weights(kept)
    if plural.weights and takes_weights(method) and "weights" not in words and not words.get("colleges"):
        words["weights"] = ", ".join(f"{name}={weight}" for name, weight in sorted(plural.weights.items()))
        words.setdefault("weight_reference", plural.reference)
        if plural.ignored_for:
            words.setdefault("ignored_for", ", ".join(plural.ignored_for))
    if words.get("colleges") and not words.get("classes"):
        words["classes"] = ", ".join(item.partition("=")[0].strip() for item in words["colleges"].split(","))
    return words


def check_weighting(method: Method, settings: Settings, register: Register) -> None:
    """Raise MotionRefused, its code the name of the setting, unless the rule of weights fits method and register."""
    rule = settings.weighting
    _check_names(settings, register)
    if rule.weights:
        _check_weights(method, rule)
    if rule.colleges:
        _check_colleges(method, settings)
    if rule.college_rule:
        _check_college_rule(rule)
    if rule.class_quorum or rule.veto:
        _check_class_rules(method, rule)
    if rule.investors:
        _check_investors(method, settings)
    if rule.is_plural("") and settings.base == "present":
        raise MotionRefused("base", "With plural votes it is not known how many votes were present. Take all votes.")


def _check_names(settings: Settings, register: Register) -> None:
    rule, electorate = settings.weighting, settings.electorate
    listed = {
        "weights": rule.weights,
        "colleges": rule.colleges,
        "class_quorum": rule.class_quorum,
        "class_veto": rule.veto,
        "investors": rule.investors,
    }
    for setting, names in listed.items():
        for name in sorted(names):
            if name not in register.classes:
                raise MotionRefused(setting, f"There is no class called {name}. Check the spelling of {setting}.")
            if name in electorate.guests:
                raise MotionRefused(setting, f"The class {name} is there as a guest and has no vote.")
            if setting != "weights" and electorate.classes and name not in electorate.classes:
                raise MotionRefused(setting, f"The class {name} does not vote here: it is not among classes.")


def _check_weights(method: Method, rule: Weighting) -> None:
    if not takes_weights(method):
        raise MotionRefused("weights", f"{method.title} asks people, not votes: everybody counts the same here.")
    if min(rule.weights.values()) < 1:
        raise MotionRefused("weights", "A weight is 1 or more. Name a class without a vote under guests.")
    heaviest = max(rule.weights.values())
    if rule.max_weight and heaviest > rule.max_weight:
        raise MotionRefused("max_weight", f"No member has more than {rule.max_weight} votes; weights say {heaviest}.")
    if heaviest > 1 and not rule.reference:
        raise MotionRefused(
            "weight_reference", "Say which article of the bylaws gives some members more votes than one."
        )


def _check_colleges(method: Method, settings: Settings) -> None:
    rule = settings.weighting
    if method.key not in BY_COLLEGES:
        raise MotionRefused("colleges", "Colleges decide resolutions only.")
    if len(rule.colleges) < 2 or min(rule.colleges.values()) == 0:
        raise MotionRefused("colleges", "There are two colleges or more, each with a share.")
    if sum(rule.colleges.values()) != 1:
        raise MotionRefused("colleges", "The shares of the colleges must add up to 100%.")
    if rule.weights:
        raise MotionRefused("colleges", "Within a college everybody has one vote: leave weights out.")
    if settings.electorate.classes and set(rule.colleges) != settings.electorate.classes:
        missing = sorted(settings.electorate.classes - set(rule.colleges))[0]
        raise MotionRefused("colleges", f"The class {missing} votes and has no share.")
    if settings.base != "yes_no":
        raise MotionRefused("base", "Colleges are counted by the votes for and against.")


def _check_college_rule(rule: Weighting) -> None:
    if rule.college_rule not in COLLEGE_RULES:
        raise MotionRefused("college_rule", f"college_rule is one of: {', '.join(COLLEGE_RULES)}.")
    fewest, least, most = COLLEGE_RULES[rule.college_rule]
    if len(rule.colleges) < fewest:
        raise MotionRefused("college_rule", f"By {rule.college_rule} there are at least {fewest} colleges.")
    for name, share in sorted(rule.colleges.items()):
        if not least <= share <= most:
            raise MotionRefused(
                "college_rule", f"By {rule.college_rule} each college has 10% to 50%; {name} has another share."
            )


def _check_class_rules(method: Method, rule: Weighting) -> None:
    if method.key not in BY_CLASSES:
        setting = "class_quorum" if rule.class_quorum else "class_veto"
        raise MotionRefused(setting, "Classes have a quorum or a veto in resolutions, consensus and gradients only.")


def _check_investors(method: Method, settings: Settings) -> None:
    rule = settings.weighting
    if method.key not in BY_COLLEGES:
        raise MotionRefused("investors", "A cap on investors is for resolutions only.")
    if rule.colleges:
        raise MotionRefused("investors", "With colleges give investors a share of their own instead of a cap.")
    if settings.base in ("eligible", "present"):
        raise MotionRefused(
            "base", "Investors’ votes are capped among the votes that were cast, not among all members."
        )
    if settings.electorate.classes and settings.electorate.classes <= set(rule.investors):
        raise MotionRefused("investors", "Somebody besides investors must have a vote.")
