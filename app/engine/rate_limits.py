"""All throttles of a server, with their limits."""

from dataclasses import dataclass

from app.clock import Clock
from app.engine.login_throttle import Guesses
from app.engine.throttle import Throttle
from app.settings import ServerSettings

REGISTRATION_SECONDS = 3600.0  # how long a registration counts
ROOM_SECONDS = 3600.0  # and the making of a room
MAILS = 3  # codes that are sent to one e-mail address
MAIL_SECONDS = 3600.0  # in so much time
METADATA_SECONDS = 60.0  # and a change of metadata, which is told to many
METADATA_CHANGES = 60


@dataclass(frozen=True, slots=True)
class Throttles:
    """What nobody may do endlessly: fail to log in, make accounts and rooms, have mail sent, change metadata."""

    guesses: Guesses
    registrations: Throttle
    rooms: Throttle
    mails: Throttle
    metadata: Throttle

    @classmethod
    def of(cls, settings: ServerSettings, clock: Clock) -> "Throttles":
        """Make them as the settings say."""
        return cls(
            Guesses(clock, settings.login_attempts),
            Throttle(clock, settings.registrations_per_address, REGISTRATION_SECONDS),
            Throttle(clock, settings.max_rooms_per_user, ROOM_SECONDS),
            Throttle(clock, MAILS, MAIL_SECONDS),
            Throttle(clock, METADATA_CHANGES, METADATA_SECONDS),
        )

    def follow(self, settings: ServerSettings) -> None:
        """Be as patient as other settings say."""
        self.guesses.allow(settings.login_attempts)
        self.registrations.allow(settings.registrations_per_address)
        self.rooms.allow(settings.max_rooms_per_user)
