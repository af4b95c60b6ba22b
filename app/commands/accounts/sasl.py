"""Logging in by SASL: AUTHENTICATE with PLAIN (RFC 4616), SCRAM-SHA-256 (RFC 7677) and EXTERNAL.

An *exchange* is what a mechanism remembers between two messages of the client; it is kept in `client.sasl`.
A message comes in pieces of 400 characters of base64, and a shorter piece ends it (IRCv3 sasl-3.1).

The log-in itself always ends on the reader's thread with a look at the database, and goes on in a batch that
may write: an account that `chat-admin` has just made, or disabled, is known by then.
"""

import binascii
from base64 import b64decode
from typing import Protocol

from scramp import ScramException
from sqlalchemy.orm import Session

from app.commands.accounts.login import fail, judge, log_in, prove, refuse_hasty, renewals, welcome_back
from app.commands.context import Context
from app.commands.errors import NumericError
from app.commands.registry import command
from app.engine.delivery.client import Client
from app.engine.submission_unit import SlowWork
from app.services.scram import ScramLogin, begin
from app.wire import numerics
from app.wire.names import fold
from app.wire.sasl import MAX_CHUNK_CHARACTERS, encode_chunks

MAX_MESSAGE_BYTES = 4000  # characters of base64 that one message of the client may have
_MECHANISM = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_")  # RFC 4422 section 3.1
_MAX_MECHANISM_LENGTH = 20


class SaslExchange(Protocol):
    """A mechanism under way. `collected` is what has come of the client's current message."""

    collected: str

    def take(self, ctx: Context, message: bytes) -> SlowWork | None:
        """Go on with a whole message of the client.

        Raises: Refused with ERR_SASLFAIL when that is the end of it.
        """


@command(before_registration=True, reads_world=False)
def authenticate(ctx: Context, data: str) -> SlowWork | None:
    """Log in to an account: first the name of a mechanism, then what it asks for, in base64."""
    exchange: SaslExchange | None = ctx.client.sasl
    if data == "*":
        ctx.client.sasl = None
        raise NumericError(numerics.ERR_SASLABORTED)
    if exchange is None:
        _begin(ctx, data)
        return None
    return _continue(ctx, exchange, data)


def _begin(ctx: Context, mechanism: str) -> None:
    offered = mechanisms(ctx.client)
    make = MECHANISMS.get(mechanism.upper())
    if make is None:
        if len(mechanism) <= _MAX_MECHANISM_LENGTH and _MECHANISM.issuperset(mechanism.upper()):
            ctx.reply(numerics.RPL_SASLMECHS, ",".join(offered))
        raise NumericError(numerics.ERR_SASLFAIL)
    ctx.client.sasl = make()
    _send(ctx, b"")


def _continue(ctx: Context, exchange: SaslExchange, piece: str) -> SlowWork | None:
    """Collect a piece; with the last one of a message, go on."""
    if len(piece) > MAX_CHUNK_CHARACTERS:
        ctx.client.sasl = None
        raise NumericError(numerics.ERR_SASLTOOLONG)
    exchange.collected += "" if piece == "+" else piece
    try:
        if len(exchange.collected) > MAX_MESSAGE_BYTES:
            raise NumericError(numerics.ERR_SASLFAIL, text="The message is too long")
        return None if len(piece) == MAX_CHUNK_CHARACTERS else exchange.take(ctx, _whole(exchange))
    except NumericError:
        ctx.client.sasl = None
        raise


def _whole(exchange: SaslExchange) -> bytes:
    """Return the message that has been collected.

    Raises: Refused with ERR_SASLFAIL when it is not base64.
    """
    text, exchange.collected = exchange.collected, ""
    try:
        return b64decode(text, validate=True)
    except binascii.Error as error:
        raise NumericError(numerics.ERR_SASLFAIL, text="The message is not base64") from error


def _send(ctx: Context, message: bytes) -> None:
    for piece in encode_chunks(message):
        ctx.send_from_server("AUTHENTICATE", piece)


def _conclude(ctx: Context, name: str, is_right: bool) -> None:
    """The exchange is over: log in, or say that it failed."""
    ctx.client.sasl = None
    account = judge(ctx, name, is_right)
    welcome_back(ctx, account)
    ctx.reply(numerics.RPL_SASLSUCCESS)
    log_in(ctx, account)


