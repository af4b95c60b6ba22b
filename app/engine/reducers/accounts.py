"""Reducers for accounts, certificates, invitations and server bans."""

from app.engine.world.ban_index import Ban
from app.engine.world.user import AccountInfo
from app.engine.world.world import Invitation, World
from app.events import Event
from app.events.data import (
    AccountChangedData,
    BannedData,
    CertificateData,
    InvitationData,
    RegisteredData,
    RevokedData,
)
from app.wire.names import fold


def registered(world: World, event: Event) -> None:
    """Add an account, and consume one use of its invitation."""
    name, data = event.account or "", RegisteredData.of(event)
    world.accounts[fold(name)] = AccountInfo(data.id, name, data.role)
    world.skeletons.add(name)
    for invitation in world.invitations.values():
        if invitation.id == data.invitation:
            invitation.remaining_uses -= 1


def account_changed(world: World, event: Event) -> None:
    """Update the properties of an account."""
    account, data = world.find_account(event.account or ""), AccountChangedData.of(event)
    if account is None:
        return
    if data.role is not None:
        account.role = data.role
    if data.disabled is not None:
        account.disabled = data.disabled
    if data.always_on is not None:
        account.always_on = data.always_on
    account.password_version += data.password
    for user in world.users_of(account):
        world.user_counts.update(user)


def certificate_added(world: World, event: Event) -> None:
    """Bind a certificate to an account."""
    account = world.find_account(event.account or "")
    if account is not None:
        world.certificates[CertificateData.of(event).fingerprint] = account


def certificate_removed(world: World, event: Event) -> None:
    """Unbind a certificate, unless it is now bound to another account."""
    fingerprint = CertificateData.of(event).fingerprint
    if world.certificates.get(fingerprint) is world.find_account(event.account or ""):
        world.certificates.pop(fingerprint, None)


def invitation_made(world: World, event: Event) -> None:
    """Add an invitation."""
    data = InvitationData.of(event)
    world.invitations[data.digest] = Invitation(data.id, data.uses, data.expires)


def invitation_revoked(world: World, event: Event) -> None:
    """Remove an invitation."""
    revoked = RevokedData.of(event).id
    world.invitations = {
        digest: invitation for digest, invitation in world.invitations.items() if invitation.id != revoked
    }


def banned(world: World, event: Event) -> None:
    """Add a server ban."""
    data, by = BannedData.of(event), event.account or event.nick
    world.bans.add(Ban(data.id, data.type, event.target or "", event.text or "", data.expires, by))


def unbanned(world: World, event: Event) -> None:
    """Remove a server ban."""
    world.bans.remove(RevokedData.of(event).id)
