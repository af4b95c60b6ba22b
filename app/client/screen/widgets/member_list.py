"""The members of the current room, grouped by role."""

from collections.abc import Iterable, Sequence

from rich.segment import Segment
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from app.client.protocol.channel_view import ChannelMember
from app.client.screen.message_lines.cells import shorten
from app.client.screen.theme import nick_background, nick_style
from app.client.screen.widgets.list_pane import ListPane, fit
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
AWAY = " (away)"


class MemberList(ListPane[ChannelMember | str]):
    """Shows the members of a room; they are sorted when drawn, not when they change."""

    COMPONENT_CLASSES = {"list-pane--cursor", "member-list--heading", "member-list--away"}
    DEFAULT_CSS = """
    MemberList { width: 20; height: 1fr; border-left: solid $panel; padding: 0 1; }
    MemberList > .list-pane--cursor { text-style: reverse; }
    MemberList > .member-list--heading { text-style: dim italic; }
    MemberList > .member-list--away { text-style: dim; }
    """

    class MemberChosen(Message):
        """The user chose a member."""

        def __init__(self, nick: str) -> None:
            super().__init__()
            self.nick = nick

    def __init__(self) -> None:
        super().__init__("members")
        self._members: Sequence[ChannelMember] = ()
        self._is_sorted = True

    def show(self, members: Sequence[ChannelMember]) -> None:
        """Show these members."""
        self._members, self._is_sorted = members, False
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Return the visible lines, after the members were sorted."""
        if not self._is_sorted:
            self._is_sorted = True
            self.show_rows(arrange(self._members))
        return super().render_lines(crop)

    def is_choosable(self, row: ChannelMember | str) -> bool:
        """Whether this is not a heading."""
        return isinstance(row, ChannelMember)

    def choose(self, row: ChannelMember | str) -> None:
        """Report the chosen member."""
        if isinstance(row, ChannelMember):
            self.post_message(self.MemberChosen(row.nick))

    def lay_out(self, row: ChannelMember | str, columns: int) -> list[Segment]:
        """Return a heading, or the prefix and nick of a member."""
        if isinstance(row, str):
            return [self.styled(fit(row, columns), "member-list--heading")]
        away = AWAY if row.is_away else ""
        nick = shorten(f"{row.prefix[:1]}{clean(row.nick)}", max(columns - len(away), 1))
        style = nick_style(row.nick, nick_background(self.app.theme_variables))
        return [Segment(nick, style), *([self.styled(away, "member-list--away")] if away else [])]


def arrange(members: Iterable[ChannelMember]) -> list[ChannelMember | str]:
    """Return the members by role and nick, below their number and, unless it is one, the roles."""
    groups: dict[str, list[ChannelMember]] = {prefix: [] for prefix in ROLES}
    for member in members:
        groups.get(member.prefix[:1], groups[""]).append(member)
    count = sum(map(len, groups.values()))
    rows: list[ChannelMember | str] = [count_of(count, "member")] if count else []
    has_several_roles = sum(bool(group) for group in groups.values()) > 1
    for prefix, group in groups.items():
        group.sort(key=lambda member: member.nick.casefold())
        heading = [f"{ROLES[prefix]} {len(group)}"] if group and has_several_roles else []
        rows += [*heading, *group]
    return rows
