"""The steps of the setup: server, account, and at the end the files."""

from pathlib import Path

from app.cli.client_setup.account_questions import Account, AccountQuestions
from app.cli.client_setup.dialogue import Dialogue
from app.cli.client_setup.password_sources import PasswordSource
from app.cli.client_setup.profile_file import ProfileFile
from app.cli.client_setup.server_questions import ask_server
from app.client.net.connect import Address
from app.errors import ChatError
from app.settings import CLIENT, ClientSettings, resolve


def run_setup(dialogue: Dialogue, file: ProfileFile, profile: str | None) -> None:
    """Ask everything, then write the password and the settings.

    Raises: KeyboardInterrupt when the user gives up; then nothing was written. OSError when the
        settings cannot be written.
    """
    try:
        changes = _ask(dialogue, file)
    except (KeyboardInterrupt, EOFError):
        dialogue.say("Nothing was written.")
        raise KeyboardInterrupt from None
    file.write(changes)
    command = f"chat-client --profile {profile}" if profile else "chat-client"
    dialogue.say(f"Settings written to {file.path}. To start: {command}")
    if profile is None:
        _warn_of_stronger_settings(dialogue, file.path, changes)


def _ask(dialogue: Dialogue, file: ProfileFile) -> dict[str, object]:
    """Return the changes to the settings; the password has been saved."""
    for warning in file.warnings:
        dialogue.say(warning)
    current = file.current
    found = Address(current.ip, current.port, current.tls, current.tls_verify, current.tls_ca)
    server = ask_server(dialogue, found, is_new=not file.exists)
    account = AccountQuestions(dialogue, server, current, file.path).ask()
    interface = _ask_interface(dialogue, current)
    return server.changes | account.changes | interface | _save_password(dialogue, account)


def _ask_interface(dialogue: Dialogue, current: ClientSettings) -> dict[str, object]:
    """Return the user interface that the user wants: the full screen, unless another one is set."""
    default = current.ui == "full-screen" or "ui" not in current.model_fields_set
    wants_screen = dialogue.confirm("Use the whole screen of the terminal?", default=default)
    return {"ui": "full-screen" if wants_screen else "plain"}


def _save_password(dialogue: Dialogue, account: Account) -> dict[str, object]:
    """Save the password at its source; if that fails, return the changes that remove the source."""
    if not account.password:
        return {}
    try:
        account.source.save(account.password)
    except ChatError as error:
        reason = error.sentence
    except OSError as error:
        reason = f"{error.filename}: {error.strerror}."
    else:
        return {}
    dialogue.say(f"The password cannot be saved: {reason} The client will ask for it at each start.")
    return PasswordSource().changes


def _warn_of_stronger_settings(dialogue: Dialogue, path: Path, changes: dict[str, object]) -> None:
    """Name the settings that a file in the working directory or a variable overrides."""
    found = resolve(CLIENT)
    written = found.values.model_validate({key: value for key, value in changes.items() if value is not None})
    keys = [key for key in changes if getattr(found.values, key) != getattr(written, key)]
    if keys:
        others = [str(file.absolute()) for file in found.files if file != path]
        source = others[-1] if others else "a variable CHAT_CLIENT_..."
        dialogue.say(f"Note: {source} overrides {', '.join(keys)}.")
