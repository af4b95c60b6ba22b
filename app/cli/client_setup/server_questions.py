"""Asks for the server, and connects to it before going on."""

from dataclasses import dataclass, replace
from pathlib import Path

from app.cli.client_modes import login_name
from app.cli.client_setup.dialogue import Dialogue, explain_invalid
from app.cli.client_setup.server_check import ServerFeatures, find_features
from app.client.net.connect import Address, Untrusted, UnverifiedCertificate, is_loopback
from app.errors import ChatError
from app.settings.certificates import find_authorities_fault

PLAIN_PORT, TLS_PORT = 6667, 6697
WITHOUT_TLS = (
    "Without TLS, others on the network can read and change everything you send and receive, including "
    "your password."
)


@dataclass(frozen=True, slots=True)
class Server:
    """A server that answers at an address."""

    address: Address
    features: ServerFeatures

    @property
    def changes(self) -> dict[str, object]:
        """The changes to a settings file; None removes a key."""
        address = self.address
        return {
            "ip": address.host,
            "port": address.port,
            "tls": address.has_tls,
            "tls_ca": str(address.ca_file) if address.ca_file else None,
        }


def ask_server(dialogue: Dialogue, address: Address, *, is_new: bool) -> Server:
    """Ask for the address of a server until one answers there; `address` holds the defaults."""
    while True:
        address = _ask_address(dialogue, address, is_new)
        if server := _try(dialogue, address):
            return server
        is_new = False


def _ask_address(dialogue: Dialogue, default: Address, is_new: bool) -> Address:
    host = dialogue.ask_setting("ip", "Server", default.host)
    is_here = is_loopback(host)
    port = default.port if not is_new else PLAIN_PORT if is_here else TLS_PORT
    port = int(dialogue.ask_setting("port", "Port", port))
    must_encrypt = default.has_tls if not is_new else port == TLS_PORT or not is_here
    has_tls = _ask_tls(dialogue, must_encrypt, is_here)
    return replace(default, host=host, port=port, has_tls=has_tls)


def _ask_tls(dialogue: Dialogue, default: bool, is_here: bool) -> bool:
    """Return whether to use TLS; on a network, not to use it requires a second answer."""
    while True:
        has_tls = dialogue.confirm("Encrypt the connection with TLS?", default)
        if has_tls or is_here or _accepts_plain_text(dialogue):
            return has_tls


def _accepts_plain_text(dialogue: Dialogue) -> bool:
    dialogue.say(WITHOUT_TLS)
    return dialogue.confirm("Connect without TLS anyway?", default=False)


def _try(dialogue: Dialogue, address: Address) -> Server | None:
    """Connect; on failure, say why and offer what may help. Return None to ask again."""
    dialogue.say(f"Connecting to {address} ...")
    try:
        return Server(address, find_features(address, login_name()))
    except UnverifiedCertificate as error:
        dialogue.say(error.problem)
        return _try_authority(dialogue, address)
    except Untrusted as error:
        dialogue.say(error.sentence)
        return _try_plain_text(dialogue, address)
    except ChatError as error:
        dialogue.say(error.sentence)
        return None


def _try_authority(dialogue: Dialogue, address: Address) -> Server | None:
    """Ask for the certificate of the authority to trust, and connect again."""
    label = "PEM file with the certificate of its authority, or Enter for none"
    answer = dialogue.ask(label, check=_explain_unusable_authorities)
    if not answer:
        return _try_plain_text(dialogue, address)
    return _try(dialogue, replace(address, ca_file=Path(answer).expanduser().absolute()))


def _explain_unusable_authorities(answer: str) -> str | None:
    if not answer:
        return None
    if invalid := explain_invalid("tls_ca", answer):
        return invalid
    fault = find_authorities_fault(Path(answer).expanduser())
    return f"{fault}." if fault else None


def _try_plain_text(dialogue: Dialogue, address: Address) -> Server | None:
    """Offer to connect without TLS, which is safe only on this machine."""
    if not is_loopback(address.host):
        dialogue.say(WITHOUT_TLS)
    if not dialogue.confirm("Connect without TLS anyway?", default=False):
        return None
    port = int(dialogue.ask_setting("port", "Port without TLS", PLAIN_PORT))
    return _try(dialogue, replace(address, port=port, has_tls=False, ca_file=None))
