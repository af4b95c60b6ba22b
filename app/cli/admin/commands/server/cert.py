"""chat-admin cert: a TLS certificate for the first evening."""

import json
import platform
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from app.atomic_write import replacing
from app.cli.admin.atomic_file import require_parent_folder
from app.cli.admin.command_declaration import command, new_noun
from app.cli.admin.context import AdminContext
from app.clock import to_datetime
from app.errors import AlreadyExists, UsageError
from app.services.self_signed import SelfSignedCertificate, generate_certificate
from app.setting_files import CLIENT_FILE, SERVER_FILE

app = new_noun("cert", "Generate a TLS certificate.")

MAX_DAYS = 3650
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")

Names = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="NAME", help="Host names and addresses that clients connect to. Default: this machine."
    ),
]
Days = Annotated[int, typer.Option("--days", metavar="N", min=1, max=MAX_DAYS, help="Days it is valid.")]
CertificateFile = Annotated[Path, typer.Option("--cert", metavar="FILE", help="File for the certificate.")]
KeyFile = Annotated[Path, typer.Option("--key", metavar="FILE", help="File for the private key.")]


@command(app, "generate")
def generate(
    context: AdminContext,
    names: Names = None,
    days: Days = 365,
    cert: CertificateFile = Path("chat-cert.pem"),
    key: KeyFile = Path("chat-key.pem"),
) -> None:
    """Generate a self-signed certificate and its key, and show the settings for them.

    Clients refuse it unless they have a copy. Get one from an authority when you have a host name.
    """
    _refuse_existing(cert, key)
    made = generate_certificate(names or _local_names(), days, to_datetime(context.clock.now()))
    with replacing(key) as new_key:
        new_key.write_bytes(made.key)
        with replacing(cert) as new_cert:
            new_cert.write_bytes(made.certificate)
    settings = {"tls_cert": str(cert.absolute()), "tls_key": str(key.absolute())}
    if context.as_json:
        facts = {name: value for name, value in asdict(made).items() if name not in ("certificate", "key")}
        context.out.done("", **facts, settings=settings)
        return
    _explain(context, made, settings)


def _local_names() -> list[str]:
    """Return the names under which programs on this machine, and perhaps others, know it."""
    host = platform.node().lower()
    return [*LOCAL_NAMES] if not host or host in LOCAL_NAMES else [host, *LOCAL_NAMES]


def _refuse_existing(cert: Path, key: Path) -> None:
    """Check that both files can be created.

    Raises: AlreadyExists, UsageError or ChatError.
    """
    if cert.absolute() == key.absolute():
        raise UsageError("--cert and --key must be different files.")
    for path in (cert, key):
        if path.exists() or path.is_symlink():
            raise AlreadyExists(
                f"{path} already exists, and is not replaced; name other files with --cert and --key."
            )
        require_parent_folder(path)


def _explain(context: AdminContext, made: SelfSignedCertificate, settings: dict[str, str]) -> None:
    """Print what was made, the settings that use it, and what clients need."""
    context.out.line(
        f"Generated a certificate for {', '.join(made.names)}, valid until {made.expires:%Y-%m-%d}."
    )
    context.out.line(f"SHA-256 fingerprint: {made.fingerprint}")
    context.out.line(f"Add to {SERVER_FILE}, and restart the server:")
    for name, path in settings.items():
        context.out.line(f"  {json.dumps(name)}: {json.dumps(path, ensure_ascii=False)},")
    context.out.line(f"Copy {Path(settings['tls_cert']).name} to the clients, and add to {CLIENT_FILE}:")
    context.out.line(f'  "tls": true, "port": 6697, "tls_ca": "{Path(settings["tls_cert"]).name}"')
