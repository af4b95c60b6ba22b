"""Muted rooms: the list and its commands."""

from pathlib import Path

import pytest

from app.client.storage.stored_list import MAX_ENTRIES, MUTED, StoredList
from app.client.ui.muting import MuteList
from app.errors import UsageError
from app.wire.names import fold


def test_list_is_kept_and_rooms_can_be_unmuted(tmp_path: Path) -> None:
    stored = StoredList(tmp_path, MUTED, "anna@host:1")
    muted = MuteList(stored)
    muted.add("#Tea")
    muted.add("bob")
    assert MuteList(stored).entries == ["#Tea", "bob"]
    assert MuteList(stored).keys == {fold("#tea"), fold("bob")}
    with pytest.raises(UsageError, match="#tea is already muted"):
        muted.add("#tea")
    muted.remove("#TEA")
    assert MuteList(stored).entries == ["bob"]
    with pytest.raises(UsageError, match="#tea is not muted"):
        muted.remove("#tea")


def test_number_of_muted_rooms_is_limited() -> None:
    muted = MuteList(StoredList(None, MUTED, ""))
    for number in range(MAX_ENTRIES):
        muted.add(f"#{number}")
    with pytest.raises(UsageError, match="at most 100"):
        muted.add("#one-more")
