"""The digests of the hash chain, as values: docs/proof.md describes them for other programs.

All are BLAKE2b-256; each use has its own personalisation. Values are encoded as JSON arrays in one
canonical form: no spaces, members of objects in order of their names, everything but ASCII escaped.
The arrays are put together here rather than by an encoder, which takes three times as long. Only a
text without data, as of most messages, is not encoded as JSON: that would take as long as its
digest, and three times as many bytes in many languages.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from json.encoder import encode_basestring_ascii as quote
from struct import Struct

DIGEST_BYTES = 32
SALT_BYTES = 16
START = bytes(DIGEST_BYTES)  # the chain digest of an empty log

_PEOPLE = blake2b(digest_size=DIGEST_BYTES, person=b"chat people")
_CONTENT = blake2b(digest_size=DIGEST_BYTES, person=b"chat content")
_ROW = blake2b(digest_size=DIGEST_BYTES, person=b"chat row")
_ROWS = blake2b(digest_size=DIGEST_BYTES, person=b"chat rows")
_CHAIN = blake2b(digest_size=DIGEST_BYTES, person=b"chat chain")
_new_people = _PEOPLE.copy  # copying takes half the time of a constructor with arguments
_new_content = _CONTENT.copy
_new_row = _ROW.copy
_SALTS = Struct(f"{SALT_BYTES}s{SALT_BYTES}s")

# The values of a row of the log in the order of its columns: id, kind, at, room_id, conversation,
# session_id, nick, user, host, account, target, text, and data as canonical JSON.
EventValues = tuple[
    int,
    str,
    int,
    int | None,
    str | None,
    int | None,
    str,
    str,
    str,
    str | None,
    str | None,
    str | None,
    str | None,
]

SaltedValues = tuple[object, ...]  # the same, then the salts of the people and of the content

canonical_json = json.JSONEncoder(separators=(",", ":"), sort_keys=True).encode


def commit_people(salt: bytes, values: EventValues) -> bytes:
    """Return the commitment to the session, nick, user, host, account and target of an event."""
    digest = _new_people()
    digest.update(salt + _encode_people(*values[5:11]))
    return digest.digest()


def commit_content(salt: bytes, values: EventValues) -> bytes:
    """Return the commitment to the text and the data of an event."""
    digest = _new_content()
    digest.update(salt + _encode_content(*values[11:]))
    return digest.digest()


def digest_row(values: EventValues, people: bytes, content: bytes) -> bytes:
    """Return the row digest of an event, given the commitments to its people and its content."""
    digest = _new_row()
    digest.update(people + content + _encode_head(*values[:5]))
    return digest.digest()


def _encode_people(
    session: int | None, nick: str, user: str, host: str, account: str | None, target: str | None
) -> bytes:
    author = _encode_author(session, nick, user, host, account)
    return f"{author},{'null' if target is None else quote(target)}]".encode()


@lru_cache(maxsize=512)
def _encode_author(session: int | None, nick: str, user: str, host: str, account: str | None) -> str:
    """Return the start of an array, up to the target: the longest part, and often the same."""
    return (
        f"[{'null' if session is None else session},{quote(nick)},{quote(user)},{quote(host)},"
        f"{'null' if account is None else quote(account)}"
    )


def _encode_content(text: str | None, data: str | None) -> bytes:
    if data is None and text is not None:
        return f"={text}".encode()  # unlike any JSON array
    return f"[{'null' if text is None else quote(text)},{'null' if data is None else data}]".encode()


def _encode_head(number: int, kind: str, at: int, room: int | None, conversation: str | None) -> bytes:
    return (
        f'[{number},"{kind}",{at},{"null" if room is None else room},'
        f"{'null' if conversation is None else quote(conversation)}]"
    ).encode()


def digest_rows(row_digests: Iterable[bytes]) -> bytes:
    """Return the rows digest of a batch, given the row digests of its events in order."""
    digest = _ROWS.copy()
    for row_digest in row_digests:
        digest.update(row_digest)
    return digest.digest()


def digest_chain(previous: bytes, rows_digest: bytes) -> bytes:
    """Return the chain digest of a batch, given that of the previous batch and its rows digest."""
    digest = _CHAIN.copy()
    digest.update(previous + rows_digest)
    return digest.digest()


def split_salts(salts: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Cut random bytes into a pair of salts for each event: for its people and for its content."""
    return _SALTS.iter_unpack(salts)


def salt_batch(rows: Sequence[EventValues], salts: bytes) -> tuple[list[SaltedValues], bytes]:
    """Return new rows with their salts, cut from random bytes, and the rows digest of the batch.

    The body of the functions above in one loop: without their calls, it takes half the time.
    """
    salted: list[SaltedValues] = []
    digests: list[bytes] = []
    for row, pair in zip(rows, split_salts(salts), strict=True):
        number, kind, at, room, conversation, session, nick, user, host, account, target, text, data = row
        people_salt, content_salt = pair
        people, content, row_digest = _new_people(), _new_content(), _new_row()
        people.update(people_salt + _encode_people(session, nick, user, host, account, target))
        content.update(content_salt + _encode_content(text, data))
        head = _encode_head(number, kind, at, room, conversation)
        row_digest.update(people.digest() + content.digest() + head)
        digests.append(row_digest.digest())
        salted.append(row + pair)
    return salted, digest_rows([b"".join(digests)])
