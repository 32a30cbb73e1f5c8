"""Which form of signature a server is tried with first, when with the other one too, and what is remembered (federation.md 5.1).

The first knock is in the form that worked within seven days, else in the one that the server's actors announce (FEP-844e),
else in draft-cavage. 400 and 401 are a reason to knock in the other form; a 5xx is one only where nothing is known of the
server yet, because some fall over a form that they do not know.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from fedcoop.storage.records import Host

CAVAGE = "cavage"
RFC9421 = "rfc9421"
LASTS = timedelta(days=7)
RENEWED_AFTER = LASTS / 2


@dataclass(frozen=True, slots=True)
class Form:
    """The form to knock with first; `is_proven`: it worked within seven days."""

    scheme: str
    is_proven: bool = False


UNKNOWN = Form(CAVAGE)


def form_for(host: Host | None, now: datetime) -> Form:
    """Return how to knock at this origin."""
    if host is not None and host.scheme and host.scheme_at is not None and now - host.scheme_at <= LASTS:
        return Form(host.scheme, is_proven=True)
    return Form(host.announced or CAVAGE) if host is not None else UNKNOWN


def other(scheme: str) -> str:
    """Return the form to knock with the second time."""
    return CAVAGE if scheme == RFC9421 else RFC9421


def knocks_again(status: int, form: Form) -> bool:
    """Return whether this answer to the first knock asks for the other form."""
    return status in (400, 401) or (status >= 500 and not form.is_proven)


def second_counts(first: int, second: int) -> bool:
    """Return whether the answer to the second knock is the one to go by.

    It is if it opened the door, or if the first was no word on the signature and the second understood it.
    """
    return second < 400 or (first >= 500 and second not in (400, 401))


def is_news(host: Host, scheme: str, at: datetime) -> bool:
    """Return whether that `scheme` worked at `at` is to be written down.

    Only the form that would be tried first anyway is renewed: another one is found out anew every seven days, for servers
    learn.
    """
    if host.scheme != scheme or host.scheme_at is None or at - host.scheme_at > LASTS:
        return True
    return scheme == (host.announced or CAVAGE) and at - host.scheme_at > RENEWED_AFTER
