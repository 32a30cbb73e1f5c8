"""May this member do this? The one place that answers; deny by default (architecture.md 4)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from fedcoop.governance.members.bylaws import Bylaws, Who
from fedcoop.governance.members.member import Member
from fedcoop.kernel.errors import NotAllowed
from fedcoop.kernel.ids import ActorId


class Deed(StrEnum):
    """What can be asked."""

    OPEN_MOTION = "open_motion"
    PROPOSE = "propose"
    SPONSOR = "sponsor"
    SPEAK = "speak"
    ANNOUNCE = "announce"
    CLOSE_EARLY = "close_early"
    EXTEND = "extend"
    COORDINATE = "coordinate"
    ANNUL = "annul"
    TELL_BALLOT = "tell_ballot"
    SEE_MEMBERS = "see_members"
    MANAGE_MEMBERS = "manage_members"
    MANAGE_PEERS = "manage_peers"
    MODERATE = "moderate"
    DRAW_PEOPLE = "draw_people"
    DELEGATE = "delegate"


@dataclass(frozen=True, slots=True)
class Allowed:
    """Yes."""


@dataclass(frozen=True, slots=True)
class Denied:
    """No, because of `code`; `why` is a sentence for people."""

    code: str
    why: str


_ADMIN_DEEDS = frozenset(
    {Deed.ANNUL, Deed.TELL_BALLOT, Deed.MANAGE_MEMBERS, Deed.MANAGE_PEERS, Deed.MODERATE, Deed.DRAW_PEOPLE}
)
_BY_BYLAWS: Mapping[Deed, Callable[[Bylaws], Who]] = {
    Deed.OPEN_MOTION: lambda bylaws: bylaws.may_open,
    Deed.PROPOSE: lambda bylaws: bylaws.may_propose,
    Deed.ANNOUNCE: lambda bylaws: bylaws.may_announce,
}
_EVERYBODYS_DEEDS = frozenset({Deed.SEE_MEMBERS, Deed.SPONSOR, Deed.SPEAK})
_NOT_MEMBER = Denied("not-a-member", "This is for members.")
_NO_DELEGATION = Denied("delegation-off", "Our bylaws know no delegation: everybody votes for themselves.")
_NOT_PROPOSING = Denied("class-may-not-propose", "Members of your class take part; they do not put things to a vote.")
_NOT_ANNOUNCING = Denied("class-may-not-announce", "Members of your class take part; they do not write news.")
_NOT_OFFICE = Denied("not-an-office", "This is for people with an office.")


def may(
    member: Member | None,
    deed: Deed,
    bylaws: Bylaws,
    *,
    own: bool = False,
    proposes: bool = True,
    announces: bool = True,
) -> Allowed | Denied:
    """Return whether `member` may do `deed`.

    `own` says that the thing is the member's own (the opener's motion), `proposes` and `announces` what the member's class may.
    """
    if member is None or not member.may_vote:
        return _NOT_MEMBER
    if deed in (Deed.OPEN_MOTION, Deed.PROPOSE) and not proposes:
        return _NOT_PROPOSING
    if deed is Deed.ANNOUNCE and not announces:
        return _NOT_ANNOUNCING
    if member.has_office:
        return Allowed()
    if deed in _ADMIN_DEEDS:
        return _NOT_OFFICE
    if deed in (Deed.CLOSE_EARLY, Deed.EXTEND, Deed.COORDINATE):
        return Allowed() if own else _NOT_OFFICE
    if deed in _BY_BYLAWS:
        return Allowed() if _BY_BYLAWS[deed](bylaws) is Who.MEMBERS else _NOT_OFFICE
    if deed is Deed.DELEGATE:
        return Allowed() if bylaws.delegation else _NO_DELEGATION
    return Allowed() if deed in _EVERYBODYS_DEEDS else _NOT_OFFICE


def demand(
    member: Member | None,
    deed: Deed,
    bylaws: Bylaws,
    *,
    own: bool = False,
    proposes: bool = True,
    announces: bool = True,
) -> None:
    """Raise NotAllowed with the code unless the member may."""
    answer = may(member, deed, bylaws, own=own, proposes=proposes, announces=announces)
    if isinstance(answer, Denied):
        raise NotAllowed(answer.code, answer.why)


def desks_of(member: Member, *, own: ActorId | None, coop: ActorId) -> frozenset[ActorId]:
    """Return for which actors of ours the member reads what others wrote: their own profile, and with an office the co-op."""
    office = isinstance(may(member, Deed.MODERATE, Bylaws()), Allowed)
    return frozenset(actor for actor, reads in ((own, own is not None), (coop, office)) if actor is not None and reads)
