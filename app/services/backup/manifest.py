"""The manifest of a backup: what the file contained when it was created."""

import hashlib
import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from app.atomic_write import replacing
from app.db.chain.links import Position
from app.errors import ChatError

SUFFIX = ".manifest.json"
FORMAT = 1


class InvalidManifest(ChatError):
    """A manifest is missing, damaged or of a newer version."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup contains.

    `database` and `dialect` are those of the source. `position` is that of the last event of the
    log, and `digest` that of the hash chain there; None while the chain is built for older events.
    `verified` is the time of the verification that found no problem. A followed backup changes all
    the time: its log has at least this position with this digest, and there is no SHA-256.
    """

    file: str
    created: str
    version: str
    database: str
    dialect: str
    revision: str
    position: int
    digest: str | None
    tables: dict[str, int]
    bytes: int
    sha256: str
    verified: str | None = None
    format: int = FORMAT
    followed: bool = False

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Return the manifest with these members.

        Raises: TypeError or ValueError when members are missing or have the wrong type.
        """
        present = {"followed": False, **values}  # manifests written by earlier versions lack it
        manifest = cls(**{field.name: present[field.name] for field in fields(cls)})
        checked = {"file": str, "sha256": str, "revision": str, "position": int, "bytes": int, "tables": dict}
        for name, kind in checked.items():
            if not isinstance(getattr(manifest, name), kind):
                raise TypeError(name)
        return manifest

    def known_positions(self) -> list[Position]:
        """Return the position of the log whose digest is known, if any; an empty log has none."""
        if self.digest is None or self.position == 0:
            return []
        return [Position(self.position, bytes.fromhex(self.digest))]

    def verified_at(self, time: str | None) -> Self:
        """Return the manifest with another time of verification."""
        return replace(self, verified=time)


def manifest_path(file: Path) -> Path:
    """Return the path of the manifest of a backup."""
    return file.with_name(f"{file.name}{SUFFIX}")


def read_manifest(file: Path) -> Manifest:
    """Return the manifest of a backup.

    Raises: InvalidManifest.
    """
    path = manifest_path(file)
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        if values["format"] > FORMAT:
            raise InvalidManifest(f"{path} was written by a newer version; install that version.")
        return Manifest.from_json(values)
    except FileNotFoundError as error:
        raise InvalidManifest(f"{file} has no manifest: {path} does not exist.") from error
    except OSError as error:
        raise InvalidManifest(f"{path} cannot be read ({error.strerror}).") from error
    except (TypeError, ValueError, LookupError) as error:
        raise InvalidManifest(f"{path} is damaged: it is not a manifest.") from error


def write_manifest(file: Path, manifest: Manifest) -> None:
    """Write the manifest of a backup; it is complete or absent.

    Raises: OSError.
    """
    with replacing(manifest_path(file)) as temporary:
        temporary.write_text(f"{json.dumps(asdict(manifest), indent=2)}\n", encoding="utf-8")


def hash_file(file: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal.

    Raises: OSError.
    """
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
