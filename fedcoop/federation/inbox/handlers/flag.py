"""A report about things of ours, for the moderators (federation.md 8.4): ≤ 5000 characters, ≤ 50 objects."""

from typing import Any

from fedcoop.actions.fediverse.desk import receive_report
from fedcoop.federation.inbox.contract import Received
from fedcoop.federation.wire.jsonld import id_of
from fedcoop.kernel.html import text_of_html
from fedcoop.storage.unit_of_work import UnitOfWork


def apply(received: Received, uow: UnitOfWork, prepared: Any) -> None:
    """The report waits for a moderator; who reported is shown by origin only."""
    sender = received.sender(uow)
    if sender is None:
        return
    content = received.activity.raw.get("content")
    text = text_of_html(content) if isinstance(content, str) else ""
    objects = [found for item in received.activity.objects if (found := id_of(item)) is not None]
    receive_report(uow, actor=sender, content=text, objects=objects)
