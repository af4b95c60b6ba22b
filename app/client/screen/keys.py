"""The keys of the screen. Each binding has an id, by which the settings give it other keys."""

from textual.binding import Binding, BindingType

BINDINGS: list[BindingType] = [
    Binding("f1", "show_help", "Show the keys and commands", id="help", priority=True),
    Binding("ctrl+k", "switch_room", "Go to a room, a user or a command", id="switch", priority=True),
    Binding("ctrl+n", "next_room(1)", "Next room", id="next-room", priority=True),
    Binding("ctrl+p", "next_room(-1)", "Previous room", id="previous-room", priority=True),
    Binding("alt+a", "next_unread", "Next room with unread messages", id="next-unread", priority=True),
    Binding("alt+m", "next_mention", "Next room with a mention", id="next-mention", priority=True),
    *(
        Binding(
            f"alt+{number}", f"room_number({number})", f"Room {number}", id=f"room-{number}", priority=True
        )
        for number in range(1, 10)
    ),
    Binding("alt+u", "go_to_unread", "First unread message", id="first-unread", priority=True),
    Binding("alt+r", "mark_all_read", "Mark everything as read", id="mark-all-read", priority=True),
    Binding("pageup", "scroll_page(-1)", "Scroll up", id="page-up", priority=True),
    Binding("pagedown", "scroll_page(1)", "Scroll down", id="page-down", priority=True),
    Binding("ctrl+end", "scroll_end", "Latest message", id="end", priority=True),
    Binding("alt+up", "select(-1)", "Select the previous message", id="select-previous", priority=True),
    Binding("alt+down", "select(1)", "Select the next message", id="select-next", priority=True),
    Binding("f2", "toggle_rooms", "Show or hide the rooms", id="toggle-rooms", priority=True),
    Binding("f3", "toggle_members", "Show or hide the members", id="toggle-members", priority=True),
    Binding("ctrl+q", "leave", "End the program", id="quit", priority=True),
    Binding("ctrl+c", "interrupt", "Clear the input", id="interrupt", priority=True, show=False),
    Binding("escape", "dismiss", "Back to the input", id="back", show=False),
]
