"""The member register and the linking of fediverse accounts (governance.md 15; federation.md 14)."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from fedcoop.accounts import links as link_rules
from fedcoop.actions.acting import in_name_of
from fedcoop.actions.events import CodeSent, LinkConfirmed, LinkProven
from fedcoop.actions.members import registrar
from fedcoop.governance.events import MemberAdmitted
from fedcoop.governance.members.member import DEFAULT_CLASS, ENDED, Member, MemberStatus, check_signing_in
from fedcoop.kernel.errors import Conflict, Invalid, NotFound
from fedcoop.kernel.html import plain_text
from fedcoop.kernel.ids import ActorId, MemberId
from fedcoop.storage.instance.vault import token_hash
from fedcoop.storage.records import Account, Actor, Link, LinkChallenge
from fedcoop.storage.unit_of_work import UnitOfWork

INVITATION_LASTS = timedelta(days=14)
SIGN_IN_LINK_LASTS = timedelta(minutes=15)
CODE_LASTS = timedelta(minutes=15)
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,190}")
_NAME = re.compile(r"[a-z0-9_]+(?:[.-][a-z0-9_]+)*")


@dataclass(frozen=True, slots=True)
class NewMember:
    """What the registrar enters. `password_hash` empty: the member gets an invitation link instead."""

    name: str
    email: str
    display_name: str = ""
    member_class: str = DEFAULT_CLASS
    is_admin: bool = False
    password_hash: str = ""


def add_member(uow: UnitOfWork, *, new: NewMember, who: str) -> tuple[Member, str]:
    """Enter a full member with an account; return the member and the secret of an invitation link.

    Raises Invalid (`name-bad`, `email-bad`), NotFound (`class-unknown`) or Conflict (`name-taken`, `email-taken`).
    """
    name, email = new.name.strip().lower(), new.email.strip().lower()
    _check_new(uow, name, email)
    registrar.check_class_known(uow, new.member_class)
    member = Member(
        id=MemberId(uow.new_id()),
        number=uow.members.next_number(),
        name=name,
        display_name=plain_text(new.display_name or new.name, 200),
        email=email,
        member_class=new.member_class,
        status=MemberStatus.FULL,
        is_admin=new.is_admin,
        joined_at=uow.now,
        left_at=None,
    )
    uow.members.add(member)
    uow.accounts.add(Account(id=uow.new_id(), member_id=member.id, password_hash=new.password_hash, created_at=uow.now))
    uow.audit(
        "member-admitted", who=who, subject=f"member:{member.number}", details={"name": name, "class": new.member_class}
    )
    uow.record(MemberAdmitted(member_id=member.id))
    return member, one_time_link(uow, member_id=member.id, purpose="invitation")


def one_time_link(uow: UnitOfWork, *, member_id: MemberId, purpose: str) -> str:
    """Make a link that signs the member in once: `invitation` lasts 14 days, `sign-in` 15 minutes; return its secret.

    Links made before no longer work. Raises NotAllowed (`membership-over`) or NotFound (`account-unknown`).
    """
    check_signing_in(uow.members.get(member_id))
    account = uow.accounts.of_member(member_id)
    if account is None:
        raise NotFound("account-unknown", "This member has no account.")
    uow.accounts.end_one_time_tokens(account.id)
    secret = secrets.token_urlsafe(32)
    lasts = INVITATION_LASTS if purpose == "invitation" else SIGN_IN_LINK_LASTS
    uow.accounts.add_one_time_token(
        token_hash=token_hash(secret), account_id=account.id, purpose=purpose, now=uow.now, expires_at=uow.now + lasts
    )
    return secret


def end_membership(uow: UnitOfWork, *, member_id: MemberId, who: str, reason: str) -> Member:
    """The member has left: no vote from now on, sessions end, linked accounts are frozen; cast ballots stand."""
    member = uow.members.get(member_id)
    if member.status in ENDED:
        raise Conflict("member-left", "This membership has ended already.")
    return registrar.end(uow, member, status=MemberStatus.LEFT, who=who, reason=reason)


# linking


@in_name_of("member_id")
def start_link(uow: UnitOfWork, *, member_id: MemberId, handle: str, actor_uri: str) -> LinkChallenge:
    """Give the member a new one-time code for the account; an earlier code no longer works (federation.md 14.1).

    `handle` and `actor_uri` were resolved and looped back before. Raises Conflict (`link-taken`, `link-limit`).
    """
    _check_linkable(uow, member_id, uow.actors.find(actor_uri))
    code = link_rules.new_code(secrets.token_bytes)
    challenge = LinkChallenge(
        code_hash=token_hash(link_rules.normal_code(code)),
        member_id=member_id,
        code_secret=uow.site.vault.seal(code.encode()),
        handle=handle,
        actor_uri=actor_uri,
        expires_at=uow.now + CODE_LASTS,
        proven_at=None,
        actor_id=None,
    )
    uow.members.put_challenge(challenge)
    uow.audit("link-started", who=f"member:{member_id}", subject=f"member:{member_id}")
    return challenge


def code_of(uow: UnitOfWork, challenge: LinkChallenge) -> str:
    """Return the code in clear, to show it to its member."""
    return uow.site.vault.open(challenge.code_secret).decode()


def prove_link(uow: UnitOfWork, *, text: str, actor: Actor) -> bool:
    """Take a direct message as proof of control; return whether it held a valid code for this very actor (14.2).

    A code that is over, or that another account sends, has no effect and tells the sender nothing.
    """
    for code in link_rules.codes_in(text):
        challenge = uow.members.find_challenge(token_hash(code))
        if challenge is None or challenge.expires_at < uow.now or challenge.proven_at is not None:
            continue
        if challenge.actor_uri != actor.uri:
            uow.audit(
                "link-refused",
                subject=f"member:{challenge.member_id}",
                details={"actor": actor.uri, "code": "other-actor"},
            )
            continue
        uow.members.prove_challenge(challenge.code_hash, actor.id, uow.now)
        uow.audit("link-proven", who=actor.uri, subject=f"member:{challenge.member_id}")
        uow.record(LinkProven(member_id=challenge.member_id, actor_id=actor.id))
        return True
    return False


@in_name_of("member_id")
def confirm_link(uow: UnitOfWork, *, member_id: MemberId) -> Link:
    """The member says "yes, this is me": the account that sent the code is linked (14.3).

    Raises Conflict (`link-unproven`, `link-taken`, `link-limit`).
    """
    challenge = uow.members.challenge_of(member_id)
    if challenge is None or challenge.actor_id is None or challenge.proven_at is None:
        raise Conflict("link-unproven", "The code has not arrived yet.")
    actor = uow.actors.get(challenge.actor_id)
    uow.members.drop_challenge(member_id)
    return _link(uow, member_id, actor, challenge.handle, who=f"member:{member_id}")


def link_by_operator(uow: UnitOfWork, *, member_id: MemberId, actor: Actor, handle: str) -> Link:
    """Link an account by the operator's word; the audit log says so."""
    return _link(uow, member_id, actor, handle, who="operator")


