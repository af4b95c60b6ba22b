"""What holds for accounts and against strangers: registered names, invitations, and bans from the server."""

from app.engine.world.user import AccountInfo
from app.engine.world.world import Ban, Invitation, World, reduces
from app.events import Event, Kind
from app.wire.names import fold


@reduces(Kind.REGISTERED)
def registered(world: World, event: Event) -> None:
    """A name belongs to an account."""
    name = event.account or ""
    world.accounts[fold(name)] = AccountInfo(event.data["id"], name, event.data["role"])
    world.add_skeleton(name)
    for invitation in world.invitations.values():
        if invitation.id == event.data.get("invitation"):
            invitation.left -= 1


@reduces(Kind.ACCOUNT_CHANGED)
def account_changed(world: World, event: Event) -> None:
    """An account has another role, or may or may not be used, or stays or not."""
    account = world.find_account(event.account or "")
    if account is not None:
        account.role = event.data.get("role", account.role)
        account.disabled = event.data.get("disabled", account.disabled)
        account.renewals += bool(event.data.get("password"))
        account.always_on = event.data.get("always_on", account.always_on)
        for user in world.users_of(account):
            world.user_counts.note(user)


@reduces(Kind.CERTIFICATE_ADDED)
def certificate_added(world: World, event: Event) -> None:
    """A certificate opens an account."""
    account = world.find_account(event.account or "")
    if account is not None:
        world.certificates[event.data["fingerprint"]] = account


@reduces(Kind.CERTIFICATE_REMOVED)
def certificate_removed(world: World, event: Event) -> None:
    """A certificate opens nothing any more."""
    fingerprint = event.data["fingerprint"]
    if world.certificates.get(fingerprint) is world.find_account(event.account or ""):
        world.certificates.pop(fingerprint, None)


@reduces(Kind.INVITATION_MADE)
def invitation_made(world: World, event: Event) -> None:
    """Whoever shows a code may make an account."""
    data = event.data
    world.invitations[data["digest"]] = Invitation(data["id"], data["uses"], data["expires"])


@reduces(Kind.INVITATION_REVOKED)
def invitation_revoked(world: World, event: Event) -> None:
    """A code is worth nothing any more."""
    id_ = event.data["id"]
    world.invitations = {digest: one for digest, one in world.invitations.items() if one.id != id_}


@reduces(Kind.BANNED)
def banned(world: World, event: Event) -> None:
    """A server-wide ban holds."""
    data, by = event.data, event.account or event.nick
    world.bans[data["id"]] = Ban(
        data["id"], data["type"], event.target or "", event.text or "", data["expires"], by
    )


@reduces(Kind.UNBANNED)
def unbanned(world: World, event: Event) -> None:
    """A server-wide ban is lifted."""
    world.bans.pop(event.data["id"], None)
