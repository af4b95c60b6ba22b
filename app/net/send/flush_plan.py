"""A round of a flusher: what was posted, sorted into what is sent to whole crowds and to each.

A crowd is sent its bytes without a look at those in it. That is right for an outbox that has nothing else to be
sent in this round and nothing left from before; the others are *apart*, and get what the crowd is told in its
place between what is theirs alone.
"""

from collections import deque
from collections.abc import Set

from app.net.send.broadcast_group import BroadcastGroup, GroupSend
from app.net.send.outbox import MAX_SEND_BYTES, Outbox

Post = GroupSend | tuple[Outbox, bytes | None]


class FlushPlan:
    """Posts in their order, of those for crowds as many as one send takes.

    `group_posts` is what is sent to crowds, but not to those apart.
    """

    def __init__(self, posts: deque[Post], unfinished: Set[Outbox]) -> None:
        """Take posts from the queue, and put into the outboxes what they are sent for themselves."""
        self.group_posts: dict[BroadcastGroup, list[bytes]] = {}
        self.size = 0  # bytes of that
        self.touched: dict[Outbox, None] = {}  # those that were posted something for themselves, in order
        self._posts = self._take(posts)
        self.excluded = self._excluded(unfinished) if self.group_posts else frozenset()
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

    def _excluded(self, unfinished: Set[Outbox]) -> Set[Outbox]:
        """Return those who cannot be sent what a crowd is told as it is."""
        excluded = set(unfinished)
        for post in self._posts:
            if isinstance(post, GroupSend):
                excluded.update(post.excluded)
            else:
                excluded.add(post[0])
        if len(self.group_posts) > 1:
            seen: set[Outbox] = set()
            for (
                group
            ) in self.group_posts:  # who is in two of them hears both in the order in which they were told
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
