"""What the settings of both programs have in common."""

from pydantic import BaseModel, ConfigDict
from pydantic.config import JsonDict

SECURITY: JsonDict = {"protects": True}
SECRET: JsonDict = {"protects": True, "secret": True}
RESTART: JsonDict = {"restart": True}  # a running server cannot take over another value


class Settings(BaseModel):
    """Settings never change, and their errors show no values."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)
