"""How servers of some thirty makes show an account: ids, profile and post links, what each answers, WebFinger. In our words.

A `Server` says it to a `FakeWeb`; `pasted` are links and handles that all lead to the one account `uri` under `handle`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

ACTIVITY = "application/activity+json"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'
AS_TYPE = "https://www.w3.org/ns/activitystreams#type"


def actor(uri: str, name: str, type_: str = "Person", **more: Any) -> dict[str, Any]:
    """An actor's own document."""
    base = {"id": uri, "type": type_, "preferredUsername": name, "inbox": f"{uri.rstrip('/')}/inbox"}
    return {**base, "publicKey": {"id": f"{uri}#main-key", "owner": uri, "publicKeyPem": "PEM"}, **more}


def post(uri: str, author: Any, type_: str = "Note", **more: Any) -> dict[str, Any]:
    """A post of the author's."""
    return {"id": uri, "type": type_, "attributedTo": author, "content": "<p>Hello</p>", **more}


@dataclass(frozen=True)
class Page:
    """A web page; `link` stands in its head, `header` in its `Link` header."""

    link: str = ""
    header: str = ""


@dataclass(frozen=True)
class Server:
    """One make. `answers` are documents, pages and redirects (texts) by URL; `finger` is WebFinger by what is asked for."""

    uri: str
    handle: str
    pasted: tuple[str, ...]
    answers: Mapping[str, dict[str, Any] | Page | str]
    finger: Mapping[str, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)
    media_type: str = ACTIVITY

    def tell(self, web: Any) -> None:
        """Have the web answer as this server does."""
        for url, answer in self.answers.items():
            if isinstance(answer, str):
                web.redirect(url, answer)
            elif isinstance(answer, Page):
                link = f'<link rel="alternate" type="{ACTIVITY}" href="{answer.link}">' if answer.link else ""
                headers = {"Link": f'<{answer.header}>; rel="alternate"; type="{ACTIVITY}"'} if answer.header else {}
                web.say(url, f"<!doctype html><html><head><title>Ana</title>{link}</head>".encode(),
                        Content_Type="text/html; charset=utf-8", **headers)  # fmt: skip
            else:
                web.document(url, answer, self.media_type)
        for resource, (subject, links) in self.finger.items():
            host = resource.rpartition("@")[2] if resource.startswith("acct:") else resource.split("/")[2]
            body = json.dumps({"subject": subject, "links": [self_link(link) for link in links]}).encode()
            web.say(f"https://{host}/.well-known/webfinger?resource={quote(resource, safe='')}", body)


def self_link(link: Any) -> dict[str, Any]:
    """A `self` link, with the type of what it leads to where it is a pair."""
    uri, kind = link if isinstance(link, tuple) else (link, "")
    more = {"properties": {AS_TYPE: kind}} if kind else {}
    return {"rel": "self", "type": ACTIVITY, "href": uri, **more}


def named(handle: str, *uris: Any) -> dict[str, tuple[str, tuple[Any, ...]]]:
    """WebFinger that knows one handle, as most have it."""
    return {f"acct:{handle}": (f"acct:{handle}", uris)}


def usual(host: str, uri: str, *, profile: str, status: str, link: str, name: str = "ana", **more: Any) -> Server:
    """Profile and post links that answer with documents of other ids on the same origin."""
    return Server(
        uri,
        f"{name}@{host}",
        (f"@{name}@{host}", uri, profile, link),
        {
            uri: actor(uri, name, **more),
            profile: actor(uri, name, **more),
            status: post(status, uri),
            link: post(status, uri),
        },
        named(f"{name}@{host}", uri),
    )


def _lemmy() -> Server:
    host = "https://lemmy.example"
    group, person = f"{host}/c/bread", f"{host}/u/bread"
    moderators = ["https://far.example/u/ana", "https://near.example/u/ben"]  # as versions before 0.18 listed them
    return Server(
        group,
        "bread@lemmy.example",
        ("!bread@lemmy.example", "acct:!bread@lemmy.example", group),
        {
            group: actor(group, "bread", "Group", attributedTo=moderators, moderators=moderators),
            person: actor(person, "bread"),
        },
        named("bread@lemmy.example", (person, "Person"), (group, "Group")),
    )


