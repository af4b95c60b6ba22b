"""Clients without a history capability see each message once: live, or replayed on return.

Two clients come and go at random while others talk, and the server may be killed. Steps may share
an engine cycle, so that a departure, a message and a return are stored together.
"""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.commands.sessions.leaving import detach_client
from app.engine.submission_unit import Callback, Step, SubmissionUnit
from tests.engine.account_clients import PASSWORD, account
from tests.engine.conftest import MakeBench
from tests.engine.harness import EngineHarness, HarnessClient
from tests.engine.history_clients import enter

DEEDS = ("talk", "talk", "talk", "arrive", "hang up", "JOIN #tea", "PART #tea", "kick")
checked = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


class Room:
    """A room with a speaker, and clients that come and go, each with all that it was shown."""

    def __init__(self, bench: EngineHarness, greetings: dict[str, list[str]]) -> None:
        self.bench = bench
        self.greetings = greetings  # the lines with which each client connects
        self.seen: dict[str, list[str]] = {nick: [] for nick in greetings}
        self.said: list[str] = []
        self._units: list[SubmissionUnit] = []
        self.open()

    def open(self) -> None:
        """Let the speaker join, whose account is the room's operator."""
        self.speaker = enter(self.bench, "host", "host")
        self.speaker.send("JOIN #tea")

    def do(self, nick: str, deed: str) -> None:
        """Queue a deed of a client; one that is not possible now does nothing."""
        person = self.bench.people.get(nick)
        if deed == "talk":
            self.said.append(str(len(self.said)))
            self._queue(self.speaker, f"PRIVMSG #tea :{self.said[-1]}")
        elif deed == "kick":
            self._queue(self.speaker, f"KICK #tea {nick}")
        elif deed == "arrive" and person is None:
            self._arrive(nick)
        elif deed == "kill":
            self.kill()
        elif deed == "hang up" and person is not None:
            self._units.append(SubmissionUnit(person.client, [self._hang_up()]))
            self.settle(self.bench.people.pop(nick))
        elif person is not None and deed.endswith("#tea"):
            self._queue(person, deed)

    def _arrive(self, nick: str) -> None:
        """Connect a client; checking a password takes slow work, which cannot be queued."""
        if any(line.startswith("PASS") for line in self.greetings[nick]):
            self.settle()
            self.bench.dial(nick).send(*self.greetings[nick])
        else:
            self._queue(self.bench.dial(nick), *self.greetings[nick])

    def _queue(self, person: HarnessClient, *lines: str) -> None:
        self._units.append(SubmissionUnit(person.client, [self.bench.request(line) for line in lines]))

    def _hang_up(self) -> Step:
        runtime = self.bench.core.runtime
        return Callback(lambda changeset, client: detach_client(runtime, changeset, client, "Gone"))

    def settle(self, *gone: HarnessClient) -> None:
        """Run the queued deeds in one cycle, and note what the clients were shown."""
        units, self._units = self._units, []
        self.bench.core.engine.cycle(units)
        for person in (*gone, *self.bench.people.values()):
            if person.name in self.seen:
                self.seen[person.name] += [line.params[-1] for line in person.hears("PRIVMSG")]

    def kill(self) -> None:
        """Kill the server and start it again."""
        self.settle()
        self.bench.restart()
        self.open()

    def gather(self) -> None:
        """Let everyone return to the room."""
        self.settle()
        for nick in self.seen:
            self.do(nick, "arrive")
            self.do(nick, "JOIN #tea")
            self.settle()

    def check(self, deeds: list[tuple[str, str, bool]]) -> None:
        """Do the deeds; after some of them, the cycle ends. Then assert what everyone was shown."""
        self.gather()
        for nick, deed, ends_cycle in deeds:
            self.do(nick, deed)
            if ends_cycle:
                self.settle()
        self.gather()
        assert self.seen == dict.fromkeys(self.seen, self.said)


def greeting(nick: str, *first: str) -> list[str]:
    """Return the lines with which a client without history capabilities connects."""
    return [*first, "CAP REQ server-time", f"NICK {nick}", f"USER {nick} 0 * :{nick}", "CAP END"]


def plans(*deeds: str) -> st.SearchStrategy[list[tuple[str, str, bool]]]:
    """Return a strategy for deeds of two clients, each with whether a cycle of the engine ends."""
    return st.lists(
        st.tuples(st.sampled_from(("anna", "gus")), st.sampled_from(deeds), st.booleans()), max_size=20
    )


@checked
@given(deeds=plans(*DEEDS))
def test_guests_see_each_message_once_in_order(
    make_bench: MakeBench, deeds: list[tuple[str, str, bool]]
) -> None:
    bench = make_bench(replay=1000)
    account(bench, "host")
    Room(bench, {nick: greeting(nick) for nick in ("anna", "gus")}).check(deeds)


@checked
@given(deeds=plans(*DEEDS, "kill"), always_on=st.sampled_from(("off", "opt-out")))
def test_accounts_see_each_message_once_also_after_a_kill(
    make_bench: MakeBench, deeds: list[tuple[str, str, bool]], always_on: str
) -> None:
    bench = make_bench(replay=1000, always_on=always_on)
    account(bench, "host")
    account(bench, "anna")
    greetings = {"anna": greeting("anna", f"PASS :anna:{PASSWORD}"), "gus": greeting("gus")}
    Room(bench, greetings).check(deeds)
