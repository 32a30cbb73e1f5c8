"""Announcements: the members' news, writing one, taking one back, the page of a single one."""

from aiohttp import web

from fedcoop.actions.announcements import delete_announcement, publish_announcement
from fedcoop.kernel.errors import Invalid, NotFound
from fedcoop.queries.accounts import Viewer
from fedcoop.queries.announcements import announcement, motion_of_note, news
from fedcoop.web.decisions import cursor, uuid_of
from fedcoop.web.forms import read_form
from fedcoop.web.guards import html, member_page, page, see_other
from fedcoop.web.keys import UNITS


@member_page
async def news_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show all announcements to a member, newest first."""
    assert viewer.member is not None
    before = cursor(request)
    view, older = await request.app[UNITS].read(news, reader=viewer.member.id, before=before)
    more = f"/announcements?before={older}" if older else ""
    return html(request, "announcements.html", view=view, older=more, newer="/announcements" if before else "")


@member_page
async def new_page(request: web.Request, viewer: Viewer) -> web.Response:
    """Show the form of a new announcement."""
    kept = {"text": "", "audience": "members", "kind": "general"}
    return html(request, "announcement_new.html", kept=kept, errors={})


@member_page
async def publish(request: web.Request, viewer: Viewer) -> web.Response:
    """Publish an announcement; what is wrong comes back with the text."""
    assert viewer.member is not None
    form = await read_form(request)
    kept = {name: form.text(name) for name in ("text", "audience", "kind")}
    try:
        await request.app[UNITS].write(publish_announcement, by=viewer.member.id, **kept)
    except Invalid as error:
        return html(
            request, "announcement_new.html", status=422, kept=kept, errors={error.field or "text": error.message}
        )
    return see_other("/announcements?done=published")


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
    return html(request, "note.html", item=found)


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
    if found is None or not (found.mine or viewer.member.is_admin):
        raise NotFound("announcement-unknown", "There is no such announcement.")
    return html(
        request,
        "confirm.html",
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
