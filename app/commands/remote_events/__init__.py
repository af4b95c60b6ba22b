"""Applies and delivers the events that another server or `chat-admin` decided.

Events are applied in the order of the log, and delivered as if their authors were connected to this
node: to the same audience (`engine.world.audiences`), with the same replies that are not stored,
such as the join burst.

An event may entail others that must be stored. A node decides most of them together with the event.
`chat-admin` decides an event alone, such as a ban; the node that is responsible for a user
(`World.is_responsible_for`) then decides the rest. It does so in a *follow-up*, which runs when the
log is open, and first checks that it is still necessary.
"""
