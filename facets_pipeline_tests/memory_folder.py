"""Where tests put their files: into memory where there is room, since they write and drop them.

No test belongs here.
"""

import os
import shutil
from pathlib import Path
from typing import Final

_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - each test has a folder of its own in it
_ENOUGH: Final = 2_000_000_000
"""Bytes that must be free: several times what all test processes hold at once. Containers often
have 64 MB."""


def memory_folder() -> Path | None:
    """Return a folder that is held in memory and has room; None if there is none."""
    if not _MEMORY.is_dir() or not os.access(_MEMORY, os.W_OK | os.X_OK):
        return None
    return _MEMORY if shutil.disk_usage(_MEMORY).free >= _ENOUGH else None
