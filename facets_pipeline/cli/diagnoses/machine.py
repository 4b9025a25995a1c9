"""The machine: Python, the data folder, room on its disk, and the file system under SQLite."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis

if TYPE_CHECKING:
    from facets_pipeline.settings import Settings

MOUNTS = Path("/proc/self/mountinfo")
"""Where Linux says which file system is where."""

NETWORK_FILE_SYSTEMS: Final = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "lustre", "gpfs", "beegfs"),
        *("glusterfs", "fuse.glusterfs", "fuse.sshfs", "fuse.s3fs", "fuse.gcsfuse", "ocfs2"),
    }
)
"""File systems whose locks do not hold between hosts, or that SQLite's log cannot live on."""

LITTLE_ROOM: Final = 1_000_000_000
NO_ROOM: Final = 200_000_000
"""Bytes: a report, a log and a page of replies still fit into this."""


def python(_settings: "Settings") -> Iterator[Diagnosis]:
    """Tell which Python runs."""
    version = ".".join(str(part) for part in sys.version_info[:3])
    yield Diagnosis("python", "ok", f"{version} at {sys.executable}")


def data_folder(settings: "Settings") -> Iterator[Diagnosis]:
    """Look whether the data folder can be written."""
    folder = settings.data_dir.resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".doctor"
        probe.write_text("", encoding="utf-8")
        probe.unlink()
    except OSError as error:
        remedy = "make it writable, or set FACETS_DATA_DIR to another folder"
        yield Diagnosis("data folder", "fault", f"{folder} ({error.strerror})", remedy)
        return
    yield Diagnosis("data folder", "ok", str(folder))


def disk(settings: "Settings") -> Iterator[Diagnosis]:
    """Look whether there is room for answers, reports and logs."""
    free = shutil.disk_usage(_existing(settings.data_dir.resolve())).free
    found = f"{free / 1e9:,.1f} GB free"
    remedy = "make room, or set FACETS_DATA_DIR to a folder on another disk"
    if free < NO_ROOM:
        yield Diagnosis("disk", "fault", found, remedy)
    elif free < LITTLE_ROOM:
        yield Diagnosis("disk", "note", found, remedy)
    else:
        yield Diagnosis("disk", "ok", found)


def file_system(settings: "Settings") -> Iterator[Diagnosis]:
    """Look whether a SQLite store is on a disk of this machine."""
    from facets_pipeline.adapters.store.urls import store_url

    url = store_url(settings.store_url)
    if url.get_backend_name() != "sqlite" or not MOUNTS.exists():
        return
    place = _existing(Path(str(url.database)).resolve())
    kind = file_system_of(place, MOUNTS.read_text("utf-8", errors="replace"))
    if kind in NETWORK_FILE_SYSTEMS:
        remedy = "facets store copy URL of a Postgres, or of a file on a disk of this machine"
        found = f"the SQLite store is on a network file system ({kind})"
        yield Diagnosis("file system", "fault", found, remedy)


def file_system_of(path: Path, mounts: str) -> str:
    """Return the kind of file system that an absolute path is on; empty if it is not told.

    Args:
        path: The path.
        mounts: Lines as in `/proc/self/mountinfo`.
    """
    kinds: dict[str, str] = {}
    for line in mounts.splitlines():
        about, _, source = line.partition(" - ")
        # Blanks in names are written as octal numbers.
        point = about.split(" ")[4].encode().decode("unicode_escape")
        # What is mounted last covers what was there before.
        kinds[point] = source.split(" ")[0]
    for folder in (path, *path.parents):
        if str(folder) in kinds:
            return kinds[str(folder)]
    return ""


def _existing(path: Path) -> Path:
    return next(folder for folder in (path, *path.parents) if os.path.lexists(folder))
