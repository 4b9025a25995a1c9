"""Noticing that a code file is new or has changed, without reading it every time."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from facets_pipeline.adapters.sources.release import newest_in_folder
from facets_pipeline.domain.errors import SourceError


@dataclass(frozen=True, slots=True)
class Sighting:
    """A file as it was seen.

    Attributes:
        path: Where it is.
        size: Its bytes.
        mtime_ns: When it was written last, in nanoseconds since 1970.
        digest: SHA-256 (hex) of its bytes; empty while it may still be growing.
    """

    path: str
    size: int
    mtime_ns: int
    digest: str = ""


def look_at(location: str, before: Sighting | None) -> Sighting:
    """Return the file at `location` as it is now; it is read only once it has come to rest.

    Args:
        location: A file, or a folder whose newest release counts.
        before: The same some time ago; None if it was never seen. A file that is as it was then is
            at rest, and keeps its digest if it had one.

    Raises:
        SourceError: There is no such file.
    """
    path = Path(location).expanduser()
    if path.is_dir():
        path = newest_in_folder(path)
    now = _seen(path)
    if before is None or (now.path, now.size, now.mtime_ns) != (
        before.path,
        before.size,
        before.mtime_ns,
    ):
        return now
    if before.digest:
        return before
    digest = _digest(path)
    # Somebody may have written on while it was read.
    return Sighting(now.path, now.size, now.mtime_ns, digest) if _seen(path) == now else _seen(path)


def _seen(path: Path) -> Sighting:
    try:
        found = path.stat()
    except OSError as error:
        raise SourceError(
            f"There is no code file at {str(path)!r} ({error.strerror}): put it there, or name "
            f"another one."
        ) from error
    return Sighting(str(path), found.st_size, found.st_mtime_ns)


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise SourceError(
            f"The code file {str(path)!r} cannot be read ({error.strerror}): make it readable."
        ) from error
