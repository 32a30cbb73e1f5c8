"""Classes and groups of members: who has how many votes, whose share it is, who may propose (governance.md 15.3)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from fedcoop.governance.members.weighting import Weighting
from fedcoop.kernel.errors import Invalid
from fedcoop.kernel.names import is_name

MAX_WEIGHT = 1000


@dataclass(frozen=True, slots=True)
class MemberClass:
    """A class of members. A member has one at a time; `weight` 0 is a class without a vote.

    A weight above 1 stands in the bylaws at `reference`, and is set aside in the kinds of resolutions of `ignored_for`.
    `share` is the class's part where colleges decide (governance.md 9). Who has a vote may announce where members may;
    `may_announce` gives that to a class without one.
    """

    name: str
    title: str
    weight: int = 1
    share: Fraction | None = None
    may_propose: bool = True
    may_announce: bool = False
    reference: str = ""
    ignored_for: tuple[str, ...] = ()

    @property
    def announces(self) -> bool:
        """Whether its members may tell the others something, as far as the class decides it."""
        return self.weight > 0 or self.may_announce


@dataclass(frozen=True, slots=True)
class Group:
    """Members who decide something among themselves: a working group, a house, a board."""

    name: str
    title: str


def check_class(item: MemberClass) -> None:
    """Raise Invalid (`class-name`, `class-weight`, `class-share`, `class-reference`) unless the class can be kept."""
    if not is_name(item.name) or len(item.name) > 40:
        raise Invalid(
            "class-name", "Use lower-case letters, digits, “_”, “.” and “-” for a class, at most 40.", field="name"
        )
    if not 0 <= item.weight <= MAX_WEIGHT:
        raise Invalid("class-weight", f"A class has 0 to {MAX_WEIGHT} votes for each member.", field="weight")
    if item.share is not None and not 0 < item.share <= 1:
        raise Invalid("class-share", "A share lies above 0 and is at most 1.", field="share")
    if item.weight > 1 and not item.reference:
        raise Invalid(
            "class-reference",
            "Say which article of the bylaws gives this class more votes than one.",
            field="reference",
        )


def check_group(item: Group) -> None:
    """Raise Invalid (`group-name`) unless the group can be kept."""
    if not is_name(item.name) or len(item.name) > 40:
        raise Invalid(
            "group-name", "Use lower-case letters, digits, “_”, “.” and “-” for a group, at most 40.", field="name"
        )


def standing_weights(classes: Iterable[MemberClass]) -> Weighting:
    """Return what the bylaws say of plural votes, as the register keeps it: weights above 1 with their articles."""
    plural = [item for item in classes if item.weight > 1]
    return Weighting(
        weights={item.name: item.weight for item in plural},
        reference="; ".join(sorted({item.reference for item in plural})),
        ignored_for=tuple(sorted({kind for item in plural for kind in item.ignored_for})),
    )


def standing_shares(classes: Iterable[MemberClass]) -> Mapping[str, Fraction]:
    """Return the shares that the register keeps for colleges."""
    return {item.name: item.share for item in classes if item.share is not None}
