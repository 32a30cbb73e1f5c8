"""What the co-op writes to people elsewhere who wrote to it: the automatic answer, and what its office holders answer."""

from fedcoop.actions.events import DeskReplied, MessageReceived
from fedcoop.federation.publish.notes import tell
from fedcoop.kernel.html import escape
from fedcoop.storage.unit_of_work import UnitOfWork


def answer_message(uow: UnitOfWork, event: MessageReceived) -> None:
    """Who wrote a private message is told that a person will read it, and where members link this account and vote."""
    if not uow.site.config.federation.answer_messages:
        return
    name = escape(uow.site.config.instance.name)
    html = (
        f"<p>Your message has reached {name}. A person will read it; this answer came by itself.</p>"
        f"<p>If you are a member: you link this account at {_link(uow.urls.settings_accounts)}, and what is open for "
        f"voting stands at {_link(uow.urls.decisions)}.</p>"
    )
    tell(uow, uow.actors.get(event.actor_id), html, in_reply_to=event.note_uri)


def send_reply(uow: UnitOfWork, event: DeskReplied) -> None:
    """The answer is on its way to the author alone; who of us wrote it stays here."""
    reply = uow.desk.reply(event.reply_id)
    item = uow.desk.get(reply.item_id)
    posts = uow.desk.posts([item])
    post = posts.get(item.note_id) if item.note_id is not None else None
    answered = post.uri if post is not None else ""
    tell(uow, uow.actors.get(item.actor_id), reply.body_html, in_reply_to=answered, uuid=reply.note_uuid)


def _link(url: str) -> str:
    return f'<a href="{escape(url)}">{escape(url)}</a>'
