"""What is fuzzed: each target is a property with the strategy that makes its input.

Belongs here: targets of files. Answers, searches and commands have modules of their own.
"""

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facets_pipeline_tests.fuzz.mutation import SPOILINGS, Spoiling, spoilt
from facets_pipeline_tests.fuzz.properties import READERS, Outcome
from facets_pipeline_tests.fuzz.seeds import database_seed, seeds

_NO_CHECKS = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)
"""Reading a file is slow beside making it; that is no fault of a strategy."""


@dataclass(frozen=True, slots=True)
class Target:
    """One property.

    Attributes:
        name: How the command line of the fuzzer calls it.
        check: Takes one input and fails where the property does not hold.
        inputs: Makes inputs.
        examples: How many the suite tries: what fits into a second or two.
    """

    name: str
    check: Callable[[Any], None]
    inputs: st.SearchStrategy[Any]
    examples: int = 100

    def runnable(self) -> Callable[[], None]:
        """Return the property as a function that tries the suite's examples, always the same."""
        profile = settings(
            max_examples=self.examples,
            derandomize=True,
            deadline=None,
            database=None,
            suppress_health_check=_NO_CHECKS,
        )
        return profile(given(self.inputs)(self.check))


def _read(reader: str, name: str, data: bytes) -> Outcome:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, name)
        path.write_bytes(data)
        return READERS[reader](path)


def _spoilt_file(reader: str, names: tuple[str, ...], examples: int) -> Target:
    def check(given_file: tuple[str, Spoiling]) -> None:
        name, spoiling = given_file
        data = database_seed() if reader == "sql" else seeds()[name]
        _read(reader, name, spoilt(data, spoiling))

    inputs = st.tuples(st.sampled_from(names), SPOILINGS)
    return Target(f"{reader}-{names[0].rpartition('.')[2]}", check, inputs, examples)


def _any_bytes(reader: str) -> Target:
    def check(data: bytes) -> None:
        _read(reader, "codes.csv", data)

    beginnings = st.sampled_from([b"", *(data[:64] for data in seeds().values())])
    inputs = st.builds(bytes.__add__, beginnings, st.binary(max_size=400))
    return Target(f"{reader}-bytes", check, inputs, 15)


def _named(*endings: str) -> tuple[str, ...]:
    return tuple(name for name in seeds() if name.endswith(endings))


_TEXTS = _named(".csv", ".txt", ".tsv", ".psv")
_OFFICIAL = ("rbcs_2024.csv", "PPRRVU25_OCT.csv", "PPRRVU25_OCT.txt")


def file_targets() -> tuple[Target, ...]:
    """Return a target for every reader and kind of file."""
    return (
        _spoilt_file("codes", _TEXTS, 40),
        _spoilt_file("codes", _named(".zip"), 5),
        _spoilt_file("codes", _named(".xlsx"), 8),
        _spoilt_file("codes", _named(".xls"), 5),
        _spoilt_file("codes", _named(".parquet"), 2),
        _spoilt_file("official", _OFFICIAL, 25),
        _spoilt_file("gold", ("gold.csv", "gold_wide.csv"), 15),
        _spoilt_file("gold", ("gold.xlsx",), 4),
        _spoilt_file("sql", ("codes.db",), 20),
        *(_any_bytes(reader) for reader in READERS if reader != "sql"),
    )
