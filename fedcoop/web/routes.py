"""Every address of the pages for people, in one table. Those that are objects of the fediverse too are named apart.

`/motions/{uuid}`, `/notes/{uuid}`, `/proposals/{uuid}` and `/@{name}` share one URL with an ActivityPub object: the
composition root registers them with the handlers of both doors and lets `Accept` choose.
"""

from collections.abc import Callable

from aiohttp import web

from fedcoop.config import Config
from fedcoop.kernel.clock import Clock
from fedcoop.storage.unit_of_work import Units
from fedcoop.urls import Urls
from fedcoop.web.delegation import delegations
from fedcoop.web.fediverse import desk
from fedcoop.web.fediverse import remote as remote_pages
from fedcoop.web.follow_ups import pages as following
from fedcoop.web.follow_ups.steps import STEPS
from fedcoop.web.frame import guards
from fedcoop.web.frame.keys import (
    CLOCK,
    CONFIG,
    PACE,
    REMOTE,
    RENDERER,
    SIGN_IN_THROTTLE,
    STATIC,
    UNITS,
    URLS,
    Remote,
    Throttle,
)
from fedcoop.web.frame.pace import Pace
from fedcoop.web.frame.rendering import Renderer
from fedcoop.web.frame.static import StaticFiles
from fedcoop.web.instance import pages
from fedcoop.web.instance.media import MediaFiles
from fedcoop.web.members import (
    accounts,
    member,
    profiles,
    registrar,
)
from fedcoop.web.motions import (
    ballot_files,
    candidates,
    lots,
    meetings,
    motion,
    rolls,
    running,
    sortitions,
)
from fedcoop.web.proposals import (
    drafting,
    proposal,
    proposal_steps,
    templating,
)
from fedcoop.web.talk import announcements

motion_page = motion.motion_page
note_page = announcements.note_page
proposal_page = proposal.proposal_page
profile_page = member.profile_page

FOLLOWING = f"/motions/{{uuid}}/{{step:{'|'.join(STEPS)}}}"
SHARED = {
    "/motions/{uuid}": motion_page,
    "/notes/{uuid}": note_page,
    "/proposals/{uuid}": proposal_page,
    "/@{name}": profile_page,
}

