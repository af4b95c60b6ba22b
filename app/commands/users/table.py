"""The commands about users."""

from app.commands.registry import CommandEntry, Family
from app.commands.users import away, chghost, monitor, setname, who, whois

COMMANDS: tuple[CommandEntry, ...] = (
    away.away,
    chghost.chghost,
    Family(
        monitor.monitor,
        monitor.monitor_add,
        monitor.monitor_remove,
        monitor.monitor_c,
        monitor.monitor_l,
        monitor.monitor_s,
    ),
    setname.setname,
    who.who,
    whois.whois,
    whois.whowas,
    whois.ison,
    whois.userhost,
)