@in_name_of("member_id")
def send_code(uow: UnitOfWork, *, member_id: MemberId, recipient_uri: str, text: str) -> None:
    """The member's public profile here sends another co-op the code it gave: so this account is linked there.

    Raises Conflict (`actor-missing`), NotFound (`actor-unknown`) or Invalid (`code-bad`).
    """
    code = next(iter(link_rules.codes_in(text)), None)
    if code is None:
        raise Invalid("code-bad", "That is not a whole code. Copy it from the other co-op’s page.", field="code")
    actor_id = uow.members.actor_id_of(member_id)
    if actor_id is None:
        raise Conflict("actor-missing", "Open a public profile first; the code is sent in its name.")
    recipient = uow.actors.find(recipient_uri)
    if recipient is None or recipient.local:
        raise NotFound("actor-unknown", "There is no such account elsewhere.")
    uow.audit("code-sent", who=f"member:{member_id}", subject=recipient.uri)
    uow.record(CodeSent(actor_id=actor_id, recipient_id=recipient.id, code=code))


@in_name_of("member_id")
def cancel_link(uow: UnitOfWork, *, member_id: MemberId) -> None:
    """Forget the member's pending code."""
    uow.members.drop_challenge(member_id)


@in_name_of("member_id")
def unlink(uow: UnitOfWork, *, member_id: MemberId, link_id: int) -> None:
    """Remove one of the member's links at once; ballots already counted stay. Raises NotFound for a link of others."""
    link = uow.members.get_link(link_id)
    if link.member_id != member_id:
        raise NotFound("link-unknown", "There is no such linked account.")
    uow.members.drop_link(link_id)
    uow.audit("link-removed", who=f"member:{member_id}", subject=f"member:{member_id}")


def freeze_links(uow: UnitOfWork, *, actor_ids: Sequence[ActorId], reason: str) -> None:
    """Votes of these actors are `unlinked` until their members confirm them again (14.4)."""
    if uow.members.freeze_links(actor_ids, reason):
        uow.audit("links-frozen", details={"actors": list(actor_ids)}, reason=reason)


def _link(uow: UnitOfWork, member_id: MemberId, actor: Actor, handle: str, *, who: str) -> Link:
    existing = _check_linkable(uow, member_id, actor)
    link = Link(
        id=existing.id if existing else uow.new_id(),
        member_id=member_id,
        actor_id=actor.id,
        state="active",
        handle=handle,
        reason="",
        created_at=existing.created_at if existing else uow.now,
        confirmed_at=uow.now,
    )
    uow.members.put_link(link)
    uow.actors.trust_keys(actor.id)
    uow.audit("link-confirmed", who=who, subject=f"member:{member_id}", details={"actor": actor.uri})
    uow.record(LinkConfirmed(member_id=member_id, actor_id=actor.id))
    return link


def _check_linkable(uow: UnitOfWork, member_id: MemberId, actor: Actor | None) -> Link | None:
    """Return the member's own link to the actor, if any. One actor ↔ one membership, one membership ↔ at most 3 actors."""
    if actor is not None:
        existing = uow.members.find_link(actor.id)
        if existing is not None and existing.member_id != member_id:
            raise Conflict("link-taken", "This account is linked to another membership.")
        if existing is not None:
            return existing
    if len(uow.members.links_of(member_id)) >= link_rules.MAX_LINKS:
        raise Conflict("link-limit", f"A membership can have {link_rules.MAX_LINKS} linked accounts. Remove one first.")
    return None


def _check_new(uow: UnitOfWork, name: str, email: str) -> None:
    if len(name) > 64 or not _NAME.fullmatch(name):
        raise Invalid("name-bad", "Use lower-case letters, digits, “_”, “.” and “-” for the short name.", field="name")
    if not _EMAIL.fullmatch(email):
        raise Invalid("email-bad", "Write the whole e-mail address, like noor@example.org.", field="email")
    if uow.members.find_by_name(name) is not None:
        raise Conflict("name-taken", f"There is a member called {name} already.")
    if uow.members.find_by_email(email) is not None:
        raise Conflict("email-taken", f"There is a member with the address {email} already.")