ROUTES: tuple[web.RouteDef, ...] = (
    web.get("/", pages.home_page),
    web.get("/join", pages.join_page),
    web.get("/about", pages.about_page),
    web.get("/more", pages.more_page),
    web.get("/interact", pages.interact_page),
    web.post("/interact", pages.interact),
    web.get("/sign-in", accounts.sign_in_page),
    web.post("/sign-in", accounts.sign_in),
    web.get("/sign-in/{token}", accounts.link_page),
    web.post("/sign-in/{token}", accounts.use_link),
    web.get("/invitations/{token}", accounts.link_page),
    web.post("/invitations/{token}", accounts.use_link),
    web.post("/sign-out", accounts.sign_out),
    web.get("/welcome", accounts.welcome_page),
    web.post("/welcome", accounts.set_password),
    web.get("/settings", accounts.accounts_page),
    web.get("/settings/accounts", accounts.accounts_page),
    web.post("/settings/accounts", accounts.start_link),
    web.post("/settings/accounts/confirm", accounts.confirm_link),
    web.post("/settings/accounts/cancel", accounts.cancel_link),
    web.post("/settings/accounts/unlink", accounts.unlink),
    web.post("/settings/accounts/sign-out-elsewhere", accounts.sign_out_elsewhere),
    web.post("/settings/accounts/theme", accounts.set_theme),
    web.get("/settings/profile", profiles.profile_settings_page),
    web.post("/settings/profile", profiles.set_profile),
    web.post("/settings/profile/followers", profiles.answer),
    web.get("/settings/profile/code", remote_pages.code_page),
    web.post("/settings/profile/code", remote_pages.send_code),
    web.get("/settings/delegations", delegations.delegations_page),
    web.post("/settings/delegations", delegations.grant),
    web.post("/settings/delegations/renew", delegations.renew),
    web.post("/settings/delegations/hide", delegations.hide),
    web.get("/settings/delegations/{id}/revoke", delegations.revoke_page),
    web.post("/settings/delegations/{id}/revoke", delegations.revoke),
    web.get("/motions/{uuid}/proxy", delegations.name_page),
    web.post("/motions/{uuid}/proxy", delegations.name),
    web.get("/motions/{uuid}/proxy/take-back", delegations.take_back_page),
    web.post("/motions/{uuid}/proxy/take-back", delegations.take_back),
    web.get("/motions/{uuid}/for/{number}", delegations.principal_page),
    web.post("/motions/{uuid}/for/{number}", delegations.vote_for),
    web.get("/decisions", motion.decisions_page),
    web.post("/motions/{uuid}/vote", motion.vote),
    web.post("/motions/{uuid}/withdraw", motion.withdraw),
    web.get("/motions/{uuid}/recount.json", motion.recount),
    web.get("/motions/{uuid}/meeting.ics", meetings.meeting),
    web.get("/motions/{uuid}/lot", lots.lot_page),
    web.get("/proposals/{uuid}/lot", lots.promise_page),
    web.post("/proposals/{uuid}/lot", lots.promise),
    web.post("/motions/{uuid}/lot/{step:commit|reveal}", lots.tell),
    web.get("/motions/{uuid}/ballots.blt", ballot_files.blt),
    web.get("/motions/{uuid}/candidates", candidates.candidates_page),
    web.post("/motions/{uuid}/candidates", candidates.withdraw),
    web.get("/motions/{uuid}/{step:close|extend|annul}", running.step_page),
    web.post("/motions/{uuid}/{step:close|extend|annul}", running.take_step),
    web.get(FOLLOWING, following.step_page),
    web.post(FOLLOWING, following.take_step),
    web.get("/templates", templating.templates_page),
    web.post("/templates/import", templating.import_),
    web.get("/templates/named/{key:[a-z0-9_]+}.json", templating.named_json),
    web.get("/templates/named/{key:[a-z0-9_]+}", templating.named_page),
    web.post("/templates/named/{key}/copy", templating.copy),
    web.get("/templates/offers/{offer:[0-9]{1,19}}", templating.offer_page),
    web.post("/templates/offers/{offer:[0-9]{1,19}}", templating.accept),
    web.get("/templates/{uuid:[^/.]+}.json", templating.template_json),
    web.get("/templates/{uuid:[^/.]+}", templating.template_page),
    web.post("/templates/{uuid}/rename", templating.rename),
    web.get("/templates/{uuid}/{step:offer|delete}", templating.step_page),
    web.post("/templates/{uuid}/{step:offer|delete}", templating.take_step),
    web.get("/proposals", proposal.proposals_page),
    web.get("/proposals/new", drafting.new_page),
    web.post("/proposals/new", drafting.send),
    web.get("/proposals/{uuid}/draft", drafting.draft_page),
    web.post("/proposals/{uuid}/draft", drafting.send),
    web.get("/proposals/{uuid}/versions/{n}", proposal.version_page),
    web.get("/proposals/{uuid}/edit", proposal_steps.edit_page),
    web.post("/proposals/{uuid}/edit", proposal_steps.edit),
    web.get("/proposals/{uuid}/amend", proposal_steps.amend_page),
    web.post("/proposals/{uuid}/amend", proposal_steps.amend),
    web.get("/proposals/{uuid}/amendments/{amendment}/rebase", proposal_steps.amend_page),
    web.post("/proposals/{uuid}/amendments/{amendment}/rebase", proposal_steps.amend),
    web.post(
        "/proposals/{uuid}/amendments/{amendment}/{step:accept|sponsor|unsponsor|decline|formal|withdraw}",
        proposal_steps.step_on_amendment,
    ),
    web.post("/proposals/{uuid}/comment", proposal_steps.speak),
    web.post("/proposals/{uuid}/comments/{comment}/delete", proposal_steps.delete_comment),
    web.post("/proposals/{uuid}/summary", proposal_steps.summarise),
    web.post("/proposals/{uuid}/authors", proposal_steps.add_author),
    web.post("/proposals/{uuid}/{step:sponsor|unsponsor|adopt|leave}", proposal_steps.take_direct),
    web.get("/proposals/{uuid}/{step:freeze|open|withdraw|discard|amendment-votes}", proposal_steps.step_page),
    web.post("/proposals/{uuid}/{step:freeze|open|withdraw|discard|amendment-votes}", proposal_steps.take_step),
    web.get("/remote/motions", remote_pages.remote_motions_page),
    web.get("/remote/motions/{uuid}", remote_pages.remote_motion_page),
    web.post("/remote/motions/{uuid}/vote", remote_pages.vote_abroad),
    web.get("/announcements", announcements.news_page),
    web.get("/announcements/new", announcements.new_page),
    web.post("/announcements/new", announcements.publish),
    web.get("/announcements/{uuid}/edit", announcements.edit_page),
    web.post("/announcements/{uuid}/edit", announcements.edit),
    web.get("/announcements/{uuid}/history", announcements.history_page),
    web.get("/tags/{tag}", announcements.topic_page),
    web.get("/announcements/{uuid}/delete", announcements.delete_page),
    web.post("/announcements/{uuid}/delete", announcements.delete),
    web.get("/motions/{uuid}/roll", rolls.roll_page),
    web.post("/motions/{uuid}/roll", rolls.object_),
    web.post("/motions/{uuid}/roll/correct", rolls.correct),
    web.get("/office/rolls", rolls.objections_page),
    web.post("/office/rolls/{objection}/refuse", rolls.refuse),
    web.get("/office/{tab:classes|groups|standing|merge}", registrar.office_tab),
    web.post("/office/{tab:classes|groups|standing|merge}", registrar.act),
    web.get("/office/fediverse", desk.desk_page),
    web.get("/office/fediverse/{item:[0-9]{1,19}}", desk.item_page),
    web.post("/office/fediverse/{item:[0-9]{1,19}}", desk.reply),
    web.post("/office/fediverse/{item:[0-9]{1,19}}/{step:done|undo|unblock}", desk.step),
    web.get("/office/fediverse/{item:[0-9]{1,19}}/block", desk.block_page),
    web.post("/office/fediverse/{item:[0-9]{1,19}}/block", desk.block),
    web.post("/settings/profile/messages/{item:[0-9]{1,19}}/{step:done|undo}", desk.own_step),
    web.get("/members", member.members_page),
    web.get("/sortition/{uuid}", sortitions.sortition_page),
    web.post("/sortition/{uuid}/{answer:accept|refuse}", sortitions.answer),
    web.get("/office/sortition", sortitions.office_page),
    web.post("/office/sortition", sortitions.announce),
    web.post("/office/sortition/{uuid}/{step:draw|next|answer}", sortitions.step),
    web.get("/office", member.office_page),
    web.post("/office/members", member.add),
    web.post("/office/follow", member.follow),
)
"""The pages with an address of their own; `SHARED` has the others."""


def install(
    app: web.Application,
    *,
    units: Units,
    config: Config,
    urls: Urls,
    clock: Clock,
    sign_in_throttle: Throttle,
    remote: Remote,
    is_known: Callable[[str], bool] = lambda address: False,
) -> None:
    """Give the application what pages need, their routes and the static files; `SHARED` is left to the caller."""
    static = StaticFiles()
    app[UNITS], app[CONFIG], app[URLS], app[CLOCK] = units, config, urls, clock
    app[STATIC], app[RENDERER] = static, Renderer(config.instance, urls=urls, static=static, clock=clock)
    app[SIGN_IN_THROTTLE], app[REMOTE] = sign_in_throttle, remote
    app[PACE] = Pace(
        config.limits,
        clock,
        proxies=config.server.trusted_proxies,
        cookie=guards.cookie_name(urls.origin),
        is_known=is_known,
    )
    app.middlewares.append(app[PACE].middleware(guards.too_many))
    app.middlewares.append(guards.page_errors)
    app.router.add_routes(ROUTES)
    app.router.add_get("/static/{path:.+}", static.serve)
    app.router.add_get("/media/{name:[0-9a-f]{32}[.](?:png|jpg)}", MediaFiles().serve)
