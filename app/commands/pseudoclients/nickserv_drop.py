"""NickServ DROP and EXPORT: users delete their accounts themselves, and learn about exports."""

from app.commands.errors import FailReply
from app.commands.pseudoclients.nickserv import get_own_account
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.registry import Secret, subcommand
from app.commands.sessions.account_deletion import delete_account
from app.engine.delivery.client import DeletionRequest
from app.engine.world.user import AccountInfo
from app.events import Event
from app.services.accounts.codes import hash_code, new_code
from app.services.accounts.name_reservations import make_reservation
from app.services.erasure.accounts import (
    deletion_event,
    new_pseudonym,
    reservation_days,
    topic_events,
)
from app.services.erasure.subject import Messages

CODE_LENGTH = 10  # characters of five bits each
CODE_SECONDS = 600.0
_CONSEQUENCES = {
    Messages.KEEP: "your messages in rooms stay, under your name",
    Messages.ANONYMISE: "your messages in rooms stay, under the name deleted-user-...",
    Messages.ERASE: "your messages in rooms are erased",
}


@subcommand(cost=2, grammar="KEEP|ANONYMISE|ERASE")
def nickserv_drop(ctx: ServiceContext, messages: str = "") -> None:
    """Delete your account permanently. The word decides about your messages in rooms.

    They stay under your name, stay under a pseudonym, or are erased. Your private conversations and
    all other data are erased in any case. You receive a code, with which you confirm the deletion.
    """
    account, chosen = get_own_account(ctx), _parse_choice(ctx, messages)
    code = new_code(ctx.runtime.clock, CODE_LENGTH)
    end = ctx.runtime.clock.monotonic() + CODE_SECONDS
    ctx.client.deletion_request = DeletionRequest(account.id, chosen.value, hash_code(code), end)
    ctx.respond(
        f"This deletes the account {account.name} with its private conversations permanently; "
        f"{_CONSEQUENCES[chosen]}",
        f"To confirm within ten minutes: /msg NickServ DROP CONFIRM {code}",
    )


def _parse_choice(ctx: ServiceContext, word: str) -> Messages:
    """Return what becomes of the messages.

    Raises: FailReply when the word says nothing about it.
    """
    try:
        return Messages(word.lower())
    except ValueError:
        choices = "; ".join(f"DROP {choice.name}: {text}" for choice, text in _CONSEQUENCES.items())
        raise FailReply(ctx.verb, "INVALID_PARAMS", text=f"Use one of these: {choices}") from None


@subcommand(writes=True, cost=5)
def nickserv_drop_confirm(ctx: ServiceContext, code: Secret) -> None:
    """Confirm the deletion of your account with the code from DROP, within ten minutes.

    The code is valid once, on the connection that requested it.
    """
    account, request = get_own_account(ctx), ctx.client.deletion_request
    ctx.client.deletion_request = None
    now = ctx.runtime.clock.monotonic()
    if request is None or request.account != account.id or request.expires <= now:
        raise FailReply(ctx.verb, "INVALID_CODE", text="There is no valid code; request one with DROP")
    if hash_code(code) != request.digest:
        raise FailReply(ctx.verb, "INVALID_CODE", text="The code is wrong; request another one with DROP")
    ctx.respond(f"Deleted the account {account.name}; what it left is erased within minutes")
    messages = Messages(request.messages)
    if messages is Messages.ERASE:
        _remove_topics(ctx, account)
    event = _deletion_event(ctx, account, messages)
    delete_account(ctx.runtime, ctx.changeset, event, ctx.changeset.emit)


def _remove_topics(ctx: ServiceContext, account: AccountInfo) -> None:
    """Remove the topics of rooms that the account has set."""
    by = ctx.runtime.server_name
    for event in ctx.read(lambda connection: topic_events(connection, account.name, by)):
        ctx.changeset.emit(event)


def _deletion_event(ctx: ServiceContext, account: AccountInfo, messages: Messages) -> Event:
    """Return the event of the deletion, of which the pseudonym is the author."""
    runtime, pseudonym = ctx.runtime, new_pseudonym(ctx.runtime.clock)
    days = reservation_days(messages, runtime.settings.name_reservation_days)
    reserved = make_reservation(ctx.world.reservations.key, runtime.clock, account.name, days)
    return deletion_event(account.id, messages, pseudonym, pseudonym, reserved)


@subcommand()
def nickserv_export(ctx: ServiceContext) -> None:
    """Explain how you get a copy of everything that the server stores about you."""
    account = get_own_account(ctx)
    ctx.respond(
        "An administrator makes the copy, because it is a file and contains your private messages: "
        f"ask one (/admin lists those online) to run: chat-admin user export {account.name}",
        "It is a ZIP archive with a page to read and JSON for programs",
    )
