"""Files that are written whole or not at all, and cells that a spreadsheet takes for text.

What belongs here: how a file appears, whatever is in it. What its columns are is its own module's.
"""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.quoting import quoted

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""First characters by which a spreadsheet takes a cell for a formula; it gets an apostrophe."""


@contextmanager
def written_whole(path: Path) -> Generator[Path]:
    """Give a file to write beside `path`, which it becomes, or replaces, at the end.

    If writing breaks off, nothing of it stays.

    Raises:
        StoreError: The file cannot be written.
    """
    if path.name in {"", ".."}:
        raise StoreError(f"{str(path)!r} is a folder and cannot be written: name a file in it.")
    beside = path.with_name(path.name + ".part")
    try:
        yield beside
        beside.replace(path)
    except OSError as error:
        raise StoreError(
            f"{quoted(str(path), 300)} cannot be written ({error.strerror or error}): choose a "
            f"folder that exists and is writable."
        ) from error
    finally:
        # What could not be written, as of a name that is too long, cannot be removed either.
        with suppress(OSError):
            beside.unlink()


def csv_cell(value: object) -> str:
    """Return what stands in a cell of a CSV file: nothing for None, and never a formula."""
    if value is None:
        return ""
    text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