class PlainExchange:
    """Name and password as they are."""

    def __init__(self) -> None:
        self.collected = ""

    def take(self, ctx: Context, message: bytes) -> SlowWork | None:
        """Take `authzid NUL authcid NUL password`; to act for somebody else is nobody's right."""
        try:
            asked, name, password = message.decode().split("\0")
        except ValueError as error:
            raise NumericError(numerics.ERR_SASLFAIL, text="The message is not one of PLAIN") from error
        if not name or not password or asked not in ("", name):
            raise NumericError(numerics.ERR_SASLFAIL)
        return prove(ctx, name, password, lambda ctx, is_right: _conclude(ctx, name, is_right))


class ScramExchange:
    """A proof that does not show the password; the server proves that it knows it too."""

    def __init__(self) -> None:
        self.collected = ""
        self._proving: ScramLogin | None = None
        self._renewals = 0

    def take(self, ctx: Context, message: bytes) -> SlowWork | None:
        """Take the next of the three messages: who it is, the proof, the consent."""
        text = message.decode(errors="replace")
        if self._proving is None:
            return self._begin(ctx, text)
        if not self._proving.is_proven:
            self._check(ctx, self._proving, text)
            return None
        return self._finish(ctx, self._proving.name, text)

    def _begin(self, ctx: Context, first: str) -> SlowWork:
        """Look up what the proof is checked against, on the caller's own thread."""

        def look_up(session: Session) -> ScramLogin | None:
            try:
                return begin(session, first)
            except ScramException:
                return None

        return ctx.defer(look_up, self._challenge)

    def _challenge(self, ctx: Context, proving: ScramLogin | None) -> None:
        ctx.client.sasl = None
        if proving is None:
            raise NumericError(numerics.ERR_SASLFAIL)
        refuse_hasty(ctx, proving.name)
        self._proving = proving
        self._renewals = renewals(ctx, proving.name)
        ctx.client.sasl = self
        _send(ctx, proving.challenge.encode())

    def _check(self, ctx: Context, proving: ScramLogin, final: str) -> None:
        """Check the proof, unless too many others have failed meanwhile."""
        refuse_hasty(ctx, proving.name)
        try:
            _send(ctx, proving.check(final).encode())
        except ScramException:
            fail(ctx, proving.name)

    def _finish(self, ctx: Context, name: str, consent: str) -> SlowWork:
        """Log in, in a batch that may write; the task has no other work."""
        if consent:
            raise NumericError(numerics.ERR_SASLFAIL)
        return ctx.defer(
            lambda session: None,
            lambda ctx, nothing: _conclude(ctx, name, renewals(ctx, name) == self._renewals),
            writes=True,
        )


class ExternalExchange:
    """The certificate that TLS was shown (RFC 4422 appendix A); there is nothing left to prove."""

    def __init__(self) -> None:
        self.collected = ""

    def take(self, ctx: Context, message: bytes) -> SlowWork:
        """Take the name of the account, which may be empty; log in in a batch that may write."""
        asked = message.decode(errors="replace")
        return ctx.defer(lambda session: None, lambda ctx, nothing: self._finish(ctx, asked), writes=True)

    def _finish(self, ctx: Context, asked: str) -> None:
        ctx.client.sasl = None
        account = ctx.world.certificates.get(ctx.client.certificate or "")
        if account is None or fold(asked) not in ("", fold(account.name)):
            text = "Your certificate opens no such account; /msg NickServ CERT ADD while you are logged in"
            raise NumericError(numerics.ERR_SASLFAIL, text=text)
        _conclude(ctx, account.name, is_right=True)


MECHANISMS: dict[str, type[PlainExchange] | type[ScramExchange] | type[ExternalExchange]] = {
    "PLAIN": PlainExchange,
    "SCRAM-SHA-256": ScramExchange,
    "EXTERNAL": ExternalExchange,
}


def mechanisms(client: Client) -> list[str]:
    """Return the mechanisms that a client may use: EXTERNAL only if it shows a certificate."""
    return [name for name in MECHANISMS if name != "EXTERNAL" or client.certificate is not None]
