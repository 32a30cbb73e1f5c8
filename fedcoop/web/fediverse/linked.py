"""What pages say of a linked account: why it rests, what its server says of it, and what to do (federation.md 14.4, 14.5)."""

from fedcoop.queries.fediverse.linked import LinkView
from fedcoop.web.frame.rendering import Renderer

LINK_AGAIN = "Votes from there do not count until you link it again."
_RESTS = {
    "keys-changed": "its keys changed",
    "gone": "its server said it is gone",
    "came-back": "it was gone and came back",
    "inbox-moved": "it moved to another server",
    "handle-moved": "its address changed",
    "blocked": "its server was blocked",
    "membership-ended": "the membership ended",
}
_WHAT_TO_DO = {
    "gone": "Votes from there do not count. If you have another account now, link that one, and unlink this.",
    "blocked": "Votes from there do not count. Vote on this site, or ask the office.",
    "membership-ended": "Votes from there do not count.",
}


def rests(link: LinkView) -> str:
    """Return why votes from the account do not count, in a few words; nothing where they do."""
    return "" if link.state == "active" else _RESTS.get(link.reason, "something about this account changed")


def link_words(link: LinkView, renderer: Renderer) -> tuple[str, ...]:
    """Return what else to know of one account and what to do, the gravest first; nothing for one that is as it was."""
    said = [] if link.state == "active" else [_WHAT_TO_DO.get(link.reason, LINK_AGAIN)]
    if link.moved_to:
        said.append(
            f"It says that it has moved to {link.moved_to}. A vote from the new account counts once you have linked that one."
        )
    if link.is_suspended:
        said.append("It is suspended, so votes from there may not reach us. Vote on this site.")
    if link.silent_since is not None:
        since = renderer.moment(link.silent_since)
        said.append(
            f"Its server has not answered us since {since}. Votes from there may not arrive; vote on this site."
        )
    if link.former:
        said.append(f"It was called @{link.former} when it was linked. If that was not you, unlink it.")
    return tuple(said)


def link_in_short(link: LinkView) -> str:
    """Return the same in a few words, for the registrar."""
    said = [f"rests: {why}"] if (why := rests(link)) else []
    said += [f"has moved to {link.moved_to}"] if link.moved_to else []
    said += ["is suspended"] if link.is_suspended else []
    said += ["does not answer"] if link.silent_since is not None else []
    said += [f"was called @{link.former}"] if link.former else []
    return "; ".join(said)
