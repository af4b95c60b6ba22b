"""Strict transport security: clients are sent to TLS, and remember to stay there (IRCv3 sts).

It is listed among the capabilities and is none: it only tells something, and nobody can ask for it.
"""

from app.commands.context import Context

NAME = "sts"


def policy(ctx: Context) -> list[str]:
    """Return the word to list, if the settings want clients to use TLS.

    Whoever has TLS is told for how many seconds to insist on it, whoever has not at which port it is.
    """
    settings = ctx.desk.settings
    if not settings.sts_seconds:
        return []
    if ctx.client.secure:
        return [f"{NAME}=duration={settings.sts_seconds}"]
    return [f"{NAME}=port={settings.tls_port}"]
