"""Warnings by direct message to a member's linked accounts: what they would not see for not coming here."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from fedcoop.actions.events import VotesMayBeLost
from fedcoop.federation.publish.notes import tell
from fedcoop.governance.events import DelegationLapsing
from fedcoop.governance.fediverse.outages import times_of
from fedcoop.governance.motions.lifecycle import is_open
from fedcoop.governance.motions.motion import Motion
from fedcoop.kernel.dates import clocks_of
from fedcoop.kernel.html import escape
from fedcoop.kernel.ids import MemberId
from fedcoop.storage.records import Actor, Link
from fedcoop.storage.unit_of_work import UnitOfWork


def tell_of_lapse(uow: UnitOfWork, event: DelegationLapsing) -> None:
    """Each linked account is told that what its member delegated lapses in 14 days, and how to keep it (governance.md 8)."""
    page = escape(uow.urls.settings_delegations)
    html = (
        f"<p>You have not been at {escape(uow.site.config.instance.name)} for a long time. In 14 days nobody will vote "
        "for you there any more, because what you delegated lapses.</p>"
        f'<p>To keep it, sign in: <a href="{page}">{page}</a>. A vote from this account keeps it too.</p>'
    )
    for _, actor in _accounts(uow, event.member_id):
        tell(uow, actor, html)


def tell_of_outage(uow: UnitOfWork, event: VotesMayBeLost) -> None:
    """One account of the member, the last that was confirmed, is told that we were away and where to vote once more."""
    found, accounts = uow.outages.find(event.outage_id), _accounts(uow, event.member_id)
    if found is None or not accounts:
        return
    _, actor = max(accounts, key=lambda account: account[0].confirmed_at or account[0].created_at)
    zone = uow.site.config.instance.time_zone
    times = times_of(found[0], ZoneInfo(zone), uow.now)
    motions = [uow.motions.get(motion_id) for motion_id in event.motion_ids]
    still_open = [motion for motion in motions if is_open(motion, uow.now)]
    over = [motion for motion in motions if motion not in still_open]
    said = [f"<p>We were away from {escape(times)}. "]
    if still_open:
        said.append(f"If you voted then, vote once more here:</p>{_listed(still_open)}")
    if over:
        said.append("<p>" if still_open else "")
        said.append(
            f"This closed meanwhile. A vote that you sent then could not be counted; tell the office:</p>{_listed(over)}"
        )
    tell(uow, actor, "".join(said) + f"<p>Times are {escape(clocks_of(zone))}.</p>")


def _accounts(uow: UnitOfWork, member_id: MemberId) -> list[tuple[Link, Actor]]:
    """Return the member's accounts that count and that can be written to."""
    links = uow.members.links_of(member_id)
    return [(link, actor) for link, actor in links if link.state == "active" and actor.gone_at is None]


def _listed(motions: Sequence[Motion]) -> str:
    lines = (
        f'<p>{escape(motion.title)}<br><a href="{escape(motion.url)}">{escape(motion.url)}</a></p>'
        for motion in motions
    )
    return "".join(lines)
