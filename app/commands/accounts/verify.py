"""E-mail verification of a new account, and VERIFY (IRCv3 draft/account-registration)."""

import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from app.access_log import Mechanism
from app.commands.accounts import login
from app.commands.context import Context
from app.commands.errors import FailReply
from app.commands.metadata.profiles import adopt_guest_values
from app.commands.registry import command
from app.engine.limits.rate_limits import describe_wait
from app.engine.submission_unit import SlowWork
from app.events import Applicant, PasswordHashes
from app.services.accounts import mail
from app.services.accounts.applications import CODE_LENGTH, application_event, redeem_code
from app.services.accounts.codes import hash_code, new_code
from app.services.accounts.passwords import hash_password
from app.wire.names import fold

C = TypeVar("C", bound=Context)
Announce = Callable[[C, str, str, str], None]  # outcome, account name, description

logger = logging.getLogger(__name__)


def mail_code(ctx: C, name: str, address: str, password: str, announce: Announce[C]) -> SlowWork:
    """Return slow work that mails a code and then stores the application for the account."""
    runtime, flow, code = ctx.runtime, ctx.rate_key, new_code(ctx.runtime.clock, CODE_LENGTH)
    runtime.rate_limits.registrations.record(flow)
    runtime.rate_limits.mails.record(address.lower())

    def send(session: Session) -> Applicant | None:
        session.close()  # release the connection: hashing and sending are slow
        hashes = hash_password(password, flow)
        try:
            mail.send(
                runtime.settings,
                address,
                f"Your code for {runtime.network_name}",
                _mail_text(runtime.network_name, name, code),
            )
        except mail.MailError as error:
            logger.error("Cannot mail a verification code: %s", error.sentence)
            return None
        return Applicant(PasswordHashes(hashes.password_hash, hashes.scram, address), hash_code(code))

    def store(ctx: C, applicant: Applicant | None) -> None:
        if applicant is None:
            text = "The verification mail could not be sent; try again later or ask an administrator"
            raise FailReply("REGISTER", "TEMPORARILY_UNAVAILABLE", name, text=text)
        ctx.changeset.emit(application_event(runtime.clock, name, applicant))
        text = f"A code was mailed to you; complete the registration with VERIFY {name} <code> within a day"
        announce(ctx, "VERIFICATION_REQUIRED", name, text)

    return ctx.defer(send, store, writes=True)


def _mail_text(network: str, name: str, code: str) -> str:
    return (
        f"Someone, probably you, asked to register the account {name} at {network}.\n"
        f"To complete the registration, enter this in chat-client:\n\n    /verify {code}\n\n"
        f"or this in any other client:\n\n    /msg NickServ VERIFY {name} {code}\n\n"
        "The code is valid for one day. If you did not ask for it, ignore this mail.\n"
    )


@command(before_registration=True, writes=True, cost=5)
def verify(ctx: Context, account: str, code: str) -> None:
    """Complete the registration of an account with the code sent by mail.

    The code is valid for a day. A wrong code counts as a failed login.
    """
    complete_verification(ctx, account, code, send_outcome)


def send_outcome(ctx: Context, outcome: str, name: str, text: str) -> None:
    """Send the outcome of REGISTER or VERIFY (IRCv3 draft/account-registration)."""
    ctx.send_from_server(ctx.verb, outcome, name, text=text)


def complete_verification(ctx: C, account: str, code: str, announce: Announce[C]) -> None:
    """Create the account whose e-mail address the code verifies, and log the caller in to it.

    Raises: FailReply; a wrong code counts as a failed login. ConnectionBanned.
    """
    attempt = login.LoginAttempt(account, Mechanism.VERIFY)
    login.refuse_banned(ctx, attempt)
    _check_may_verify(ctx, attempt)
    event = ctx.read(lambda connection: redeem_code(connection, ctx.runtime.clock, fold(account), code))
    if event is None:
        login.record_failure(ctx, attempt, "wrong code")
        text = "The code is wrong or older than a day; use REGISTER to get a new one"
        raise FailReply("VERIFY", "INVALID_CODE", account, text=text)
    name = event.account or ""
    if ctx.world.find_account(name) is not None:
        raise FailReply(
            "VERIFY",
            "ACCOUNT_EXISTS",
            name,
            text="This account was registered by another user in the meantime",
        )
    ctx.emit_without_reply(event)
    announce(ctx, "SUCCESS", name, f"Account {name} registered")
    log_in_to_new_account(ctx, login.LoginAttempt(name, Mechanism.VERIFY))
    login.release_nick(ctx.runtime, ctx.changeset, name)


def log_in_to_new_account(ctx: Context, attempt: login.LoginAttempt) -> None:
    """Log the caller in to the account just registered, keeping the metadata set as a guest."""
    account = ctx.world.accounts[fold(attempt.name)]
    if ctx.user is not None:
        adopt_guest_values(ctx.runtime, ctx.changeset, ctx.user, account)
    login.confirm_login(ctx, account)
    login.log_in(ctx, account, attempt.mechanism)


def _check_may_verify(ctx: Context, attempt: login.LoginAttempt) -> None:
    account = attempt.name
    if ctx.client.account is not None:
        text = f"You are already logged in as {ctx.client.account}"
        raise FailReply("VERIFY", "ALREADY_AUTHENTICATED", account, text=text)
    if ctx.user is None and ctx.runtime.settings.password is not None:
        raise FailReply(
            "VERIFY", "COMPLETE_CONNECTION_REQUIRED", account, text="Complete connection registration first"
        )
    seconds = login.login_delay_seconds(ctx, attempt)
    if seconds > 0:
        text = f"Too many failed attempts; wait {describe_wait(seconds)} and try again"
        raise FailReply("VERIFY", "TEMPORARILY_UNAVAILABLE", account, text=text)
