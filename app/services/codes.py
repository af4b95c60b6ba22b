"""Codes that are told to one person and recognised later: chance, of which only a digest is kept."""

from base64 import b32encode
from hashlib import sha256

from app.clock import Clock


def new_code(clock: Clock, letters: int) -> str:
    """Return a code that nobody knows yet, of lower-case letters and digits, five bits each; 51 are the most."""
    return b32encode(clock.secret()).decode().lower()[:letters]


def hash_code(code: str) -> str:
    """Return what is kept of a code; people may type it in any case."""
    return sha256(code.casefold().encode(errors="replace")).hexdigest()
