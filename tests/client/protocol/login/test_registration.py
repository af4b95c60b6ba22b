"""Registration: capabilities, nicks, login and accounts."""

from app.client.protocol import intents
from app.client.protocol.events import LoginFailed, NickProblem, NickRefused
from tests.client.harness import CAPABILITIES, ClientHarness


def test_registration_negotiates_capabilities() -> None:
    ClientHarness().play("""
        = opened
        > CAP LS 302
        > NICK anna
        > USER anna 0 * anna
        < :srv CAP * LS * :server-time message-tags
        < :srv CAP * LS :batch unheard-of=1
        > CAP REQ :server-time message-tags batch
        < :srv CAP * ACK :server-time message-tags batch
        > CAP END
        < :srv 001 anna :Welcome
        | Connected as anna.
        > JOIN #tea
        < :anna!~a@h JOIN #tea
        | You are in #tea.
        < :srv 353 anna = #tea :@bob anna
        < :srv 366 anna #tea :End
    """)


def test_registration_works_without_capabilities() -> None:
    ClientHarness().play("""
        = opened
        > CAP LS 302
        > NICK anna
        > USER anna 0 * anna
        < :srv 421 * CAP :Unknown command
        < :srv 001 anna :Welcome
        | Connected as anna.
        > JOIN #tea
    """)


def test_refused_cap_request_is_repeated_for_each_capability() -> None:
    client = ClientHarness()
    client.connect()
    client.clear()
    client.play("""
        < :srv CAP * LS :server-time batch
        > CAP REQ :server-time batch
        < :srv CAP * NAK :server-time batch
        > CAP REQ server-time
        > CAP REQ batch
        < :srv CAP * ACK :server-time
        < :srv CAP * NAK :batch
        > CAP END
    """)
    assert client.state.connection.enabled == {"server-time"}


def test_guest_without_chosen_nick_tries_the_next_one() -> None:
    client = ClientHarness(rooms=[])
    client.connect()
    client.clear()
    client.play("""
        < :srv 433 * anna :Nickname is already in use
        > NICK anna2
        < :srv 433 * anna2 :Nickname is already in use
        > NICK anna3
        < :srv 001 anna3 :Welcome
        | Connected as anna3.
    """)


def test_registered_nick_is_available_after_login() -> None:
    client = _client_with_refused_nick()
    client.execute(intents.log_in, "anna", "secret")
    client.play("""
        > AUTHENTICATE PLAIN
        < AUTHENTICATE +
        > AUTHENTICATE AGFubmEAc2VjcmV0
        < :srv 900 * *!a@h anna :You are logged in
        | Logged in as anna.
        < :srv 903 * :SASL authentication successful
        > NICK anna
        > CAP END
        < :srv 001 anna :Welcome
        | Connected as anna.
    """)


def test_user_may_continue_as_guest_if_nick_is_registered() -> None:
    client = _client_with_refused_nick()
    client.execute(intents.continue_as_guest)
    client.play("""
        > NICK anna2
        > CAP END
        < :srv 001 anna2 :Welcome
        | Connected as anna2.
    """)


