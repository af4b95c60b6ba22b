"""The base class of all events."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ClientEvent:
    """Base class of all events."""
