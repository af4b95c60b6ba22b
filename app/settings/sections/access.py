"""Settings: passwords, accounts, and protection against abuse."""

from typing import Literal

from pydantic import Field

from app.settings.base import RESTART, SECRET, SECURITY, Settings
from app.settings.fields import CommandLine, Email, Operators, Password, WholeNumber


class AccessSettings(Settings):
    """Passwords, accounts, and protection against abuse."""

    password: Password | None = Field(
        None,
        repr=False,
        json_schema_extra=SECRET,
        description="Password required to connect: plain text or an Argon2id hash.",
    )
    operators: Operators = Field(
        {},
        repr=False,
        json_schema_extra=SECRET,
        description="Operator names for OPER, each with the Argon2id hash of its password.",
    )
    cloak: bool = Field(
        True,
        json_schema_extra=SECURITY | RESTART,
        description="Whether users see cloaks instead of the addresses of other users.",
    )
    login_attempts: WholeNumber = Field(
        10,
        ge=1,
        le=10000,
        json_schema_extra=SECURITY,
        description="Failed logins allowed per address in 5 minutes; ten times as many per account.",
    )
    registration: Literal["open", "invitation", "closed"] = Field(
        "open",
        json_schema_extra=SECURITY,
        description="Who may register an account: everyone, users with an invitation, or no one.",
    )
    mailer: CommandLine | None = Field(
        None,
        json_schema_extra=SECURITY,
        description="Command that sends the mail on its standard input; enables the verification of e-mail addresses.",
    )
    mail_from: Email | None = Field(
        None, json_schema_extra=SECURITY, description="Sender address of verification mail; requires mailer."
    )
    register_before_connect: bool = Field(
        True,
        json_schema_extra=SECURITY,
        description="Whether an account may be registered before the connection is registered.",
    )
    registrations_per_address: WholeNumber = Field(
        10,
        ge=0,
        le=10000,
        json_schema_extra=SECURITY,
        description="Maximum number of accounts registered from one address per hour; 0 means no limit.",
    )
    password_shortest: WholeNumber = Field(
        6,
        ge=1,
        le=128,
        json_schema_extra=SECURITY,
        description="Minimum length of a new password, in characters.",
    )
    flood_burst: WholeNumber = Field(
        60, ge=1, le=100000, description="Maximum cost of the commands a client may send in one burst."
    )
    flood_rate: WholeNumber = Field(
        20,
        ge=0,
        le=100000,
        json_schema_extra=SECURITY,
        description="Cost of the commands a client may send per second after a burst; 0 means no limit.",
    )