def _lemmy_post() -> Server:
    host = "https://lemmy.example"
    uri, page = f"{host}/u/ana", f"{host}/post/7"
    answers = {uri: actor(uri, "ana"), page: post(page, uri, "Page", audience=f"{host}/c/bread")}
    return Server(uri, "ana@lemmy.example", (page, "@ana@lemmy.example"), answers, named("ana@lemmy.example", uri))


def _peertube() -> Server:
    host = "https://tube.example"
    owner, channel, video = f"{host}/accounts/ana", f"{host}/video-channels/bread", f"{host}/videos/watch/1-2-3"
    owners = [{"type": "Group", "id": channel}, {"type": "Person", "id": owner}]
    return Server(
        channel,
        "bread@tube.example",
        ("@bread@tube.example", f"{host}/c/bread/videos", f"{host}/w/abc", channel),
        {
            channel: actor(channel, "bread", "Group", attributedTo=[{"type": "Person", "id": owner}]),
            f"{host}/c/bread/videos": Page(link=channel),
            video: post(video, owners, "Video"),
            f"{host}/w/abc": post(video, owners, "Video"),
        },
        named("bread@tube.example", channel),
    )


def _wordpress() -> Server:
    host = "https://blog.example"
    uri, cached = f"{host}/?author=1", f"{host}/2026/03/hello/"
    raw, lower = f"{host}/2026/あ/", f"{host}/2026/%e3%81%82/"
    upper = lower.replace("%e3%81%82", "%E3%81%82")
    answers: dict[str, Any] = {
        uri: actor(uri, "ana", url=f"{host}/author/ana/"),
        f"{host}/author/ana/": actor(uri, "ana"),
    }
    answers |= {cached: Page(header=uri), lower: post(lower, uri, "Article"), upper: post(lower, uri, "Article")}
    pasted = ("ana@blog.example", f"{host}/author/ana/", cached, raw, lower, upper)
    return Server(uri, "ana@blog.example", pasted, answers, named("ana@blog.example", uri))


def _micro_blog() -> Server:
    uri = "https://micro.example/activitypub/ana"
    return Server(
        uri,
        "ana@ana.example",
        ("@ana@ana.example", "https://ana.example/", "ana.example", "@ana@micro.example"),
        {uri: actor(uri, "ana"), "https://ana.example/": Page()},
        {
            **named("ana@ana.example", uri),
            "acct:ana@micro.example": ("acct:ana@ana.example", (uri,)),
            "https://ana.example/": ("acct:ana@ana.example", (uri,)),
        },
    )


def _split_domain() -> Server:
    uri = "https://social.bread.example/users/ana"
    finger = "https://bread.example/.well-known/webfinger?resource=acct%3Aana%40bread.example"
    return Server(
        uri,
        "ana@bread.example",
        ("@ana@bread.example", "https://social.bread.example/@ana", "@ana@social.bread.example"),
        {
            uri: actor(uri, "ana"),
            "https://social.bread.example/@ana": actor(uri, "ana"),
            finger: "https://social.bread.example/.well-known/webfinger?resource=acct%3Aana%40bread.example",
            "https://social.bread.example/.well-known/webfinger?resource=acct%3Aana%40bread.example": "/finger/ana",
        },
        {"acct:ana@social.bread.example": ("acct:ana@bread.example", (uri,))},
    )


def _hubzilla() -> Server:
    uri = "https://hub.example/channel/ana"
    return Server(
        uri,
        "ana@hub.example",
        ("@ana@hub.example", uri, "HTTPS://Hub.Example/channel/ana"),
        {uri: actor(uri, "ana")},
        {"acct:ana@hub.example": (uri, (uri,))},
        media_type=LD,
    )


