"""The members of the current room, grouped by role."""

from collections.abc import Sequence

from rich.text import Text
from textual.widget import Widget

from app.client.protocol.channel_view import ChannelMember
from app.client.screen.theme import nick_style
from app.text.columns import shorten
from app.text.counts import count_of
from app.text.sanitise import clean

ROLES = {
    "~": "Founders",
    "&": "Admins",
    "@": "Operators",
    "%": "Half-operators",
    "+": "Voiced",
    "": "Members",
}


class MemberList(Widget):
    """Shows the members of a room."""

    DEFAULT_CSS = """
    MemberList { width: 20; height: 1fr; border-left: solid $panel; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__(id="members")
        self._members: Sequence[ChannelMember] = ()

    def show(self, members: Sequence[ChannelMember]) -> None:
        """Show these members."""
        self._members = members
        self.refresh()

    def render(self) -> Text:
        """Return the list, as far as it fits."""
        columns = max(self.content_size.width, 8)
        rows = [Text(count_of(len(self._members), "member"), style="dim")]
        for prefix, title in ROLES.items():
            group = [member for member in self._members if member.prefix[:1] == prefix]
            if group:
                rows.append(Text(f"{title} {len(group)}", style="dim italic"))
            ordered = sorted(group, key=lambda member: member.nick.casefold())
            rows += [
                Text(
                    shorten(f"{prefix}{clean(member.nick)}", columns),
                    style=nick_style(member.nick),
                    no_wrap=True,
                )
                for member in ordered
            ]
        return Text("\n").join(rows[: self.size.height])
