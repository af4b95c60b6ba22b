"""The base class of the server's and the client's settings, and the marks of a setting."""

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

SECURITY: JsonDict = {"security": True}  # an invalid value is an error, not a warning
SECRET: JsonDict = {"security": True, "secret": True}  # its value is never shown either
RESTART: JsonDict = {"restart": True}  # a change takes effect only at the next start


class Settings(BaseModel):
    """Immutable settings; validation errors do not contain the values.

    Validators are built on first use, so that help texts do not wait for them.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, defer_build=True)
