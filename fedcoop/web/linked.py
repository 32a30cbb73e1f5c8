"""What pages say of a linked account: why it rests, what its server says of it, and what to do (federation.md 14.4, 14.5)."""

from fedcoop.queries.linked import LinkView
from fedcoop.web.rendering import Renderer

LINK_AGAIN = "Votes from there do not count until you link it again."
_RESTS = {
    "keys-changed": f"Its keys changed, so we cannot tell whether it is still you. {LINK_AGAIN}",
    "gone": "Its server says that this account no longer exists. Votes from there do not count. "
    "If you have another account, link that one, and unlink this.",
    "came-back": f"Its server said that it was gone, and now shows it again. {LINK_AGAIN}",
    "inbox-moved": f"It gets its post at another server now. {LINK_AGAIN}",
    "handle-moved": f"Its address belongs to another server now. {LINK_AGAIN}",
    "blocked": "Its server is blocked here, so votes from there do not count. Vote on this site, or ask the office.",
    "membership-ended": "The membership has ended, so votes from there do not count.",
}
_RESTS_SHORT = {
    "keys-changed": "its keys changed",
    "gone": "its server says that it is gone",
    "came-back": "it was gone and came back",
    "inbox-moved": "its post goes to another server",
    "handle-moved": "its address belongs to another server",
    "blocked": "its server is blocked here",
    "membership-ended": "the membership has ended",
}
_OTHERWISE = f"Something about this account changed. {LINK_AGAIN}"


def link_words(link: LinkView, renderer: Renderer) -> tuple[str, ...]:
    """Return the sentences about one account, the gravest first; none for an account that is as it was."""
    said = [] if link.state == "active" else [_RESTS.get(link.reason, _OTHERWISE)]
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
    said = [] if link.state == "active" else [f"rests, {_RESTS_SHORT.get(link.reason, 'something about it changed')}"]
    said += [f"has moved to {link.moved_to}"] if link.moved_to else []
    said += ["is suspended"] if link.is_suspended else []
    said += ["does not answer"] if link.silent_since is not None else []
    said += [f"was called @{link.former}"] if link.former else []
    return "; ".join(said)
