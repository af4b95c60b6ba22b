"""Applies and delivers the events that another server or `chat-admin` decided.

The rows are taken in the order of the log, as if their authors were connected to this node: the
audience is the same (`engine.world.audiences`), and so is what follows without being stored, such
as the join burst. If events that must be stored follow as well, emitting them is a *follow-up*: it
runs once the log is open, and checks that it is still necessary. A node decides most of these along
with the first event. `chat-admin` decides an event alone, such as a ban; the node responsible for a
user (`World.is_responsible_for`) then decides the rest.
"""
