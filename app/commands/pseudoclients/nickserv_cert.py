"""NickServ CERT: the certificates that an account is logged in to with, by SASL EXTERNAL or at once."""

import re

from app.commands.errors import FailReply
from app.commands.pseudoclients import service_context
from app.commands.pseudoclients.nickserv import get_own_account
from app.commands.pseudoclients.service_context import ServiceContext
from app.commands.registry import subcommand
from app.engine.world.user import AccountInfo
from app.events import Kind

MAX_CERTIFICATES = 10  # certificates of one account
_FINGERPRINT = re.compile(r"[0-9a-f]{64}")


@subcommand()
def nickserv_cert(ctx: ServiceContext, command: str = "", *more: str) -> None:
    """Say by which certificates of yours you are known, so that you need no password (SASL EXTERNAL)."""
    raise service_context.unknown_command(ctx, f"CERT {command}".strip())


@subcommand(writes=True)
def nickserv_cert_add(ctx: ServiceContext, fingerprint: str = "") -> None:
    """Add a certificate by its fingerprint (SHA-256), or the one that your client shows now."""
    account, wanted = get_own_account(ctx), _requested_fingerprint(ctx, fingerprint)
    if wanted in ctx.world.certificates:
        raise FailReply(ctx.verb, "INVALID_PARAMS", text="This certificate is known already")
    if len(_fingerprints_of(ctx, account)) >= MAX_CERTIFICATES:
        raise FailReply(
            ctx.verb,
            "INVALID_PARAMS",
            text=f"There are {MAX_CERTIFICATES} certificates already; delete one first",
        )
    _emit_change(ctx, Kind.CERTIFICATE_ADDED, account, wanted)
    ctx.respond(f"Whoever shows the certificate {wanted} may log in to {account.name} from now on")


@subcommand(writes=True)
def nickserv_cert_del(ctx: ServiceContext, fingerprint: str = "") -> None:
    """Take a certificate away: that of a fingerprint, or the one that your client shows now."""
    account, wanted = get_own_account(ctx), _requested_fingerprint(ctx, fingerprint)
    if ctx.world.certificates.get(wanted) is not account:
        raise FailReply(
            ctx.verb, "INVALID_PARAMS", text="This is no certificate of yours; CERT LIST shows them"
        )
    _emit_change(ctx, Kind.CERTIFICATE_REMOVED, account, wanted)
    ctx.respond(f"The certificate {wanted} opens {account.name} no more")


@subcommand()
def nickserv_cert_list(ctx: ServiceContext) -> None:
    """Tell the fingerprints of your certificates."""
    account = get_own_account(ctx)
    ctx.respond(*(_fingerprints_of(ctx, account) or [f"No certificate opens {account.name}"]))


def _fingerprints_of(ctx: ServiceContext, account: AccountInfo) -> list[str]:
    return [fingerprint for fingerprint, owner in ctx.world.certificates.items() if owner is account]


def _requested_fingerprint(ctx: ServiceContext, written: str) -> str:
    """Return the fingerprint that is meant, without the colons that some programs write.

    Raises: Failed.
    """
    shown = ctx.client.certificate
    if not written and shown is None:
        text = "Your connection shows no certificate; connect by TLS with one, or give its fingerprint"
        raise FailReply(ctx.verb, "INVALID_PARAMS", text=text)
    wanted = written.replace(":", "").lower() if written else shown or ""
    if not _FINGERPRINT.fullmatch(wanted):
        raise FailReply(ctx.verb, "INVALID_PARAMS", text="A fingerprint has 64 hexadecimal digits (SHA-256)")
    return wanted


def _emit_change(ctx: ServiceContext, kind: Kind, account: AccountInfo, fingerprint: str) -> None:
    ctx.emit_without_reply(ctx.event(kind, data={"id": account.id, "fingerprint": fingerprint}))
