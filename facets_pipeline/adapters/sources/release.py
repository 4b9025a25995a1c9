"""Which release a file is, by its name, and the newest release of a folder.

Belongs here: what names say. Does not belong here: what the content says (each layout's module).
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from facets_pipeline.domain.errors import SourceError

READABLE_SUFFIXES = (".txt", ".csv", ".xlsx", ".xlsm", ".parquet", ".tsv", ".psv", ".xls")
"""Endings of files that may hold codes, the plainest form of a CMS release first."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = re.compile(
    r"(?<![a-z])(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)(?![a-z])"
)
_YEAR_MONTH = re.compile(r"(?<!\d)((?:19|20)\d\d)[-_. ]?(0[1-9]|1[0-2])(?:[-_. ]?[0-3]\d)?(?!\d)")
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
# CMS fee schedule releases: PPRRVU25_OCT, and RVU25D for the fourth quarter of 2025.
_SHORT_YEAR = re.compile(r"rvu(\d\d)([a-d]?)(?![a-z\d])")
_QUARTERS = {"a": 1, "b": 4, "c": 7, "d": 10}


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """A year, and a month where it is known (0 if not)."""

    year: int
    month: int = 0

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02d}" if self.month else str(self.year)

    @property
    def starts_on(self) -> date:
        """The first day of the release; a yearly release starts in January."""
        return date(self.year, self.month or 1, 1)


def release_in(name: str) -> Release | None:
    """Return the release that a file name or a title states, or None."""
    text = name.casefold()
    if match := _YEAR_MONTH.search(text):
        return Release(int(match[1]), int(match[2]))
    named = _MONTH.search(text)
    month = _MONTHS.index(named[1][:3]) + 1 if named else 0
    if match := _YEAR.search(text):
        return Release(int(match[1]), month)
    if match := _SHORT_YEAR.search(text):
        return Release(2000 + int(match[1]), month or _QUARTERS.get(match[2], 0))
    return None


def newest_in_folder(folder: Path) -> Path:
    """Return the file of `folder` with the newest release in its name.

    Among equal releases, and where no name states one, the time of modification decides.

    Raises:
        SourceError: No such folder, or no file in it that could hold codes.
    """
    if not folder.is_dir():
        raise SourceError(f"{str(folder)!r} is not a folder: name a folder that holds code files.")
    usable = [
        path
        for path in folder.iterdir()
        if path.suffix.casefold() in {*READABLE_SUFFIXES, ".zip"}
        and not path.name.startswith((".", "~"))
        and not path.name.casefold().startswith("readme")
        and path.is_file()
    ]
    if not usable:
        endings = ", ".join((*READABLE_SUFFIXES, ".zip"))
        raise SourceError(
            f"The folder {str(folder)!r} holds no code file: put a file in it that ends in one of "
            f"{endings}."
        )
    return max(usable, key=_age)


def _age(path: Path) -> tuple[date, int, str]:
    release = release_in(path.name)
    return (release.starts_on if release else date.min, path.stat().st_mtime_ns, path.name)
