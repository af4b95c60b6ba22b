"""The type of the functions that apply events of another process, one for each kind."""

from collections.abc import Callable

from app.commands.runtime import Runtime
from app.engine.changeset import Changeset
from app.events import Event

Adopter = Callable[[Runtime, Changeset, Event], None]
