"""Detects secrets in commands and messages, such as a password or a room key.

Such text must stay out of histories, logs and screens. The rules err on the side of secrecy,
because the server may run any services.
"""

from app.wire.line import Line

MASK = "***"
SECRET_COMMANDS = frozenset(  # with any parameter
    ("PASS", "OPER", "AUTHENTICATE", "REGISTER", "VERIFY", "IDENTIFY", "LOGIN", "WEBIRC", "DIE", "RESTART")
)
SERVICE_ALIASES = {"NS": "NickServ", "CS": "ChanServ", "OS": "OperServ", "MS": "MemoServ", "BS": "BotServ"}
ACCOUNT_SERVICES = frozenset(
    ("nickserv", "authserv", "userserv", "operserv", "saslserv", "q", "x", "*status")
)
# Subcommands of services for accounts that carry no secret.
HARMLESS_SUBCOMMANDS = frozenset(
    ("HELP", "INFO", "STATUS", "ACC", "LIST", "ALIST", "LOGOUT", "CERT", "SESSIONS", "VERSION", "UPTIME")
)
# Subcommands of other services that carry a secret.
SECRET_SUBCOMMANDS = frozenset(
    ("IDENTIFY", "ID", "REGISTER", "LOGIN", "AUTH", "GHOST", "RECOVER", "REGAIN", "RELEASE", "DROP", "PASSWD")
)


def is_service(target: str) -> bool:
    """Return whether a nick is that of a service, to which people send passwords."""
    nick = target.partition("@")[0].lower()
    return nick in ACCOUNT_SERVICES or nick.endswith("serv")


def message_has_secret(target: str, text: str) -> bool:
    """Return whether a message to a user or room carries a secret."""
    words = text.upper().split()
    if len(words) < 2 or not any(map(is_service, target.split(","))):
        return False
    if words[0] in ("SET", "SASET"):
        return any(word.startswith("PASS") for word in words[1:3])
    if any(name.partition("@")[0].lower() in ACCOUNT_SERVICES for name in target.split(",")):
        return words[0] not in HARMLESS_SUBCOMMANDS
    return words[0] in SECRET_SUBCOMMANDS


def mask_message(target: str, text: str) -> str:
    """Return the text of a message, masked after the first word if it carries a secret."""
    return f"{text.split()[0]} {MASK}" if message_has_secret(target, text) else text


def line_has_secret(line: Line) -> bool:
    """Return whether a command with its parameters carries a secret."""
    command, params = line.command.upper(), line.params
    service = SERVICE_ALIASES.get(command, command)
    if command in SECRET_COMMANDS:
        return bool(params)
    if command in ("PRIVMSG", "NOTICE", "SQUERY", "CPRIVMSG", "CNOTICE"):
        return len(params) > 1 and message_has_secret(params[0], " ".join(params[1:]))
    if command == "JOIN":
        return len(params) > 1
    if command in ("MODE", "SAMODE"):
        return any(word[0] in "+-" and "k" in word for word in params[:2]) and len(params) > 1
    return is_service(service) and message_has_secret(service, " ".join(params))
