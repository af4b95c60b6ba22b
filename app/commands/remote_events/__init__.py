"""Events that another server or `chat-admin` decided: applied, delivered, and what they entail.

A row of the log is applied to the world and delivered to the clients of this node, in the order of
the log, as if its author were here: the audience is the same (`engine.world.audiences`), and so is
what follows without being stored, such as the join burst. What has to be stored as well is a
*follow-up*: it runs once the log is open, and checks that it is still necessary. A node decides
most of it along with its event; only `chat-admin` decides an event alone, such as a ban, and then
the node responsible for a user (`World.is_responsible_for`) decides the rest.
"""
