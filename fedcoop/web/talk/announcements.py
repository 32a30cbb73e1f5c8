"""Announcements: the members' news, writing, changing and taking back one, its page, its versions, topics."""

import asyncio
from urllib.parse import quote

from aiohttp import web

from fedcoop.actions.talk.announcements import delete_announcement, edit_announcement, publish_announcement
from fedcoop.governance.proposals.diffs import diff_texts
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.ids import whole_number
from fedcoop.kernel.mentions import MAX_TAG
from fedcoop.queries.members.accounts import Viewer
from fedcoop.queries.talk.announcements import (
    announcement,
    editable,
    history,
    motion_of_note,
    news,
    on_topic,
    replies_to,
)
from fedcoop.web.frame.forms import read_form
from fedcoop.web.frame.guards import html, member_page, page, see_other
from fedcoop.web.frame.keys import REMOTE, UNITS
from fedcoop.web.motions.motion import cursor, uuid_of
from fedcoop.web.talk.mentions import find_people


@member_page
async def news_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show all announcements to a member, newest first."""
    assert viewer.member is not None
    before = cursor(request)
    view, older = await request.app[UNITS].read(news, reader=viewer.member.id, before=before)
    more = f"/announcements?before={older}" if older else ""
    return html(request, "talk/announcements.html", view=view, older=more, newer="/announcements" if before else "")


@member_page
async def new_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the form of a new announcement."""
    kept = {"text": "", "audience": "members", "kind": "general"}
    return html(request, "talk/announcement_new.html", kept=kept, errors={})


@member_page
async def publish(request: web.Request, viewer: Viewer) -> web.Response:
    """Publish an announcement; what is wrong comes back with the text."""
    assert viewer.member is not None
    form = await read_form(request)
    text, audience, kind = (form.text(name) for name in ("text", "audience", "kind"))
    people = await find_people(request.app[REMOTE], text) if audience == "public" else {}
    try:
        made = await request.app[UNITS].write(
            publish_announcement, by=viewer.member.id, text=text, audience=audience, kind=kind, people=people
        )
    except Invalid as error:
        kept = {"text": text, "audience": audience, "kind": kind}
        return html(
            request, "talk/announcement_new.html", status=422, kept=kept, errors={error.field or "text": error.message}
        )
    return see_other(f"/announcements?done=published#a-{made.uuid}")


@member_page
async def edit_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show an announcement to its author, to be changed."""
    assert viewer.member is not None
    draft = await request.app[UNITS].read(editable, uuid=uuid_of(request), by=viewer.member.id)
    return html(request, "talk/announcement_edit.html", draft=draft, text=draft.body, changes=(), errors={})


@member_page
async def edit(request: web.Request, viewer: Viewer) -> web.Response:
    """Keep the new text; where somebody else's stands since, both are shown (design.md 8, sentence 20)."""
    assert viewer.member is not None
    uuid, form, units = uuid_of(request), await read_form(request), request.app[UNITS]
    text, base = form.text("text"), form.text("base")
    draft = await units.read(editable, uuid=uuid, by=viewer.member.id)
    people = await find_people(request.app[REMOTE], text) if draft.audience == "public" else {}
    try:
        await units.write(
            edit_announcement,
            by=viewer.member.id,
            uuid=uuid,
            text=text,
            base=whole_number(base, 99_999_999) or 0,
            people=people,
        )
    except (Invalid, Conflict) as error:
        draft = await units.read(editable, uuid=uuid, by=viewer.member.id)
        changes = await asyncio.to_thread(diff_texts, draft.body, text) if error.code == "edited-meanwhile" else ()
        status, errors = (409, {}) if changes else (422, {"text": error.message})
        return html(
            request,
            "talk/announcement_edit.html",
            status=status,
            draft=draft,
            text=text,
            changes=changes,
            errors=errors,
        )
    return see_other(f"/announcements?done=edited#a-{uuid}")


@page
async def history_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show what an announcement said before, with what changed, to all who may read it."""
    reader = viewer.member.id if viewer.member else None
    view = await request.app[UNITS].read(history, uuid=uuid_of(request), reader=reader, before=cursor(request))
    return html(request, "talk/announcement_history.html", view=view)


@page
async def topic_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show what was announced about a topic, as far as the reader may see it."""
    tag, before = request.match_info["tag"][:MAX_TAG], cursor(request)
    reader = viewer.member.id if viewer.member else None
    view, older = await request.app[UNITS].read(on_topic, tag=tag, reader=reader, before=before)
    here = f"/tags/{quote(tag, safe='')}"
    more = f"{here}?before={older}" if older else ""
    return html(request, "talk/topic.html", tag=tag, view=view, older=more, newer=here if before else "")


@page
async def note_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show one announcement to who may read it; an outcome's note leads to its motion."""
    reader = viewer.member.id if viewer.member else None
    uuid = uuid_of(request)
    found = await request.app[UNITS].read(announcement, uuid=uuid, reader=reader)
    if found is None:
        motion = await request.app[UNITS].read(motion_of_note, uuid=uuid)
        if motion is None:
            return await _offered(request, uuid)
        return see_other(f"/motions/{motion}")
    return html(request, "talk/note.html", item=found, replies=await request.app[UNITS].read(replies_to, uuid=uuid))


async def _offered(request: web.Request, uuid: str) -> web.Response:
    """Lead to the template that was offered under this address. Raises NotFound."""
    stored = await request.app[UNITS].read(lambda uow: uow.templates.find(uuid))
    if stored is None or stored.offered_at is None:
        raise NotFound("note-unknown", "There is nothing at this address.")
    return see_other(f"/templates/{uuid}")


@member_page
async def delete_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Ask before an announcement is taken back."""
    assert viewer.member is not None
    uuid = uuid_of(request)
    found = await request.app[UNITS].read(announcement, uuid=uuid, reader=viewer.member.id)
    if found is None or not (found.mine or viewer.member.has_office):
        raise NotFound("announcement-unknown", "There is no such announcement.")
    return html(
        request,
        "frame/confirm.html",
        title="Take this announcement back?",
        subject="News",
        back="/announcements",
        action=f"/announcements/{uuid}/delete",
        told=("It disappears here. Other servers are told to forget it; some may keep a copy. This cannot be undone.",),
        verb="Take it back",
        keep="Leave it",
        danger=True,
        ask_time=False,
        ask_reason=False,
        kept_time="",
        kept_reason="",
        errors={},
    )


@member_page
async def delete(request: web.Request, viewer: Viewer) -> web.Response:
    """Take an announcement back, for its author or somebody with an office."""
    assert viewer.member is not None
    found = await request.app[UNITS].read(announcement, uuid=uuid_of(request), reader=viewer.member.id)
    if found is None:
        raise NotFound("announcement-unknown", "There is no such announcement.")
    await request.app[UNITS].write(delete_announcement, by=viewer.member.id, announcement_id=found.id)
    return see_other("/announcements?done=deleted")
