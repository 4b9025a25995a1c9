"""A file that outlives the server process: one JSON object a line, appended, read at the start.

What is written is decided by `state`; a line that a kill cut off is ignored.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TextIO, cast


class Journal:
    """Append-only lines.

    Args:
        path: The file, made if absent; None writes nothing.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: TextIO | None = None

    def entries(self) -> Iterator[tuple[str, Mapping[str, object]]]:
        """Yield what was written so far, as (kind, row)."""
        if self._path is None or not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as lines:
            for line in lines:
                if line.endswith("\n"):
                    entry = cast("dict[str, Mapping[str, object]]", json.loads(line))
                    yield from entry.items()

    def write(self, kind: str, row: Mapping[str, object]) -> None:
        """Append a row; it is with the operating system when this returns."""
        if self._path is None:
            return
        if self._file is None:
            _drop_cut_line(self._path)
            self._file = self._path.open("a", encoding="utf-8")
        self._file.write(json.dumps({kind: row}, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _drop_cut_line(path: Path) -> None:
    if path.exists():
        written = path.read_bytes()
        if not written.endswith(b"\n"):
            path.write_bytes(written[: written.rfind(b"\n") + 1])
