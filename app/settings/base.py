"""The base class of the settings of both programs, and the marks of a setting."""

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

SECURITY: JsonDict = {"security": True}  # a wrong value is an error
SECRET: JsonDict = {"security": True, "secret": True}  # and messages never show the value
RESTART: JsonDict = {"restart": True}  # a new value takes effect only at the next start


class Settings(BaseModel):
    """Immutable settings; validation errors do not contain the values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
