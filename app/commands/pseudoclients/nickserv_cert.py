"""NickServ CERT: TLS client certificates that log in to an account (SASL EXTERNAL)."""

import re

from app.commands.errors import FailReply
from app.commands.pseudoclients import service_context
from app.commands.pseudoclients.nickserv import get_own_account
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.registry import subcommand
from app.engine.world.user import AccountInfo
from app.events import Kind
from app.events.data import CertificateData

MAX_CERTIFICATES = 10  # per account
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@subcommand()
def nickserv_cert(ctx: ServiceContext, command: str = "", *more: str) -> None:
    """Manage the TLS client certificates that log you in without a password (SASL EXTERNAL)."""
    raise service_context.unknown_command(ctx, f"CERT {command}".strip())


@subcommand(writes=True)
def nickserv_cert_add(ctx: ServiceContext, fingerprint: str = "") -> None:
    """Add a certificate by its SHA-256 fingerprint, by default that of this connection."""
    account, fingerprint = get_own_account(ctx), _requested_fingerprint(ctx, fingerprint)
    if fingerprint in ctx.world.certificates:
        raise FailReply(ctx.verb, "INVALID_PARAMS", text="This certificate is already in use")
    if len(_fingerprints_of(ctx, account)) >= MAX_CERTIFICATES:
        raise FailReply(
            ctx.verb,
            "INVALID_PARAMS",
            text=f"Your account has the maximum of {MAX_CERTIFICATES} certificates; delete one first",
        )
    _emit_change(ctx, Kind.CERTIFICATE_ADDED, account, fingerprint)
    ctx.respond(f"The certificate {fingerprint} can now log in to {account.name}")


@subcommand(writes=True)
def nickserv_cert_del(ctx: ServiceContext, fingerprint: str = "") -> None:
    """Remove a certificate by its SHA-256 fingerprint, by default that of this connection."""
    account, fingerprint = get_own_account(ctx), _requested_fingerprint(ctx, fingerprint)
    if ctx.world.certificates.get(fingerprint) is not account:
        raise FailReply(
            ctx.verb,
            "INVALID_PARAMS",
            text="Your account does not have this certificate; see CERT LIST",
        )
    _emit_change(ctx, Kind.CERTIFICATE_REMOVED, account, fingerprint)
    ctx.respond(f"The certificate {fingerprint} can no longer log in to {account.name}")


@subcommand()
def nickserv_cert_list(ctx: ServiceContext) -> None:
    """List the fingerprints of your certificates."""
    account = get_own_account(ctx)
    ctx.respond(*(_fingerprints_of(ctx, account) or [f"{account.name} has no certificates"]))


def _fingerprints_of(ctx: ServiceContext, account: AccountInfo) -> list[str]:
    return [fingerprint for fingerprint, owner in ctx.world.certificates.items() if owner is account]


def _requested_fingerprint(ctx: ServiceContext, parameter: str) -> str:
    """Return the fingerprint from the parameter or this connection, normalised.

    Raises: FailReply when it is missing or malformed.
    """
    presented = ctx.client.certificate
    if not parameter and presented is None:
        text = "This connection has no client certificate; name a fingerprint, or connect by TLS with one"
        raise FailReply(ctx.verb, "INVALID_PARAMS", text=text)
    fingerprint = parameter.replace(":", "").lower() if parameter else presented or ""
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise FailReply(ctx.verb, "INVALID_PARAMS", text="A SHA-256 fingerprint has 64 hexadecimal digits")
    return fingerprint


def _emit_change(ctx: ServiceContext, kind: Kind, account: AccountInfo, fingerprint: str) -> None:
    ctx.emit_without_reply(ctx.event(kind, data=CertificateData(account.id, fingerprint)))
