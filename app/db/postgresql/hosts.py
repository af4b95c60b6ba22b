"""Database URLs with several hosts, such as a primary and its standby.

libpq writes them as `postgresql://user@a:5432,b:5432/name`, SQLAlchemy as
`postgresql://user@/name?host=a:5432&host=b:5432`. Both are accepted. Each connection goes to the
first host that accepts writes, so after a failover it goes to the new primary.
"""

import re

from sqlalchemy import URL, make_url

CONNECT_SECONDS = 5  # how long a connection may take
CONNECT_SECONDS_PER_HOST = 2  # if there is another; the shortest that libpq supports

_SEVERAL_HOSTS = re.compile(r"(?P<before>\w[\w+]*://(?:[^@/?]*@)?)(?P<hosts>[^@/?]*,[^@/?]*)(?P<after>.*)")
_HOST = re.compile(r"[a-zA-Z0-9.-]+(:\d+)?")


def parse_url(address: str) -> URL:
    """Parse the URL of a PostgreSQL database.

    Raises: sqlalchemy.exc.ArgumentError, ValueError.
    """
    several = _SEVERAL_HOSTS.fullmatch(address)
    if several is None:
        url = make_url(address)
    else:
        hosts = several["hosts"].split(",")
        if not all(map(_HOST.fullmatch, hosts)):
            raise ValueError("malformed host")
        url = make_url(several["before"] + several["after"]).update_query_dict({"host": hosts})
    if len(find_hosts(url)) > 1 and "target_session_attrs" not in url.query:
        url = url.update_query_dict({"target_session_attrs": "read-write"})
    return url


def find_hosts(url: URL) -> list[str]:
    """Return the hosts of a URL, each with its port if it has one; directories of sockets too."""
    named = url.query.get("host", ())
    places = [named] if isinstance(named, str) else list(named)
    return [host for place in [url.host or "", *places] for host in place.split(",") if host]


def with_connect_timeout(url: URL) -> URL:
    """Return the URL with a limit on the time to connect, unless it has one."""
    seconds = CONNECT_SECONDS if len(find_hosts(url)) < 2 else CONNECT_SECONDS_PER_HOST
    return url if "connect_timeout" in url.query else url.update_query_dict({"connect_timeout": str(seconds)})


def redact_url(url: URL) -> str:
    """Format a URL without its password and without query parameters, which may contain one."""
    shown, hosts = url.set(query={}), find_hosts(url)
    if len(hosts) > 1:
        shown = shown.set(host=",".join(re.sub(r":\d+$", "", host) for host in hosts))
    return shown.render_as_string(hide_password=True)
