"""Every topic of commands; importing this fills the table."""

from app.commands import help  # noqa: F401
from app.commands.accounts import login, register, sasl, verify  # noqa: F401
from app.commands.channels import invite, joining, kick, lists, markers, mode, parting, renaming, topic  # noqa: F401
from app.commands.chathistory import history, search  # noqa: F401
from app.commands.connect import cap, info, isupport, registration  # noqa: F401
from app.commands.messaging import messages, multiline, redaction  # noqa: F401
from app.commands.metadata import metadata, subscriptions, syncing  # noqa: F401
from app.commands.operators import klines, moderation, oper, reloading, sajoin, statistics  # noqa: F401
from app.commands.pseudoclients import histserv, nickserv, nickserv_cert, znc  # noqa: F401
from app.commands.users import away, chghost, monitor, setname, who, whois  # noqa: F401
