"""Reducers for deleted and renamed accounts: everything in memory that is filed under the name."""

from dataclasses import replace

from app.engine.world.room import MaskEntry, Room
from app.engine.world.user import AccountInfo
from app.engine.world.world import World
from app.events import Event
from app.events.data import AccountDeletedData, AccountRenamedData
from app.services.administration.bans import BanType
from app.services.erasure.subject import Messages
from app.wire import extbans
from app.wire.names import Key, fold


def deleted(world: World, event: Event) -> None:
    """Remove an account and its users, reserve its name, and forget what names it."""
    data = AccountDeletedData.of(event)
    world.begin_erasing()
    account = world.find_account_by_id(data.id)
    _reserve(world, data)
    if account is None:
        return
    for user in world.users_of(account):
        world.remove_user(user)
    del world.accounts[fold(account.name)]
    world.discard_skeleton(account.name)
    world.whowas.forget(account.name)
    world.certificates = {key: owner for key, owner in world.certificates.items() if owner is not account}
    author = None if data.messages == Messages.KEEP else event.nick
    for room in world.rooms.values():
        _forget_in_room(room, account, author)
    _forget_bans(world, fold(account.name), author)
    for user in world.users.values():
        (user.principal.markers or {}).pop(fold(account.name), None)
    for other in world.accounts.values():
        other.forget_private_metadata(fold(account.name))
        other.markers = None  # reloaded on demand


def _reserve(world: World, data: AccountDeletedData | AccountRenamedData) -> None:
    if data.reserved is not None:
        world.reservations.by_digest[data.reserved] = data.until


def _forget_in_room(room: Room, account: AccountInfo, author: str | None) -> None:
    """Remove the account's roles and masks that name it; replace the author of others."""
    key = fold(account.name)
    room.roles.pop(account.id, None)
    room.may_speak_at.pop(f"a{account.id}", None)
    room.topic_by = _replace_source(room.topic_by, key, author)
    for letter, entries in room.lists.items():
        for entry in list(entries.values()):
            if extbans.names_user(entry.mask, {key}):
                room.remove_list_entry(letter, entry.mask)
            else:
                entries[entry.mask] = replace(entry, by=_replace_source(entry.by, key, author))


def _replace_source(source: str, key: Key, author: str | None) -> str:
    """Return a `nick!user@host` with the pseudonym, or its nick alone, if it is the account's."""
    nick = source.partition("!")[0]
    if fold(nick) != key:
        return source
    return nick if author is None else author


def _forget_bans(world: World, key: Key, author: str | None) -> None:
    """Remove the bans that name a deleted account, and replace the author of its bans."""
    for ban in list(world.bans.by_id.values()):
        if extbans.names_user(ban.mask, {key}):
            world.bans.remove(ban.id)
        elif author is not None and fold(ban.by) == key:
            world.bans.add(replace(ban, by=author))


def renamed(world: World, event: Event) -> None:
    """Rename an account, and what others keep under its name."""
    data = AccountRenamedData.of(event)
    account, new = world.find_account_by_id(data.id), event.target or ""
    _reserve(world, data)
    if account is None:
        return
    old, account.name = account.name, new
    del world.accounts[fold(old)]
    world.accounts[fold(new)] = account
    world.discard_skeleton(old)
    world.skeletons.add(new)
    for client in world.clients:
        if client.account == old:
            client.account = new
    _rename_masks(world, old, new)
    if fold(old) != fold(new):
        _move_targets(world, fold(old), fold(new))


def _rename_masks(world: World, old: str, new: str) -> None:
    """Rename the account in bans and masks, so that they still apply."""
    keys = {fold(old)}
    for ban in list(world.bans.by_id.values()):
        if ban.type == BanType.ACCOUNT and fold(ban.mask) in keys:
            world.bans.add(replace(ban, mask=new))
    for room in world.rooms.values():
        for letter in room.lists:
            _rename_entries(room, letter, keys, new)


def _rename_entries(room: Room, letter: str, keys: set[Key], new: str) -> None:
    for entry in list(room.lists[letter].values()):
        mask = extbans.rename_account(entry.mask, keys, new)
        if mask is not None:
            room.remove_list_entry(letter, entry.mask)
            room.add_list_entry(letter, MaskEntry(mask, entry.by, entry.at))


def _move_targets(world: World, old: Key, new: Key) -> None:
    """Move read markers and private metadata from the old name to the new one."""
    for account in world.accounts.values():
        account.markers = None  # reloaded on demand
        account.move_private_metadata(old, new)
    for user in world.users.values():
        user.markers = None
