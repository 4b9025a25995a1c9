"""The codes that are asked, and the answers that the server gives to them.

They are the active codes of a real HCPCS release where one lies beside the checkout, else the
shipped sample, repeated under invented codes until there are enough. Answers are what the embedded
rules say of each, so that their length is that of real ones.
"""

import csv
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.sources.opening import open_source
from facets_pipeline.adapters.sources.source import read_codes
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.codes import Code
from facets_pipeline.sample import sample_file

SYSTEM: Final = code_system("HCPCS")
RELEASE: Final = Path(__file__).resolve().parents[3] / "shared" / "data" / "hcpcs_2026_january.csv"
WANTED: Final = 8_623
"""Codes of the release of January 2026."""

_LETTERS: Final = "ACEGHJKLMPQRSTV"


@dataclass(frozen=True, slots=True)
class CodeSet:
    """Codes in the order in which they are asked.

    Attributes:
        codes: The codes.
        origin: Where they come from, in words.
    """

    codes: tuple[Code, ...]
    origin: str

    def write_source(self, path: Path, count: int) -> None:
        """Write the first `count` codes as a code file."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(["code", "short_descriptor", "long_descriptor"])
            for code in self.codes[:count]:
                writer.writerow([code.code, code.short_descriptor, code.long_descriptor])

    def write_answers(self, path: Path) -> None:
        """Write what the rules say of each code, as the server's table of answers."""
        answers = {
            code.code: {
                facet: stated.value
                for facet, stated in rules_opinion(code).items()
                if stated.value is not None
            }
            for code in self.codes
        }
        path.write_text(json.dumps(answers), encoding="utf-8")


def code_set() -> CodeSet:
    """Return the codes of the release if it is there, else of the sample."""
    if RELEASE.is_file():
        return CodeSet(_read(RELEASE), f"the HCPCS release {RELEASE.name}")
    sample = _read(sample_file(SYSTEM.name))
    invented = [
        replace(sample[number % len(sample)], code=name)
        for number, name in enumerate(_invented(WANTED))
    ]
    known = {code.code for code in sample}
    more = [code for code in invented if code.code not in known]
    return CodeSet(
        (*sample, *more)[:WANTED],
        f"the {len(sample)} codes of the sample, the rest invented with the same descriptors",
    )


def _read(path: Path) -> tuple[Code, ...]:
    found = read_codes(open_source(path, system=SYSTEM), SYSTEM)
    return tuple(code for code in found if isinstance(code, Code))


def _invented(count: int) -> list[str]:
    return [f"{_LETTERS[n % len(_LETTERS)]}{9999 - n // len(_LETTERS):04d}" for n in range(count)]
