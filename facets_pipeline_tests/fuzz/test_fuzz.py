"""Every target, with few inputs and always the same; the fuzzer tries many, others each time."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import strategies as st

from facets_pipeline_tests.fuzz.account import Account
from facets_pipeline_tests.fuzz.every import targets
from facets_pipeline_tests.fuzz.mutation import Edit, Spoiling, spoilt
from facets_pipeline_tests.fuzz.properties import READERS
from facets_pipeline_tests.fuzz.seeds import database_seed, seeds
from facets_pipeline_tests.fuzz.targets import Target

TARGETS = targets()
READ_BY: Mapping[str, tuple[str, ...]] = {
    "official": ("rbcs_2024.csv", "PPRRVU25_OCT.csv", "PPRRVU25_OCT.txt"),
    "gold": ("gold.csv", "gold_wide.csv", "gold.xlsx"),
}


@pytest.mark.parametrize("name", list(TARGETS))
def test_whatever_comes_in_ends_in_a_value_or_in_a_sentence(name: str) -> None:
    TARGETS[name].runnable()()


@pytest.mark.parametrize("name", sorted(seeds()))
def test_mutation_begins_with_files_that_are_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(seeds()[name])
    readers = [reader for reader, names in READ_BY.items() if name in names] or ["codes"]
    for reader in readers:
        assert READERS[reader](path).rows > 0


def test_the_table_that_is_spoilt_is_read(tmp_path: Path) -> None:
    path = tmp_path / "codes.db"
    path.write_bytes(database_seed())
    assert READERS["sql"](path).rows > 0


def test_a_member_of_an_archive_is_spoilt_within_it(tmp_path: Path) -> None:
    edit = Edit("insert", at=0, length=0, token=b"code,code\n", times=1)
    path = tmp_path / "one.zip"
    path.write_bytes(spoilt(seeds()["one.zip"], Spoiling(0, (edit,), ())))
    with zipfile.ZipFile(path) as archive:
        assert archive.read("codes.csv").startswith(b"code,code\ncode,short_desc")
        assert archive.read("readme.pdf") == b"%PDF"


def test_a_property_that_does_not_hold_fails_in_the_suite_and_is_kept_by_the_fuzzer(
    tmp_path: Path,
) -> None:
    def check(number: int) -> None:
        assert number < 50, "too large"

    broken = Target("broken", check, st.integers(0, 100))
    with pytest.raises(AssertionError, match="too large"):
        broken.runnable()()
    account = Account(tmp_path / "account.json")
    tried = account.trying(check)
    for number in (1, 70, 80):
        tried(number)
    again = Account.read(tmp_path / "account.json")
    assert account.examples == 3
    assert list(again.failures) == list(account.failures)
    (told,) = again.failures.values()
    assert "input: 70" in told
