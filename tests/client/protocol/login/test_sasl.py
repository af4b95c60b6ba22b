"""Login by SASL: SCRAM proves the password to the server, and the server to the client."""

import base64

import pytest
from scramp import ScramMechanism

from app.client.protocol.events import LoginFailed
from tests.client.harness import ClientHarness


def test_scram_authenticates_both_sides() -> None:
    client = ClientHarness(has_chosen_nick=True, password="pencil", rooms=[])
    server = _create_scram_server("pencil")
    client.connect()
    client.receive(":srv CAP * LS :sasl=PLAIN,SCRAM-SHA-256", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    server.set_client_first(_last_response(client))
    client.receive(f"AUTHENTICATE {_encode(server.get_server_first())}")
    server.set_client_final(_last_response(client))
    client.receive(f"AUTHENTICATE {_encode(server.get_server_final())}")
    assert client.sent[-1] == "AUTHENTICATE +"
    client.receive(":srv 903 * :ok")
    assert client.state.connection.account == "anna"


def test_server_that_fails_scram_is_not_trusted() -> None:
    client = ClientHarness(has_chosen_nick=True, password="pencil", rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :sasl=SCRAM-SHA-256", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    client.receive(f"AUTHENTICATE {_encode('r=forged,s=c2FsdA==,i=4096')}")
    assert client.sent[-1] == "AUTHENTICATE *"
    assert isinstance(client.events[-1], LoginFailed)


def test_success_without_a_proof_of_the_server_is_not_trusted() -> None:
    """SCRAM authenticates both sides: a server without the verifier cannot give its signature."""
    for answered in range(3):
        client = ClientHarness(has_chosen_nick=True, password="pencil", rooms=[])
        client.connect()
        client.receive(":srv CAP * LS :sasl=SCRAM-SHA-256", ":srv CAP * ACK :sasl")
        if answered > 0:
            client.receive("AUTHENTICATE +")
        if answered > 1:
            server = _create_scram_server("pencil")
            server.set_client_first(_last_response(client))
            client.receive(f"AUTHENTICATE {_encode(server.get_server_first())}")
        client.receive(":srv 900 * anna!a@h anna :ok", ":srv 903 * :ok")
        assert isinstance(client.events[-1], LoginFailed)
        assert (client.state.connection.account, client.state.options.credentials) == ("", None)


@pytest.mark.parametrize("iterations", ["1", "4095", "2000001", "9" * 12, "9" * 5000])
def test_iterations_that_expose_the_password_or_stall_are_refused(iterations: str) -> None:
    client = _answer_server_first(iterations)
    assert client.sent[-1] == "AUTHENTICATE *"
    assert isinstance(client.events[-1], LoginFailed)


def test_usual_iterations_are_accepted() -> None:
    assert _last_response(_answer_server_first("4096")).startswith("c=biws,r=")


def _answer_server_first(iterations: str) -> ClientHarness:
    client = ClientHarness(has_chosen_nick=True, password="pencil", rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :sasl=SCRAM-SHA-256", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    nonce, salt = _last_response(client).partition("r=")[2], _encode("sixteen bytes of")
    client.receive(f"AUTHENTICATE {_encode(f'r={nonce}more,s={salt},i={iterations}')}")
    return client


def test_a_password_that_scram_cannot_carry_is_sent_by_plain() -> None:
    password = "open \N{FOX FACE}"
    client = ClientHarness(has_chosen_nick=True, password=password, rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :sasl=PLAIN,SCRAM-SHA-256", ":srv CAP * ACK :sasl")
    assert client.sent[-1] == "AUTHENTICATE PLAIN"
    client.receive(":srv AUTHENTICATE +")
    assert _last_response(client) == f"\0anna\0{password}"


def _create_scram_server(password: str):  # type: ignore[no-untyped-def]
    mechanism = ScramMechanism("SCRAM-SHA-256")
    known = mechanism.make_auth_info(password, iteration_count=4096)
    return mechanism.make_server(lambda _: known)


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _last_response(client: ClientHarness) -> str:
    return base64.b64decode(client.sent[-1].split()[1]).decode()


def test_long_sasl_response_is_sent_in_chunks() -> None:
    client = ClientHarness(has_chosen_nick=True, password="x" * 294, rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :sasl=PLAIN", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    assert [len(line) for line in list(client.sent)[-2:]] == [
        len("AUTHENTICATE ") + 400,
        len("AUTHENTICATE +"),
    ]
