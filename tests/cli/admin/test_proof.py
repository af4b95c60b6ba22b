"""Exports with a proof, checked by the program in docs/proof.md, which imports nothing of ours."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from app.events import Event, Kind
from app.events.data import MessageData
from tests.cli.conftest import Admin
from tests.services.chain.chained_log import make_log
from tests.services.chain.test_chain_build import unchain
from tests.story import Story

PAGE = (Path(__file__).parents[3] / "docs" / "proof.md").read_text(encoding="utf-8")
[PROGRAM] = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
MAX_LINES = 50


def run(path: str, known: str, capsys: pytest.CaptureFixture[str]) -> list[Any]:
    """Run the program in this process; return what it shows, or raise SystemExit."""
    capsys.readouterr()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["verify.py", path, known])
        exec(compile(PROGRAM, "verify.py", "exec"), {"__name__": "__main__"})
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def digest(admin: Admin) -> str:
    """Return the digest at the end of the log."""
    return str(admin("history", "verify", "--json").json["digest"])


def export(admin: Admin, *options: str) -> Path:
    """Write a proof that leads to the digest at the end of the log."""
    ended = admin("history", "export", "--proof", "--out", "proof.jsonl", *options)
    assert ended.code == 0, ended.err
    assert ended.err.splitlines()[1:] == [digest(admin)]
    return Path("proof.jsonl")


@pytest.fixture
def room(chat: Story) -> int:
    """A log with redacted, erased and removed events, and another room."""
    room = make_log(chat)
    other = chat.create_room("#chai")  # 22
    data = MessageData(tags={"+draft/reply": "2", "b": "\U0001f375"}, lines=[3, 5])
    chat.record(
        Event(Kind.PRIVMSG, room=other, nick="анна", text='a\x02b "\\ \u2028 \U0001f375 б', data=data),  # 23
        Event(Kind.PRIVMSG, room=room, nick="bob", text="last"),  # 24
        Event(Kind.PRIVMSG, room=other, nick="eve", text="hidden"),  # 25
    )
    return room


def test_the_program_is_short() -> None:
    assert PROGRAM.count("\n") <= MAX_LINES
    assert {line for line in PROGRAM.splitlines() if "import" in line} == {
        "import json",
        "import sys",
        "from hashlib import blake2b",
    }


@pytest.mark.usefixtures("room")
def test_a_proof_of_the_whole_log_verifies(admin: Admin, folder: Path) -> None:
    """As another program, which cannot import anything of this project."""
    path = export(admin, "--events", "--direct")
    (folder / "verify.py").write_text(PROGRAM)
    command = [sys.executable, "-I", "verify.py", str(path), digest(admin)]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    shown = {row[0][0]: row for row in map(json.loads, ended.stdout.splitlines())}
    assert list(shown) == [1, 2, 5, 8, 12, 18, 19, 20, 21, 22, 23, 24, 25]
    [_, people, content] = shown[23]
    assert people["values"][1] == "анна"
    assert content["values"][0] == 'a\x02b "\\ \u2028 \U0001f375 б'
    assert shown[12][1] != shown[8][1]
    assert isinstance(shown[12][1], str), "its people were erased"


def test_a_proof_of_a_room_shows_nothing_else(
    admin: Admin, room: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = export(admin, "--room", "#chai")
    text = path.read_text()
    assert "the end" not in text
    assert "bob" not in text
    header = json.loads(text.splitlines()[0])
    assert list(header["rooms"].values()) == ["#chai"]
    assert header["start"].startswith("22:")
    shown = run(str(path), digest(admin), capsys)
    assert [row[2]["values"][0] for row in shown] == ['a\x02b "\\ \u2028 \U0001f375 б', "hidden"]
    assert {row[0][3] for row in shown} != {room}


def test_a_proof_leads_to_each_digest_after_its_messages(
    chat: Story, admin: Admin, room: int, capsys: pytest.CaptureFixture[str]
) -> None:
    noted = digest(admin)
    chat.say(room, "anna", "later")
    path = str(export(admin, "--room", "#tea"))
    assert [row[0][0] for row in run(path, noted, capsys)][-1] == 24
    assert [row[0][0] for row in run(path, digest(admin), capsys)][-1] == 26
    with pytest.raises(SystemExit, match="Not proven"):
        run(path, f"{noted[:-1]}{'0' if noted[-1] != '0' else '1'}", capsys)


def forgeries(value: Any) -> list[Any]:
    """Return other values in place of one in a file, at any depth."""
    match value:
        case dict():
            changed = [{**value, key: other} for key, one in value.items() for other in forgeries(one)]
            return changed + [{name: value[name] for name in value if name != key} for key in value]
        case list():
            changed = [
                [*value[:index], other, *value[index + 1 :]]
                for index, one in enumerate(value)
                for other in forgeries(one)
            ]
            shorter = [[*value[:index], *value[index + 1 :]] for index in range(len(value))]
            return [*changed, *shorter, [*value, "forged"]]
        case str() if re.fullmatch(r"[0-9a-f]{32,}", value):
            return [value[:-2], f"{value}00", f"{int(value[:2], 16) ^ 1:02x}{value[2:]}"]
        case str():
            return [f"{value}!"]
        case int():
            return [value + 1, str(value)]
    return ["forged"]


def test_no_forged_proof_verifies(
    chat: Story, admin: Admin, room: int, capsys: pytest.CaptureFixture[str]
) -> None:
    path = export(admin, "--room", "#tea", "--room", "#chai")
    header, *batches = path.read_text().splitlines()
    known = digest(admin)
    genuine = run(str(path), known, capsys)
    count = 0
    for index, batch in enumerate(batches):
        for forged in forgeries(json.loads(batch)):
            lines = [header, *batches[:index], json.dumps(forged), *batches[index + 1 :]]
            path.write_text("\n".join(lines))
            try:
                shown = run(str(path), known, capsys)
            except SystemExit:
                count += 1
            else:
                assert shown == genuine, forged
    assert count > 300
    for cut in (0, 10, len(header) + 40):
        path.write_text("\n".join([header, *batches])[:cut])
        with pytest.raises(SystemExit, match="Malformed"):
            run(str(path), known, capsys)
    for index in range(len(batches)):
        path.write_text("\n".join([header, *batches[:index], *batches[index + 1 :]]))
        with pytest.raises(SystemExit):
            run(str(path), known, capsys)


def test_rows_beside_a_digest_of_their_batch_are_not_believed(
    admin: Admin, room: int, capsys: pytest.CaptureFixture[str]
) -> None:
    [*_, shown] = export(admin, "--room", "#chai").read_text().splitlines()
    path = export(admin, "--room", "#tea", "--user", "anna")
    *before, hidden = path.read_text().splitlines()
    forged = json.loads(shown)
    forged["rows"][0]["content"]["values"][0] = "forged"
    path.write_text("\n".join([*before, json.dumps({**json.loads(hidden), **forged})]))
    with pytest.raises(SystemExit, match="Not proven"):
        run(str(path), digest(admin), capsys)
    path.write_text("\n".join([*before, hidden]))
    assert len(run(str(path), digest(admin), capsys)) == 3


def test_an_altered_log_gives_no_proof(chat: Story, admin: Admin, folder: Path, room: int) -> None:
    with chat.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE event SET text = 'too' WHERE id = 18")
    ended = admin("history", "export", "--proof", "--out", "proof.jsonl")
    assert ended.code == 3
    assert "Events 17 to 20 do not fit their digest" in ended.err
    assert not (folder / "proof.jsonl").exists()


def test_a_log_whose_chain_is_not_built_gives_no_proof(
    chat: Story, admin: Admin, folder: Path, room: int
) -> None:
    unchain(chat.database)
    ended = admin("history", "export", "--proof", "--out", "proof.jsonl")
    assert ended.code == 1
    assert "chat-admin db upgrade" in ended.err
    assert not (folder / "proof.jsonl").exists()


@pytest.mark.parametrize(
    "options",
    [("--format", "csv"), ("--out", "proof.txt"), ("--since-id", "1"), ("--since-id", "1", "--append")],
)
@pytest.mark.usefixtures("room")
def test_options_that_exclude_a_proof_are_refused(admin: Admin, options: tuple[str, ...]) -> None:
    ended = admin("history", "export", "--proof", *options)
    assert (ended.code, ended.out) == (2, "")
