"""Password hashes wait in the flow of the client's address, so that others are not delayed."""

from contextlib import ExitStack
from threading import Thread

import pytest
from argon2 import PasswordHasher

from app.services.accounts import passwords
from tests.engine.account_clients import PASSWORD, account, begin, finish, plain
from tests.engine.conftest import MakeBench
from tests.waiting import eventually

HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("open sesame")
DEADLINE_SECONDS = 30
ENTERED = ("NICK bob", "USER bob 0 * :Bob")
LINES: dict[str, tuple[str, ...]] = {
    "SASL": ("AUTHENTICATE PLAIN", *plain("anna")),
    "PASS": (f"PASS :anna:{PASSWORD}", *ENTERED),
    "server password": ("PASS :open sesame", *ENTERED),
    "REGISTER": ("NICK bob", f"REGISTER * * :{PASSWORD}"),
    "mailed code": ("NICK bob", f"REGISTER * bob@example.org :{PASSWORD}"),
    "OPER": (*ENTERED, "OPER root :open sesame"),
    "NickServ IDENTIFY": (*ENTERED, "NS IDENTIFY anna open-sesame"),
    "NickServ SET PASSWORD": ("NS SET PASSWORD old-password new-password",),
}
BEFORE: dict[str, tuple[str, ...]] = {
    "NickServ SET PASSWORD": ("AUTHENTICATE PLAIN", *plain("anna"), *ENTERED)
}
SETTINGS: dict[str, dict[str, object]] = {
    "server password": {"password": HASH},
    "mailed code": {"mailer": "/bin/true", "mail_from": "chat@example.org"},
    "OPER": {"operators": {"root": HASH}},
}


@pytest.mark.parametrize("way", LINES)
@pytest.mark.parametrize(
    ("address", "flow"), [("2001:db8:1:2::7", "2001:db8:1:2::/64"), ("192.0.2.7", "192.0.2.7")]
)
def test_a_hash_waits_in_the_flow_of_its_client(
    make_bench: MakeBench, way: str, address: str, flow: str
) -> None:
    bench, slots = make_bench(**SETTINGS.get(way, {})), passwords._hashing_slots
    account(bench, "anna")
    person = bench.dial("bob", address)
    person.send(*BEFORE.get(way, ()))
    unit = begin(person, *LINES[way])
    replies: list[str] = []
    worker = Thread(target=lambda: replies.extend(finish(person, unit)), daemon=True)
    with ExitStack() as stack:
        for _ in range(passwords.MAX_CONCURRENT_HASHES):
            stack.enter_context(slots.slot("busy"))
        worker.start()
        eventually(lambda: slots.count_waiting() == {flow: 1}, DEADLINE_SECONDS)
    worker.join(DEADLINE_SECONDS)
    assert not worker.is_alive()
    assert slots.count_waiting() == {}
    assert replies
