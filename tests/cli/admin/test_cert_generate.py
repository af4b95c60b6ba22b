"""`chat-admin cert generate`: private files, never replaced, which the server accepts."""

from pathlib import Path

import pytest

from app.settings import SERVER, load
from tests.cli.conftest import Admin


def test_the_server_accepts_the_shown_settings(admin: Admin, folder: Path) -> None:
    made = admin("cert", "generate", "localhost", "--json").json
    assert made["names"] == ["localhost"]
    for path in made["settings"].values():
        assert Path(path).stat().st_mode & 0o777 == 0o600
    loaded = load(SERVER, None, made["settings"], {})
    assert loaded.values.has_tls
    assert loaded.warnings == []
    assert sorted(path.name for path in folder.iterdir()) == ["chat-cert.pem", "chat-key.pem"]


@pytest.mark.parametrize("existing", ["chat-cert.pem", "chat-key.pem"])
def test_an_existing_file_is_never_replaced(existing: str, admin: Admin, folder: Path) -> None:
    (folder / existing).write_text("precious")
    ended = admin("cert", "generate")
    assert (ended.code, ended.out) == (6, "")
    assert ended.err.startswith(f"Error: {existing} already exists")
    assert [path.name for path in folder.iterdir()] == [existing]
    assert (folder / existing).read_text() == "precious"


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        (["a b"], 2, "a b is neither a host name nor an address."),
        (["--key", "chat-cert.pem"], 2, "--cert and --key must be different files."),
        (["--cert", "none/cert.pem"], 1, "The folder none does not exist"),
        (["--days", "0"], 2, "--days"),
    ],
)
def test_nothing_is_written_for_a_mistake(
    arguments: list[str], code: int, reason: str, admin: Admin, folder: Path
) -> None:
    ended = admin("cert", "generate", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert reason in ended.err
    assert list(folder.iterdir()) == []
