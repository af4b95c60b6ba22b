"""SASL login: AUTHENTICATE with PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 7677) and EXTERNAL.

A client sends each message in chunks of 400 characters of base64; a shorter chunk ends the message
(IRCv3 sasl-3.1). Between messages, the state of the exchange is kept in `client.sasl`.
The last step of a login is always slow work on the reader's thread, after which the engine
continues with a writable changeset. By then the world includes every earlier account change made
by `chat-admin`.
"""

from abc import ABC, abstractmethod
from base64 import b64decode
from typing import ClassVar, NoReturn

from scramp import ScramException
from sqlalchemy.orm import Session

from app.access_log import UNKNOWN, Mechanism
from app.commands.accounts.login import (
    LoginAttempt,
    check_login,
    check_login_delay,
    confirm_login,
    fail_login,
    log_failure,
    log_in,
    password_version,
    verify_password,
)
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.delivery.client import Client, SaslState
from app.engine.submission_unit import SlowWork
from app.services.accounts.scram import ScramLogin, start_scram_login
from app.wire import numerics
from app.wire.names import fold
from app.wire.sasl import MAX_CHUNK_CHARACTERS, encode_chunks

MAX_MESSAGE_CHARACTERS = 4000  # base64 characters in one client message
_MECHANISM_CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")  # RFC 4422 section 3.1
_MAX_MECHANISM_LENGTH = 20


class SaslExchange(SaslState, ABC):
    """An authentication exchange; each SASL mechanism is a subclass."""

    mechanism: ClassVar[Mechanism]

    @abstractmethod
    def process(self, ctx: Context, message: bytes) -> SlowWork | None:
        """Process a complete message from the client.

        Raises: NumericError with ERR_SASLFAIL, which ends the exchange.
        """


@command(before_registration=True, reads_world=False)
def authenticate(ctx: Context, data: str) -> SlowWork | None:
    """Log in to an account by SASL.

    The first message names the mechanism: PLAIN, SCRAM-SHA-256 or EXTERNAL. Further
    messages carry its data in base64, in chunks of up to 400 characters. `AUTHENTICATE *` aborts.
    """
    exchange = ctx.client.sasl
    if data == "*":
        ctx.client.sasl = None
        raise NumericError(numerics.ERR_SASLABORTED)
    if not isinstance(exchange, SaslExchange):
        _start_exchange(ctx, data)
        return None
    return _continue_exchange(ctx, exchange, data)


def _start_exchange(ctx: Context, mechanism: str) -> None:
    offered = offered_mechanisms(ctx.client)
    exchange = MECHANISMS.get(mechanism.upper())
    if exchange is None:
        is_name = _MECHANISM_CHARACTERS.issuperset(mechanism.upper())
        if len(mechanism) <= _MAX_MECHANISM_LENGTH and is_name:
            ctx.reply(numerics.RPL_SASLMECHS, ",".join(offered))
        raise NumericError(numerics.ERR_SASLFAIL)
    ctx.client.sasl = exchange()
    _send_message(ctx, b"")


def _continue_exchange(ctx: Context, exchange: SaslExchange, chunk: str) -> SlowWork | None:
    """Collect a chunk; process the message once it is complete."""
    if len(chunk) > MAX_CHUNK_CHARACTERS:
        ctx.client.sasl = None
        raise NumericError(numerics.ERR_SASLTOOLONG)
    exchange.received += "" if chunk == "+" else chunk
    try:
        if len(exchange.received) > MAX_MESSAGE_CHARACTERS:
            refuse_message(ctx, exchange, "The SASL message is too long")
        is_complete = len(chunk) < MAX_CHUNK_CHARACTERS
        return exchange.process(ctx, _decode_message(ctx, exchange)) if is_complete else None
    except NumericError:
        ctx.client.sasl = None
        raise


def refuse_message(ctx: Context, exchange: SaslExchange, text: str | None = None) -> NoReturn:
    """Refuse a malformed message.

    Raises: NumericError with ERR_SASLFAIL.
    """
    log_failure(ctx, LoginAttempt(UNKNOWN, exchange.mechanism), "malformed message")
    raise NumericError(numerics.ERR_SASLFAIL, text=text)


def _decode_message(ctx: Context, exchange: SaslExchange) -> bytes:
    """Decode and return the collected message, and clear the buffer.

    Raises: NumericError with ERR_SASLFAIL when it is not valid base64.
    """
    text, exchange.received = exchange.received, ""
    try:
        return b64decode(text, validate=True)
    except ValueError:  # binascii.Error, or characters outside ASCII
        refuse_message(ctx, exchange, "The SASL message is not valid base64")


def _send_message(ctx: Context, message: bytes) -> None:
    """Send a message without a source and tags, which many older clients do not recognise here."""
    for chunk in encode_chunks(message):
        ctx.send_bare(f"AUTHENTICATE {chunk}")


