"""The disk is full: a small file system of its own where that can be had, else files cannot grow.

On a full file system everything fails that writes: the store, Dagster's history, its logs, the
report. Where nobody may mount one, no file of a process may grow beyond a size, which SQLite takes
for a full disk; the line then says so.
"""

import subprocess
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from facets_pipeline_tests.chaos import worlds
from facets_pipeline_tests.chaos.crews import CODES, a_crew
from facets_pipeline_tests.chaos.figures import Line
from facets_pipeline_tests.chaos.stage import Stage

DISK_MB: Final = 64
FULL_FOR_SECONDS: Final = (0.5, 10.0)
TIMES_FULL: Final = 3
CHUNK: Final = 64 * 1024


def full(stage: Stage) -> Line:
    """Fill the disk of the data folder under load, and make room again after a while."""
    line = stage.line("disk full")
    for _ in range(stage.rounds):
        with stage.scene(CODES) as scene, small_disk(scene.folder / ".facets") as is_small:
            if not is_small:
                line.fault = "disk full (by limit)"
            for _ in range(TIMES_FULL):
                limit = 0 if is_small else _size(scene.folder / ".facets") + CHUNK
                world = {} if is_small else {worlds.LARGEST_FILE: str(limit)}
                crew = a_crew(scene, 2, world=world)
                crew.wait_for_answers(stage.draw.randint(2, 8))
                if is_small:
                    with ballast(scene.folder / ".facets"):
                        time.sleep(stage.draw.uniform(*FULL_FOR_SECONDS))
                crew.end(line)
                line.tried += 1
            stage.finish(scene, line, only_killed=False)
    return line


@contextmanager
def small_disk(folder: Path) -> Generator[bool]:
    """Put a small file system under what a folder holds; False if this user may not."""
    kept = folder.with_name("kept")
    folder.rename(kept)
    folder.mkdir()
    options = f"size={DISK_MB}m"
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "chaos", str(folder)],
        check=False,
        capture_output=True,
    )
    if mounted.returncode != 0:
        folder.rmdir()
        kept.rename(folder)
        yield False
        return
    try:
        subprocess.run(["cp", "-a", f"{kept}/.", str(folder)], check=True)
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def ballast(folder: Path) -> Generator[None]:
    """Fill the file system of a folder to the last byte for the block."""
    path = folder / "ballast"
    try:
        with path.open("wb", buffering=0) as file:
            size = CHUNK
            while size:
                try:
                    file.write(bytes(size))
                except OSError:
                    size //= 2
        yield
    finally:
        path.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    return max(path.stat().st_size for path in folder.rglob("*") if path.is_file())
