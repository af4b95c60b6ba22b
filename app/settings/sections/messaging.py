"""Settings: messages, rooms and history, and their limits."""

from typing import Literal

from pydantic import Field

from app.settings.base import SECURITY, Settings
from app.settings.fields import BufferBytes, Rooms, WholeNumber


class MessagingSettings(Settings):
    """Messages, rooms and history, and their limits."""

    buffer: BufferBytes = Field(4096, description="Maximum size of one message's text, in bytes.")
    auto_join: Rooms = Field(
        ("#general",), description="Rooms that users join automatically when they connect."
    )
    replay: WholeNumber = Field(
        100,
        ge=0,
        le=1000,
        description="Maximum number of messages replayed on JOIN to clients that cannot request history: those that"
        " the user missed or, on the first visit, the latest.",
    )
    history_limit: WholeNumber = Field(
        1000, ge=1, le=10000, description="Maximum number of messages returned by one history request."
    )
    retention_days: WholeNumber = Field(
        0,
        ge=0,
        le=36500,
        json_schema_extra=SECURITY,
        description="Days after which the history of rooms without a retention of their own is deleted; 0 means"
        " never.",
    )
    direct_retention_days: WholeNumber = Field(
        0,
        ge=0,
        le=36500,
        json_schema_extra=SECURITY,
        description="Days after which private messages are deleted; 0 means never.",
    )
    nick_length: WholeNumber = Field(32, ge=1, le=64, description="Maximum length of a nick, in characters.")
    room_length: WholeNumber = Field(
        64, ge=2, le=128, description="Maximum length of a room name, in characters."
    )
    topic_length: WholeNumber = Field(
        390, ge=1, le=4096, description="Maximum length of a topic, in characters."
    )
    max_rooms: WholeNumber = Field(10000, ge=1, le=1000000, description="Maximum number of rooms.")
    max_rooms_per_user: WholeNumber = Field(
        100,
        ge=1,
        le=10000,
        description="Maximum number of rooms one connection may join, and one address may create per hour.",
    )
    max_targets: WholeNumber = Field(
        10, ge=1, le=100, description="Maximum number of targets of one message."
    )
    max_list_entries: WholeNumber = Field(
        100, ge=1, le=10000, description="Maximum number of masks in each mask list of a room."
    )
    always_on: Literal["off", "opt-in", "opt-out"] = Field(
        "opt-in",
        description="Whether accounts stay in their rooms without a device: never, on request, or by default.",
    )
    always_on_days: WholeNumber = Field(
        90,
        ge=0,
        le=36500,
        description="Days after which an always-on account without a device leaves its rooms; 0 means never.",
    )
    name_reservation_days: WholeNumber = Field(
        365,
        ge=0,
        le=36500,
        description="Days for which nobody may use the name of a deleted account, or the former name of a renamed"
        " one; 0 means that it is free at once.",
    )
    max_monitored: WholeNumber = Field(
        100, ge=1, le=10000, description="Maximum number of nicks one connection may watch with MONITOR."
    )
    max_metadata: WholeNumber = Field(
        50, ge=0, le=1000, description="Maximum number of METADATA keys of one user or room."
    )
