"""Names."""
from typing import NewType
Key = NewType("Key", str)
def fold(name: str) -> Key:
    return Key(name.lower())
