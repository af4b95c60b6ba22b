"""Changes of nick, account and role while users are connected."""

from itertools import product

from app.events import Event, Kind
from app.events.data import BannedData, CreatedData
from app.services.accounts.administration import set_role
from tests.engine.account_clients import account, codes, enter
from tests.engine.harness import EngineHarness
from tests.story import Story, record_now


def catch_up(bench: EngineHarness) -> None:
    """Let the engine read remote events."""
    bench.connect("passer").send("QUIT")


def ban(bench: EngineHarness, mask: str) -> None:
    data = BannedData(7, "nick", None)
    record_now(
        bench.database, bench.clock, [Event(Kind.BANNED, nick="root", target=mask, text="go", data=data)]
    )
    catch_up(bench)


def make(bench: EngineHarness, name: str, role: str) -> None:
    Story(bench.database, bench.clock).apply(lambda admin: set_role(admin, name, role))
    catch_up(bench)


def official(bench: EngineHarness) -> None:
    data = CreatedData("nt", official=True, founder=None)
    record_now(
        bench.database, bench.clock, [Event(Kind.CREATED, room=99, nick="root", target="#all", data=data)]
    )


def test_a_guest_loses_a_nick_registered_by_another_user(bench: EngineHarness) -> None:
    squatter, bob = bench.connect("anna"), bench.connect("bob")
    squatter.send("JOIN #tea")
    bob.send("JOIN #tea")
    squatter.heard()
    bob.heard()
    account(bench, "Anna")
    catch_up(bench)
    (told,) = bob.heard()
    assert told.startswith(":anna!~anna@127.0.0.1 NICK :Guest")
    assert squatter.heard() == [told]
    enter(bench, "Anna", "Anna")


def test_a_user_keeps_the_nick_when_registering_it(bench: EngineHarness) -> None:
    anna = bench.connect("anna")
    assert "NICK" not in codes(anna.ask("REGISTER * * :sesame street"))
    catch_up(bench)
    assert anna.client.nick == "anna"


def test_a_nick_change_cannot_evade_a_ban(bench: EngineHarness) -> None:
    good = bench.connect("good")
    ban(bench, "evil*!*@*")
    bench.play(
        """
        good > NICK evil1
        good < :irc.example 432 good evil1 :This nick is banned from this server: go
        good > NICK better
        good < :good!~good@127.0.0.1 NICK :better
        """
    )
    assert good.client.nick == "better"


def test_a_demoted_administrator_loses_ops_in_official_rooms(bench: EngineHarness) -> None:
    official(bench)
    account(bench, "root", role="admin")
    root, bob = enter(bench, "root", "root"), bench.connect("bob")
    root.send("JOIN #all")
    bob.send("JOIN #all")
    root.heard()
    bob.heard()
    make(bench, "root", "user")
    assert bob.heard() == root.heard() == [":irc.example MODE #all -o root"]
    assert codes(root.ask("TOPIC #all :mine")) == ["482"]
    make(bench, "root", "admin")
    assert bob.heard() == root.heard() == [":irc.example MODE #all +o root"]


def test_logging_out_removes_roles_of_the_account(bench: EngineHarness) -> None:
    account(bench, "anna")
    anna, bob = enter(bench, "anna", "anna"), bench.connect("bob")
    anna.send("JOIN #tea")
    bob.send("JOIN #tea")
    bob.heard()
    anna.send("LOGOUT")
    first, second = bob.heard()
    assert first.startswith(":anna!~anna@127.0.0.1 NICK :Guest")
    assert second == f":irc.example MODE #tea -o {anna.client.nick}"
    assert codes(anna.ask("KICK #tea bob")) == ["482"]


def test_ops_gained_as_a_guest_do_not_pass_to_the_account(bench: EngineHarness) -> None:
    account(bench, "anna")
    guest = bench.connect("guest", "sasl")
    guest.send("JOIN #tea", "CAP REQ sasl", "AUTHENTICATE PLAIN")
    guest.send("AUTHENTICATE AGFubmEAc2VzYW1lIHN0cmVldA==")
    guest.heard()
    guest.send("LOGOUT")
    assert "482" not in codes(guest.ask("TOPIC #tea :still mine"))


def test_confusable_spellings_are_freed_with_the_name(bench: EngineHarness) -> None:
    """`I` is confusable with `l` and `i` is not, so one name has many skeletons."""
    account(bench, "iiiiii")
    owner = enter(bench, "iiiiii", "iiiiii")
    skeletons = bench.core.runtime.world.skeletons.names
    before = len(skeletons)
    owner.send(*(f"NICK {''.join(letters)}" for letters in product("iI", repeat=6)))
    owner.send("QUIT")
    assert len(skeletons) == before
