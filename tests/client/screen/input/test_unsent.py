"""What was written during an outage is not lost with the screen."""

import pytest

from app.client.protocol import intents
from app.client.protocol.model import ClientState, UserOptions
from app.client.screen.run import print_unsent


def test_messages_that_were_not_sent_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    state = ClientState(UserOptions("anna", rooms=["#tea"]))
    list(intents.send_message(state, "#tea", "during the outage \x1b[2J"))
    list(intents.quit_(state, "Goodbye"))
    print_unsent(state)
    assert capsys.readouterr().err == "not sent to #tea: during the outage \ufffd[2J\n"
