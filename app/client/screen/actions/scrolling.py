"""The actions that scroll, and select messages."""

from app.client.screen.actions.timeline_navigation import TimelineNavigation
from app.client.screen.keys import Action


def scrolling_actions(navigation: TimelineNavigation) -> dict[str, Action]:
    """Return the actions by the ids of their keys."""
    return {
        "page-up": lambda: navigation.scroll_page(-1),
        "page-down": lambda: navigation.scroll_page(1),
        "end": navigation.go_to_end,
        "first-unread": navigation.go_to_unread,
        "select-previous": lambda: navigation.select(-1),
        "select-next": lambda: navigation.select(1),
    }
