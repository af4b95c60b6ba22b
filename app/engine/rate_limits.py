"""All throttles of a server, with their limits."""

from dataclasses import dataclass

from app.clock import Clock
from app.engine.login_throttle import LoginThrottle
from app.engine.throttle import RateLimit
from app.settings import ServerSettings

REGISTRATION_SECONDS = 3600.0  # how long a registration counts
ROOM_SECONDS = 3600.0  # and the making of a room
MAILS = 3  # codes that are sent to one e-mail address
MAIL_SECONDS = 3600.0  # in so much time
METADATA_SECONDS = 60.0  # and a change of metadata, which is told to many
METADATA_CHANGES = 60


@dataclass(frozen=True, slots=True)
class RateLimits:
    """What nobody may do endlessly: fail to log in, make accounts and rooms, have mail sent, change metadata."""

    logins: LoginThrottle
    registrations: RateLimit
    rooms: RateLimit
    mails: RateLimit
    metadata: RateLimit

    @classmethod
    def of(cls, settings: ServerSettings, clock: Clock) -> "RateLimits":
        """Make them as the settings say."""
        return cls(
            LoginThrottle(clock, settings.login_attempts),
            RateLimit(clock, settings.registrations_per_address, REGISTRATION_SECONDS),
            RateLimit(clock, settings.max_rooms_per_user, ROOM_SECONDS),
            RateLimit(clock, MAILS, MAIL_SECONDS),
            RateLimit(clock, METADATA_CHANGES, METADATA_SECONDS),
        )

    def follow(self, settings: ServerSettings) -> None:
        """Be as patient as other settings say."""
        self.logins.set_maximum(settings.login_attempts)
        self.registrations.set_maximum(settings.registrations_per_address)
        self.rooms.set_maximum(settings.max_rooms_per_user)
