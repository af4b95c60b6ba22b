"""The commands of channels."""

from app.commands.channels import invite, joining, kick, lists, markers, mode, parting, renaming, topic
from app.commands.registry import CommandEntry

COMMANDS: tuple[CommandEntry, ...] = (
    joining.join,
    lists.list_,
    lists.names,
    markers.markread,
    mode.mode,
    parting.part,
    kick.kick,
    renaming.rename,
    topic.topic,
    invite.invite,
)