def _remote_profile() -> Server:
    """The page that a server shows of an account of another one, as a browser's address bar has it."""
    uri = "https://far.example/users/ana"
    return Server(
        uri,
        "ana@far.example",
        ("https://mastodon.example/@ana@far.example",),
        {uri: actor(uri, "ana"), "https://mastodon.example/@ana@far.example": Page()},
        named("ana@far.example", uri),
    )


def _international() -> Server:
    """A domain and a name outside ASCII: ids are written raw, requests are not."""
    raw, ascii_ = "https://bücherei.example/profile/zoë", "https://xn--bcherei-n2a.example/profile/zo%C3%AB"
    return Server(
        raw,
        "zoe@xn--bcherei-n2a.example",
        ("@zoe@bücherei.example", "@zoe@xn--bcherei-n2a.example", raw, ascii_, "https://BÜCHEREI.example./profile/zoë"),
        {ascii_: actor(raw, "zoe")},
        {"acct:zoe@xn--bcherei-n2a.example": ("acct:zoe@bücherei.example", (raw,))},
    )


def _hidden_from_documents() -> Server:
    """Pages for browsers, documents elsewhere: who asks the page's address for a document is told that there is none."""
    uri = "https://forge.example/api/v1/activitypub/user-id/1"
    answers = {uri: actor(uri, "ana"), "https://forge.example/ana": Page(link="/api/v1/activitypub/user-id/1")}
    return Server(uri, "ana@forge.example", ("https://forge.example/ana",), answers, named("ana@forge.example", uri))


def _misskey() -> Server:
    host = "https://key.example"
    uri, note = f"{host}/users/9abc", f"{host}/notes/9def"
    answers = {uri: actor(uri, "ana"), f"{host}/@ana": "/users/9abc", note: post(note, uri)}
    return Server(uri, "ana@key.example", ("@Ana@key.example", f"{host}/@ana", note), answers, _any_case("ana", uri))


def _any_case(name: str, uri: str) -> dict[str, tuple[str, tuple[Any, ...]]]:
    subject = f"acct:{name}@key.example"
    return {f"acct:{written}@key.example": (subject, (uri,)) for written in (name, name.title())}


def _mobilizon() -> Server:
    uri = "https://mob.example/@bakers"
    event = "https://mob.example/events/1"
    answers = {uri: actor(uri, "bakers", "Group"), event: post(event, uri, "Event")}
    return Server(
        uri, "bakers@mob.example", ("!bakers@mob.example", uri, event), answers, named("bakers@mob.example", uri)
    )


def _with_port() -> Server:
    uri = "https://lab.example:8443/users/ana"
    pasted = ("@ana@lab.example:8443", "acct:ana@LAB.example.:8443", uri, "lab.example:8443/users/ana")
    return Server(uri, "ana@lab.example:8443", pasted, {uri: actor(uri, "ana")}, named("ana@lab.example:8443", uri))


def _activity() -> Server:
    """A link to an activity: whose it is, is its actor."""
    uri, create = "https://own.example/user/ana", "https://own.example/user/ana/create/1"
    answers = {
        uri: actor(uri, "ana"),
        create: {"id": create, "type": "Create", "actor": uri, "object": post(f"{create}/o", uri)},
    }
    return Server(uri, "ana@own.example", (create,), answers, named("ana@own.example", uri))


def _by_page(host: str, uri: str, profile: str, *, name: str = "ana", type_: str = "Person") -> Server:
    """A profile page that only names its document."""
    answers = {uri: actor(uri, name, type_), profile: Page(link=uri)}
    return Server(uri, f"{name}@{host}", (f"@{name}@{host}", profile), answers, named(f"{name}@{host}", uri))


