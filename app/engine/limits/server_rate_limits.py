"""The rate limits of a server."""

from dataclasses import dataclass

from app.clock import Clock
from app.engine.limits.login_throttle import LoginThrottle
from app.engine.limits.rate_limits import RateLimit
from app.settings import ServerSettings

REGISTRATION_SECONDS = 3600.0  # window for account registrations
ROOM_SECONDS = 3600.0  # window for new rooms
MAX_MAILS = 3  # verification codes per e-mail address
MAIL_SECONDS = 3600.0  # window for verification codes
METADATA_SECONDS = 60.0  # window for metadata changes, which are sent to many clients
MAX_METADATA_CHANGES = 60


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits on failed logins, registrations, new rooms, e-mails and metadata changes."""

    logins: LoginThrottle
    registrations: RateLimit
    rooms: RateLimit
    mails: RateLimit
    metadata: RateLimit

    @classmethod
    def of(cls, settings: ServerSettings, clock: Clock) -> "RateLimits":
        """Create the rate limits that the settings specify."""
        return cls(
            LoginThrottle(clock, settings.login_attempts),
            RateLimit(clock, settings.registrations_per_address, REGISTRATION_SECONDS),
            RateLimit(clock, settings.max_rooms_per_user, ROOM_SECONDS),
            RateLimit(clock, MAX_MAILS, MAIL_SECONDS),
            RateLimit(clock, MAX_METADATA_CHANGES, METADATA_SECONDS),
        )

    def configure(self, settings: ServerSettings) -> None:
        """Apply changed settings; recorded events still count."""
        self.logins.set_maximum(settings.login_attempts)
        self.registrations.set_maximum(settings.registrations_per_address)
        self.rooms.set_maximum(settings.max_rooms_per_user)
