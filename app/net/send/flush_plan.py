"""The plan of one flush: posts sorted into broadcasts to groups and data for single outboxes.

A broadcast sends the same bytes to a whole group without looking at its outboxes. That is correct
for an outbox with nothing else to send in this flush and nothing left over. All other outboxes are
*excluded* from the broadcast; they get the data of the group through their own queue, in order with
their own data.
"""

from collections import deque
from collections.abc import Set

from app.net.send.broadcast_group import BroadcastGroup, GroupSend
from app.net.send.outbox import MAX_SEND_BYTES, Outbox

Post = GroupSend | tuple[Outbox, bytes | None]


class FlushPlan:
    """Posts in order, with as many group posts as one send takes.

    `group_posts` is broadcast to all outboxes of each group except the excluded ones.
    """

    def __init__(self, posts: deque[Post], unfinished: Set[Outbox]) -> None:
        """Take posts from the queue, and move individual data into the outboxes."""
        self.group_posts: dict[BroadcastGroup, list[bytes]] = {}
        self.size = 0  # bytes of all group posts
        self.touched: dict[Outbox, None] = {}  # outboxes with individual data, in order
        self._posts = self._take(posts)
        self.excluded = self._find_excluded(unfinished) if self.group_posts else frozenset()
        for post in self._posts:
            self._sort(post)

    def _take(self, posts: deque[Post]) -> list[Post]:
        taken: list[Post] = []
        for _ in range(len(posts)):
            post = posts.popleft()
            taken.append(post)
            if isinstance(post, GroupSend):
                self.group_posts.setdefault(post.group, []).append(post.data)
                self.size += len(post.data)
                if self.size >= MAX_SEND_BYTES:
                    break
        return taken

    def _find_excluded(self, unfinished: Set[Outbox]) -> Set[Outbox]:
        """Return the outboxes that cannot take part in a broadcast."""
        excluded = set(unfinished)
        for post in self._posts:
            if isinstance(post, GroupSend):
                excluded.update(post.excluded)
            else:
                excluded.add(post[0])
        if len(self.group_posts) > 1:
            seen: set[Outbox] = set()
            for group in self.group_posts:  # members of two groups need the posts of both in order
                excluded |= group.outboxes & seen
                seen |= group.outboxes
        return excluded

    def _sort(self, post: Post) -> None:
        if isinstance(post, GroupSend):
            for outbox in (post.group.outboxes & self.excluded) - post.excluded:
                outbox.add_group_data(post.data)
                self.touched[outbox] = None
        else:
            outbox, data = post
            outbox.add(data)
            self.touched[outbox] = None