SERVERS: dict[str, Server] = {
    "Mastodon": usual(
        "m.example",
        "https://m.example/users/ana",
        profile="https://m.example/@ana",
        status="https://m.example/users/ana/statuses/1",
        link="https://m.example/@ana/1",
    ),
    "Mastodon with numbered ids": usual(
        "m.example",
        "https://m.example/ap/users/115",
        profile="https://m.example/@ana",
        status="https://m.example/ap/users/115/statuses/1",
        link="https://m.example/@ana/1",
        webfinger="ana@m.example",
    ),
    "Mastodon on a split domain": _split_domain(),
    "another server's page of it": _remote_profile(),
    "GoToSocial": usual(
        "gts.example",
        "https://gts.example/users/ana",
        profile="https://gts.example/@ana",
        status="https://gts.example/users/ana/statuses/01A",
        link="https://gts.example/@ana/statuses/01A",
    ),
    "Pleroma": usual(
        "pl.example",
        "https://pl.example/users/ana",
        profile="https://pl.example/ana",
        status="https://pl.example/objects/1-2",
        link="https://pl.example/notice/Axy",
    ),
    "Akkoma": usual(
        "ak.example",
        "https://ak.example/users/ana",
        profile="https://ak.example/users/ana/",
        status="https://ak.example/objects/1-2",
        link="https://ak.example/activities/1-2",
    ),
    "Misskey": _misskey(),
    "Lemmy community": _lemmy(),
    "Lemmy post": _lemmy_post(),
    "Mobilizon": _mobilizon(),
    "PeerTube": _peertube(),
    "WordPress": _wordpress(),
    "Bonfire": _by_page("fire.example", "https://fire.example/pub/actors/ana", "https://fire.example/@ana"),
    "Friendica": usual(
        "fr.example",
        "https://fr.example/profile/ana",
        profile="https://fr.example/~ana",
        status="https://fr.example/objects/1",
        link="https://fr.example/display/1",
        attributedTo="https://fr.example/profile/ana",
    ),
    "Hubzilla": _hubzilla(),
    "Pixelfed": usual(
        "px.example",
        "https://px.example/users/ana",
        profile="https://px.example/ana",
        status="https://px.example/p/ana/1",
        link="https://px.example/p/ana/1?x=1",
    ),
    "micro.blog": _micro_blog(),
    "Ghost": _by_page(
        "news.example", "https://news.example/.ghost/activitypub/users/index", "https://news.example/", name="index"
    ),
    "BookWyrm": usual(
        "books.example",
        "https://books.example/user/ana",
        profile="https://books.example/@ana",
        status="https://books.example/user/ana/review/1",
        link="https://books.example/user/ana/review/1/s/good",
    ),
    "WriteFreely": usual(
        "write.example",
        "https://write.example/api/collections/ana",
        profile="https://write.example/ana/",
        status="https://write.example/api/posts/1",
        link="https://write.example/ana/hello",
    ),
    "Funkwhale": _by_page("funk.example", "https://funk.example/federation/actors/ana", "https://funk.example/@ana"),
    "Owncast": _by_page(
        "live.example",
        "https://live.example/federation/user/live",
        "https://live.example/",
        name="live",
        type_="Service",
    ),
    "Discourse": _by_page(
        "talk.example",
        "https://talk.example/ap/actor/1f",
        "https://talk.example/c/bread/5",
        name="bread",
        type_="Group",
    ),
    "Forgejo": _hidden_from_documents(),
    "Bridgy": Server(
        "https://web.bridge.example/blog.example",
        "blog.example@web.bridge.example",
        ("@blog.example@web.bridge.example", "https://web.bridge.example/blog.example"),
        {"https://web.bridge.example/blog.example": actor("https://web.bridge.example/blog.example", "blog.example")},
        named("blog.example@web.bridge.example", "https://web.bridge.example/blog.example"),
    ),
    "snac": usual(
        "snac.example",
        "https://snac.example/ana",
        profile="https://snac.example/ana/",
        status="https://snac.example/ana/p/1",
        link="https://snac.example/ana/h/1",
    ),
    "fedcoop": usual(
        "bread.example",
        "https://bread.example/actors/bread",
        profile="https://bread.example/@bread",
        status="https://bread.example/motions/42",
        link="https://bread.example/motions/42?x=1",
        name="bread",
        type="Organization",
    ),
    "activitypub-bot": _activity(),
    "a port": _with_port(),
    "a domain and name outside ASCII": _international(),
}