def _client_with_refused_nick() -> ClientHarness:
    client = ClientHarness(has_chosen_nick=True, rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :sasl=PLAIN", ":srv 433 * anna :That nickname is registered")
    client.receive(":srv CAP * ACK :sasl")
    assert isinstance(client.events[-1], NickRefused)
    assert "CAP END" not in client.sent
    client.clear()
    return client


def test_known_password_is_used_without_a_question() -> None:
    client = ClientHarness(has_chosen_nick=True, password="pencil", rooms=[])
    client.connect()
    client.clear()
    client.play("""
        < :srv CAP * LS :sasl=PLAIN
        > CAP REQ sasl
        < :srv 433 * anna :That nickname is registered
        < :srv CAP * ACK :sasl
        > AUTHENTICATE PLAIN
        < :srv 903 * :SASL authentication successful
        | Logged in as anna.
        > NICK anna
        > CAP END
    """)


def test_rejected_password_is_forgotten_and_the_user_decides() -> None:
    client = ClientHarness(has_chosen_nick=True, password="wrong", rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :sasl=PLAIN", ":srv CAP * ACK :sasl", "AUTHENTICATE +")
    client.receive(":srv 904 * :Invalid credentials")
    assert client.events[-1] == LoginFailed("anna", "Invalid credentials")
    assert client.state.options.credentials is None
    assert "CAP END" not in client.sent


def test_password_is_not_required_on_server_without_sasl() -> None:
    client = ClientHarness(has_chosen_nick=True, password="secret", rooms=[])
    client.connect()
    client.clear()
    client.play("""
        < :srv CAP * LS :server-time
        > CAP REQ server-time
        < :srv CAP * ACK :server-time
        > CAP END
        < :srv 433 * anna :Nickname is already in use
        | Cannot use the name anna: Nickname is already in use.
    """)
    assert client.events[-1] == NickRefused("anna", "Nickname is already in use", NickProblem.TAKEN, False)


def test_invalid_nick_is_replaced_by_a_similar_one() -> None:
    client = ClientHarness(has_chosen_nick=True, rooms=[])
    client.play("""
        < :srv 432 * anna :This nick looks like аnna; choose another
        | ! anna: This nick looks like аnna; choose another. Trying a similar name.
        > NICK anna2
    """)


def test_login_resolves_a_nick_refused_after_negotiation() -> None:
    client = ClientHarness(has_chosen_nick=True, rooms=[])
    client.connect()
    client.receive(
        ":srv CAP * LS :sasl=PLAIN", ":srv CAP * ACK :sasl", ":srv 433 * anna :This nick is registered"
    )
    client.clear()
    client.execute(intents.log_in, "anna", "secret")
    client.play("""
        > AUTHENTICATE PLAIN
        < AUTHENTICATE +
        > AUTHENTICATE AGFubmEAc2VjcmV0
        < :srv 903 * :ok
        | Logged in as anna.
        > NICK anna
    """)


def test_passwords_are_not_in_repr() -> None:
    client = ClientHarness(has_chosen_nick=True, password="pencil")
    client.execute(intents.register, "crayon")
    assert "pencil" not in repr(client.state)
    assert "crayon" not in repr(client.state)


def test_new_account_is_logged_in_again_after_reconnect() -> None:
    client = ClientHarness(rooms=[])
    client.connect()
    client.receive(
        f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}", ":srv 001 anna :Welcome"
    )
    client.execute(intents.register, "secret")
    assert client.sent[-1] == "REGISTER * * secret"
    client.receive(":srv REGISTER SUCCESS anna :Account created")
    assert client.shown[-1].startswith("Registered anna.")
    client.disconnect()
    client.connect()
    client.clear()
    client.receive(":srv CAP * LS :sasl=PLAIN", ":srv CAP * ACK :sasl")
    assert list(client.sent) == ["CAP REQ sasl", "AUTHENTICATE PLAIN"]


def test_invitation_code_is_sent_where_required() -> None:
    client = ClientHarness(rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :draft/account-registration=before-connect,invitation-required")
    assert intents.get_requirement_prompt(client.state) == "Invitation code"
    client.execute(intents.register, "secret", "k7f3")
    assert client.sent[-1] == "REGISTER * k7f3 secret"


def test_failed_registration_shows_the_reason() -> None:
    client = ClientHarness(rooms=[])
    client.play("""
        < :srv FAIL REGISTER WEAK_PASSWORD anna :The password is too short.
        | ! Cannot register: The password is too short.
    """)


def test_unregistered_nick_is_reported() -> None:
    client = ClientHarness(has_chosen_nick=True, rooms=[])
    client.connect()
    client.clear()
    client.play("""
        < :srv CAP * LS :draft/account-registration
        > CAP REQ draft/account-registration
        < :srv CAP * ACK :draft/account-registration
        > CAP END
        < :srv 001 anna :Welcome
        | Connected as anna.
        | anna is not registered, so you are a guest.
    """)


def test_chosen_nick_is_reclaimed_when_it_becomes_free() -> None:
    client = ClientHarness(rooms=[])
    client.receive(":srv 433 * anna :in use", ":srv 001 anna2 :Welcome")
    client.clear()
    client.play("""
        < :anna!~a@h QUIT :Ping timeout
        | [2026-11-22 12:00:05] anna quit (Ping timeout)
        > NICK anna
        < :anna2!~a@h NICK anna
        | You are now known as anna.
    """)


def test_login_while_online_changes_the_nick() -> None:
    client = ClientHarness(rooms=[])
    client.connect()
    client.receive(
        f":srv CAP * LS :{CAPABILITIES}", f":srv CAP * ACK :{CAPABILITIES}", ":srv 001 anna :Welcome"
    )
    client.clear()
    client.execute(intents.log_in, "lev", "secret")
    client.play("""
        > AUTHENTICATE PLAIN
        < :srv 900 anna anna!a@h lev :You are logged in
        | Logged in as lev.
        < :srv 903 anna :ok
        > NICK lev
        < :anna!a@h NICK lev
        | You are now known as lev.
    """)


def test_account_is_verified_by_email() -> None:
    client = ClientHarness(rooms=[])
    client.connect()
    client.receive(":srv CAP * LS :draft/account-registration=email-required", ":srv 001 anna :Welcome")
    assert intents.get_requirement_prompt(client.state).startswith("E-mail address")
    client.execute(intents.register, "secret", "anna@example.org")
    client.clear()
    client.play("""
        < :srv REGISTER VERIFICATION_REQUIRED anna :A code was mailed
        | A code was mailed
        < :srv FAIL VERIFY INVALID_CODE anna :This is not the code
        | ! This is not the code
    """)
    client.execute(intents.verify, "abc")
    assert client.sent[-1] == "VERIFY anna abc"
    client.receive(":srv VERIFY SUCCESS anna :Yours")
    assert client.shown[-1].startswith("Registered anna.")
