"""Where codes come from: as stated, as configured, as loaded last; never guessed."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.loading import load_codes, load_reference, source_location
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.releases import LoadMode, LoadReport

HCPCS = CODE_SYSTEMS["HCPCS"]
DAY = date(2026, 3, 1)


@pytest.fixture
def store(tmp_path: Path) -> Generator[Store]:
    """An open, empty store; what it does on Postgres is tried where it is written."""
    with Store.open(str(tmp_path / "store" / "facets.db")) as opened:
        yield opened


def write(path: Path, *codes: str) -> Path:
    """Write a small code file."""
    lines = [f"{code},a text for {code}" for code in codes]
    path.write_text("\n".join(["HCPCS Code,Long Description", *lines, ""]))
    return path


def load(store: Store, location: str) -> LoadReport:
    """Load what is at a location."""
    return load_codes(store, HCPCS, location, mode=LoadMode.NEXT, day=DAY)


def test_stated_beats_configured_beats_loaded_last(store: Store, tmp_path: Path) -> None:
    path = str(write(tmp_path / "codes.csv", "A0001"))
    assert source_location(store, HCPCS, "stated.csv", "configured.csv") == "stated.csv"
    assert source_location(store, HCPCS, "", "configured.csv") == "configured.csv"
    load(store, path)
    assert source_location(store, HCPCS, "", "") == path


def test_with_nothing_known_one_sentence_says_how(store: Store) -> None:
    with pytest.raises(SourceError, match="facets load FILE --code-system HCPCS") as caught:
        source_location(store, HCPCS, "", "")
    assert "FACETS_HCPCS_SOURCE" in str(caught.value)


def test_a_file_is_recorded_with_what_its_reader_found(store: Store, tmp_path: Path) -> None:
    report = load(store, str(write(tmp_path / "hcpcs_2026_january.csv", "A0001", "A0002")))
    assert (report.codes, report.source.release) == (2, "2026-01")
    newest = store.releases.newest("HCPCS")
    assert newest is not None
    assert newest["found"]["columns"].keys() >= {"code", "long"}
    assert len(newest["digest"]) == 64


def test_of_a_folder_the_newest_release_counts(store: Store, tmp_path: Path) -> None:
    write(tmp_path / "hcpcs_2025_october.csv", "A0001")
    write(tmp_path / "hcpcs_2026_january.csv", "A0001", "A0002")
    assert load(store, str(tmp_path)).source.file == "hcpcs_2026_january.csv"
    write(tmp_path / "hcpcs_2026_april.csv", "A0001", "A0002", "A0003")
    again = load(store, source_location(store, HCPCS, "", ""))
    assert (again.source.file, again.changes["added"]) == ("hcpcs_2026_april.csv", 1)


def test_a_table_of_the_stores_own_database_is_a_source(store: Store) -> None:
    with store.database.write() as connection:
        connection.execute(sa.text("CREATE TABLE my_codes (code TEXT, long_desc TEXT)"))
        connection.execute(sa.text("INSERT INTO my_codes VALUES ('A0001', 'a text')"))
    report = load(store, "sql:my_codes")
    assert (report.codes, report.source.location) == (1, "sql:my_codes")
    assert source_location(store, HCPCS, "", "") == "sql:my_codes"


def test_a_file_that_is_not_there_leaves_the_store_as_it_was(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.csv"):
        load(store, str(tmp_path / "absent.csv"))
    assert store.releases.newest("HCPCS") is None


def test_an_official_table_is_found_again_by_kind(store: Store, shared_data: Path) -> None:
    report = load_reference(store, shared_data / "rbcs_2024.csv")
    assert (report.kind, report.codes) == ("rbcs", 15_522)
    assert set(store.references.values("rbcs", ["99213"])) == {"99213"}
    assert load_reference(store, shared_data / "rbcs_2024.csv").already_loaded


def test_a_file_that_only_says_from_when_revives_no_terminated_code(
    store: Store, tmp_path: Path
) -> None:
    dated = tmp_path / "dated.csv"
    dated.write_text("code,long_description,termination_date\nG0001,Blood draw,2018-12-31\n")
    later = tmp_path / "later.csv"
    later.write_text("code,long_description,effective_date\nG0001,Blood draw,2010-01-01\n")
    for path in (dated, later):
        report = load_codes(store, HCPCS, str(path), mode=LoadMode.NEXT, day=DAY)
    assert (report.active, report.terminated) == (0, 1)
    assert report.still_terminated == ("G0001",)
