"""One thing that was looked at, and what was found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from facets_pipeline.domain.errors import FacetsError

if TYPE_CHECKING:
    from facets_pipeline.settings import Settings


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One thing that was looked at.

    Attributes:
        name: What.
        state: "ok", "note" for what a person should know, "fault" for what is broken.
        found: What was found.
        remedy: The command or setting that mends it; empty if nothing needs to be.
    """

    name: str
    state: Literal["ok", "note", "fault"]
    found: str
    remedy: str = ""


Look = Callable[["Settings"], Iterator[Diagnosis]]
"""Looks at one part of the world."""


def guarded(name: str, look: Callable[[], Iterator[Diagnosis]]) -> Iterator[Diagnosis]:
    """Yield what a look finds; an error that is meant for people is a fault under `name`."""
    try:
        yield from look()
    except FacetsError as error:
        found, _, remedy = str(error).partition(": ")
        yield Diagnosis(name, "fault", found, remedy)
