"""Random codes for invitations and e-mail verification. Only their digests are stored."""

from base64 import b32encode
from hashlib import sha256

from app.clock import Clock


def new_code(clock: Clock, length: int) -> str:
    """Return a random code of `length` lower-case letters and digits.

    Each character has five bits of entropy; `length` is at most 51.
    """
    return b32encode(clock.new_secret()).decode().lower()[:length]


def hash_code(code: str) -> str:
    """Return the SHA-256 digest of a code, in hexadecimal. Case is ignored."""
    return sha256(code.casefold().encode(errors="replace")).hexdigest()
