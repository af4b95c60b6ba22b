"""A conversation in which everything happens that users of other nodes can see."""

from collections.abc import Callable

from app.services.accounts.renaming import rename_user
from app.services.administration.admin_changes import AdminChange, Administrator
from app.services.administration.moderation import announce, kick_user, kill_user
from app.services.erasure.accounts import delete_account
from app.services.erasure.subject import Messages
from app.services.rooms.administration import delete_room, rename_room
from tests.engine.account_clients import PASSWORD

CHANGES: dict[str, Callable[[Administrator], AdminChange]] = {  # by chat-admin
    "announce": lambda admin: announce(admin, "The server stops at noon"),
    "kick": lambda admin: kick_user(admin, "carol", "#tea", "enough"),
    "kill": lambda admin: kill_user(admin, "carol", "enough"),
    "rename room": lambda admin: rename_room(admin, "#tea", "#coffee", 32, (), "tidied"),
    "delete room": lambda admin: delete_room(admin, "#coffee", (), "Tidied up"),
    "rename account": lambda admin: rename_user(admin, "anna", "Ann", 32, days=30),
    "delete account": lambda admin: delete_account(admin, "bob", Messages.ANONYMISE, 30, "deleted-user-1"),
}
MULTILINE = (
    "BATCH +1 draft/multiline #tea\r\n@batch=1 PRIVMSG #tea :one\r\n@batch=1 PRIVMSG #tea :two\r\nBATCH -1"
)
_STEPS = f"""
anna: METADATA * SUB color soju.im/pinned
bob: METADATA * SUB color soju.im/pinned
Анна: MONITOR + anna,bob,carol,evil
anna: JOIN #tea
bob: JOIN #tea
carol: JOIN #tea
Анна: AWAY :thinking
Анна: JOIN #tea
anna: PRIVMSG #tea :hello
carol: WHOIS anna
bob': PRIVMSG #tea :from my second device
anna: {{multiline}}
anna: @+draft/react=x TAGMSG #tea
anna: PRIVMSG #tea :a mistake
anna: REDACT #tea {{last}}
anna': PRIVMSG bob :psst
bob: NOTICE anna :yes
bob: PRIVMSG bob :to myself
anna: MARKREAD #tea timestamp=2026-11-22T12:00:05.123Z
anna: TOPIC #tea :Assam
anna: MODE #tea +v bob
anna: MODE #tea +k sesame
anna: MODE #tea +g word
anna: MODE #tea +b evil!*@*
bob: MODE #tea b
anna: NOTICE @#tea :operators only
anna: METADATA #tea SET color red
anna: METADATA * SET color blue
anna: METADATA #tea SET soju.im/pinned 1
Анна: METADATA * SET color green
bob: SETNAME :Robert
bob: AWAY :lunch
bob: AWAY
bob: MODE bob +wB
carol: NICK evil
carol: PRIVMSG #tea :is this read
carol: NICK carol
anna: KICK #tea carol :out
anna: INVITE carol #tea
carol: INVITE
carol: JOIN #tea
bob: WHO #tea %cuhsnfdar
bob: NAMES #tea
anna: RENAME #tea #Tea
carol: PART #Tea :bye
carol: JOIN #Tea sesame
carol: OPER god heaven
carol: WALLOPS :attention
carol: CHGHOST anna elsewhere.example
carol: MODE carol -o
carol: OPER god heaven
carol: KILL Анна :enough
Анна: connect
anna: MONITOR + Анна
Анна: hang up
carol: announce
bob: LOGOUT
bob: AUTHENTICATE *
bob: NICK bob
carol: kick
carol: JOIN #Tea sesame
bob: admin
anna: admin
anna: user
carol: KLINE 1h *!~bob@* :spam
anna: NS SET ALWAYS-ON on
anna: hang up
anna': hang up
carol: PRIVMSG anna :are you there
anna: connect
anna': connect
carol: rename room
carol: LIST
carol: rename account
anna: LUSERS
anna: disable
carol: kill
Анна: connect
carol: connect
Анна: REGISTER * * :{PASSWORD}
carol: delete account
Анна: JOIN #coffee sesame
carol: delete room
Анна: LIST
Анна: QUIT :good night
"""
# The steps in order, each with the device and what it does, or what `chat-admin` does.
EVENING = [
    (device, deed.replace("{multiline}", MULTILINE))
    for device, _, deed in (line.partition(": ") for line in _STEPS.split("\n") if line)
]
