"""Applying for an account by mail, and completing it: VERIFY (IRCv3 draft/account-registration)."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from app.commands.accounts import login
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata.profiles import take_along
from app.commands.registry import command
from app.engine.submission_unit import SlowWork
from app.engine.throttle import describe_wait, rate_key
from app.services import mail
from app.services.accounts import PasswordHashes, protect
from app.services.applications import CODE_LENGTH, Applicant, applied, granted
from app.services.codes import digest_of, new_code
from app.wire.names import fold

C = TypeVar("C", bound=Context)
Announce = Callable[[C, str, str, str], None]  # an outcome, the account's name, a sentence

logger = logging.getLogger(__name__)


def apply(ctx: C, name: str, address: str, password: str, announce: Announce[C]) -> SlowWork:
    """Send a code to an address, and keep what the account will be made of."""
    runtime, code = ctx.runtime, new_code(ctx.runtime.clock, CODE_LENGTH)
    runtime.rate_limits.registrations.note(rate_key(ctx.client.address))
    runtime.rate_limits.mails.note(address.lower())

    def post(session: Session) -> Applicant | None:
        session.close()  # the rest is slow
        hashed = protect(password)
        try:
            mail.send(
                runtime.settings,
                address,
                f"Your code for {runtime.network_name}",
                _letter(runtime.network_name, name, code),
            )
        except mail.NotSent as error:
            logger.error("A code could not be mailed: %s", error.sentence)
            return None
        return Applicant(PasswordHashes(hashed.password_hash, hashed.scram, address), digest_of(code))

    def keep(ctx: C, applicant: Applicant | None) -> None:
        if applicant is None:
            text = "The mail could not be sent; try again later, or ask an administrator"
            raise FailReply("REGISTER", "TEMPORARILY_UNAVAILABLE", name, text=text)
        ctx.changeset.emit(applied(runtime.clock, name, applicant))
        text = f"A code was mailed to you; VERIFY {name} and the code complete it, within a day"
        announce(ctx, "VERIFICATION_REQUIRED", name, text)

    return ctx.defer(post, keep, writes=True)


def _letter(network: str, name: str, code: str) -> str:
    return (
        f"Somebody, probably you, wants to have the name {name} at {network}.\n"
        f"This completes it:\n\n    /verify {code}\n\n"
        f"in chat-client, and in any other client:\n\n    /msg NickServ VERIFY {name} {code}\n\n"
        "The code is good for a day. If it was not you, forget this mail; nothing will happen.\n"
    )


@command(before_registration=True, writes=True, cost=5)
def verify(ctx: Context, account: str, code: str) -> None:
    """Complete the registration of an account with the code that was mailed."""
    complete(ctx, account, code, say)


def say(ctx: Context, outcome: str, name: str, text: str) -> None:
    """Announce what became of REGISTER or VERIFY, as they do."""
    ctx.send_from_server(ctx.verb, outcome, name, text=text)


def complete(ctx: C, account: str, code: str, announce: Announce[C]) -> None:
    """Make the account that a code completes, and log the caller in to it. A wrong code counts as a failed log-in.

    Raises: Failed.
    """
    _refuse_now(ctx, account)
    event = granted(ctx.runtime.ledger.connection, ctx.runtime.clock, fold(account), code)
    if event is None:
        login.note_failure(ctx, account)
        text = "This is not the code, or it is older than a day; REGISTER sends another"
        raise FailReply("VERIFY", "INVALID_CODE", account, text=text)
    name = event.account or ""
    if ctx.world.find_account(name) is not None:
        raise FailReply(
            "VERIFY", "ACCOUNT_EXISTS", name, text="Somebody else has registered this name meanwhile"
        )
    ctx.emit_without_reply(event)
    announce(ctx, "SUCCESS", name, f"The account {name} is yours")
    enter(ctx, name)
    login.free_name(ctx.runtime, ctx.changeset, name)


def enter(ctx: Context, name: str) -> None:
    """Log the caller in to an account that was just made."""
    account = ctx.world.accounts[fold(name)]
    if ctx.user is not None:
        take_along(ctx.runtime, ctx.changeset, ctx.user, account)
    login.welcome_back(ctx, account)
    login.log_in(ctx, account)


def _refuse_now(ctx: Context, account: str) -> None:
    """Refuse who is logged in, has not given the server's password, or guesses."""
    if ctx.client.account is not None:
        text = f"You are logged in as {ctx.client.account} already"
        raise FailReply("VERIFY", "ALREADY_AUTHENTICATED", account, text=text)
    if ctx.user is None and ctx.runtime.settings.password is not None:
        raise FailReply("VERIFY", "COMPLETE_CONNECTION_REQUIRED", account, text="Finish connecting first")
    seconds = login.seconds_to_wait(ctx, account)
    if seconds > 0:
        text = f"Too many wrong codes or passwords; wait {describe_wait(seconds)} and try again"
        raise FailReply("VERIFY", "TEMPORARILY_UNAVAILABLE", account, text=text)
