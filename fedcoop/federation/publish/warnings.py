"""Warnings by direct message to a member's linked accounts: what they would not see for not coming here (governance.md 8)."""

from fedcoop.federation.publish.notes import tell
from fedcoop.governance.events import DelegationLapsing
from fedcoop.kernel.html import escape
from fedcoop.storage.unit_of_work import UnitOfWork


def tell_of_lapse(uow: UnitOfWork, event: DelegationLapsing) -> None:
    """Each linked account is told that what its member delegated lapses in 14 days, and how to keep it."""
    page = escape(uow.urls.settings_delegations)
    html = (
        f"<p>You have not been at {escape(uow.site.config.instance.name)} for a long time. In 14 days nobody will vote "
        "for you there any more, because what you delegated lapses.</p>"
        f'<p>To keep it, sign in: <a href="{page}">{page}</a>. A vote from this account keeps it too.</p>'
    )
    for link, actor in uow.members.links_of(event.member_id):
        if link.state == "active" and actor.gone_at is None:
            tell(uow, actor, html)
