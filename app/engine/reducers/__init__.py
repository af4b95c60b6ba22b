"""What each kind of event changes in the world. Nothing here decides, and nothing here can fail.

Events that others appended may speak of people and rooms that are gone by now; such an event changes nothing.
"""

from app.engine.reducers import accounts, messages, metadata, people, rooms  # noqa: F401