def _finish_login(ctx: Context, attempt: LoginAttempt, is_proven: bool) -> None:
    """End the exchange, and log the caller in if the credentials were verified.

    Raises: NumericError with ERR_SASLFAIL.
    """
    ctx.client.sasl = None
    account = check_login(ctx, attempt, is_proven)
    confirm_login(ctx, account)
    ctx.reply(numerics.RPL_SASLSUCCESS)
    log_in(ctx, account, attempt.mechanism)


class PlainExchange(SaslExchange):
    """PLAIN: the account's name and password in one message."""

    mechanism = Mechanism.PLAIN

    def process(self, ctx: Context, message: bytes) -> SlowWork | None:
        """Process `authzid NUL authcid NUL password`; an authzid must equal the authcid."""
        try:
            authzid, name, password = message.decode().split("\0")
        except ValueError:
            refuse_message(ctx, self, "The message does not have the form of PLAIN (RFC 4616)")
        if not name or not password or authzid not in ("", name):
            refuse_message(ctx, self)
        attempt = LoginAttempt(name, self.mechanism)
        return verify_password(
            ctx, attempt, password, lambda ctx, is_correct: _finish_login(ctx, attempt, is_correct)
        )


class ScramExchange(SaslExchange):
    """SCRAM: client and server authenticate each other without sending the password."""

    mechanism = Mechanism.SCRAM

    def __init__(self) -> None:
        super().__init__()
        self._scram: ScramLogin | None = None
        self._password_version = 0

    def process(self, ctx: Context, message: bytes) -> SlowWork | None:
        """Process, in turn, the client-first, client-final and final empty messages (RFC 5802)."""
        text = message.decode(errors="replace")
        if self._scram is None:
            return self._look_up(ctx, text)
        if not self._scram.is_proven:
            self._check_proof(ctx, self._scram, text)
            return None
        return self._finish(ctx, self._attempt(self._scram), text)

    def _attempt(self, scram: ScramLogin) -> LoginAttempt:
        return LoginAttempt(scram.name, self.mechanism)

    def _look_up(self, ctx: Context, client_first: str) -> SlowWork:
        def read(session: Session) -> ScramLogin | None:
            try:
                return start_scram_login(session, client_first)
            except ScramException:
                return None

        return ctx.defer(read, self._send_challenge)

    def _send_challenge(self, ctx: Context, scram: ScramLogin | None) -> None:
        ctx.client.sasl = None
        if scram is None:
            refuse_message(ctx, self)
        check_login_delay(ctx, self._attempt(scram))
        self._scram = scram
        self._password_version = password_version(ctx, scram.name)
        ctx.client.sasl = self
        _send_message(ctx, scram.challenge.encode())

    def _check_proof(self, ctx: Context, scram: ScramLogin, client_final: str) -> None:
        """Check the client's proof, unless too many other attempts have failed in the meantime."""
        check_login_delay(ctx, self._attempt(scram))
        try:
            _send_message(ctx, scram.check(client_final).encode())
        except ScramException:
            fail_login(ctx, self._attempt(scram))

    def _finish(self, ctx: Context, attempt: LoginAttempt, message: str) -> SlowWork:
        """Log in; the empty slow work only serves to continue with a writable changeset."""
        if message:
            refuse_message(ctx, self)
        return ctx.defer(
            lambda session: None,
            lambda ctx, _: _finish_login(
                ctx, attempt, password_version(ctx, attempt.name) == self._password_version
            ),
            writes=True,
        )


class ExternalExchange(SaslExchange):
    """EXTERNAL: authenticates by the TLS client certificate (RFC 4422 appendix A)."""

    mechanism = Mechanism.EXTERNAL

    def process(self, ctx: Context, message: bytes) -> SlowWork:
        """Process the account name; an empty one selects the account of the certificate."""
        name = message.decode(errors="replace")
        return ctx.defer(lambda session: None, lambda ctx, _: self._finish(ctx, name), writes=True)

    def _finish(self, ctx: Context, name: str) -> None:
        ctx.client.sasl = None
        account = ctx.world.certificates.get(ctx.client.certificate or "")
        if account is None or fold(name) not in ("", fold(account.name)):
            mismatch = "does not match the account" if name else "is not registered with any account"
            log_failure(ctx, LoginAttempt(name, self.mechanism), f"the certificate {mismatch}")
            text = f"Your certificate {mismatch}; log in and use /msg NickServ CERT ADD"
            raise NumericError(numerics.ERR_SASLFAIL, text=text)
        _finish_login(ctx, LoginAttempt(account.name, self.mechanism), is_proven=True)


MECHANISMS: dict[str, type[PlainExchange] | type[ScramExchange] | type[ExternalExchange]] = {
    "PLAIN": PlainExchange,
    "SCRAM-SHA-256": ScramExchange,
    "EXTERNAL": ExternalExchange,
}


def offered_mechanisms(client: Client) -> list[str]:
    """Return the mechanisms that a client can use; EXTERNAL needs a client certificate."""
    return [name for name in MECHANISMS if name != "EXTERNAL" or client.certificate is not None]
