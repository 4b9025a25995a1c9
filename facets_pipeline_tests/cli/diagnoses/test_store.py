"""What is wrong with a store or stands in it: each is told with its remedy."""

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.annotators.embedded import RulesAnnotator
from facets_pipeline.adapters.store.budgets import day_scope
from facets_pipeline.adapters.store.schema import batch, budget, recipe
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.cli.diagnoses import store as looks
from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis
from facets_pipeline.domain.claude_recipe import ANNOTATOR
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.releases import LoadMode, SourceDescription
from facets_pipeline_tests.adapters.store.contents import hcpcs
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.cli.diagnoses.looking import is_fault, looked


@pytest.fixture
def path(here: Here) -> Path:
    """The path of an empty, current store that the settings name."""
    path = here.path / ".facets" / "facets.db"
    Store.open(str(path)).close()
    return path


def _found() -> dict[str, Diagnosis]:
    return looked(looks.store)


def _load(path: Path, file: Path, digest: str = "") -> None:
    with Store.open(str(path)) as store:
        source = SourceDescription(
            code_system="HCPCS",
            location=str(file),
            file=file.name,
            format="CSV",
            digest=digest,
            release="2026-01",
            has_dates=False,
            found={},
        )
        store.releases.load(source, [hcpcs("A0021")], mode=LoadMode.NEXT, day=store.today())


def _choose(path: Path, chosen: Recipe) -> None:
    with Store.open(str(path)) as store:
        store.recipes.choose("HCPCS", chosen, reason="test")


def test_a_store_of_an_older_version_says_what_to_run(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facets_pipeline.adapters.store.standing.HEAD", "9999")
    assert path.exists()
    assert is_fault(_found()["store"], "older", "facets store migrate")


def test_a_store_that_can_only_be_read_is_a_fault(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.access

    def access(place: str | Path, mode: int) -> bool:
        # As a user that is not root would be told.
        return real(place, mode) and not (Path(place) == path and mode == os.W_OK)

    monkeypatch.setattr(os, "access", access)
    assert is_fault(_found()["store"], "can only be read")


@pytest.mark.postgres
def test_a_reader_of_postgres_is_told_so(here: Here, postgres_url: str) -> None:
    Store.open(postgres_url).close()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE ROLE only_reads LOGIN")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO only_reads")
    reader = postgres_url.replace("postgres@", "only_reads@")
    here.monkeypatch.setenv("FACETS_DATABASE_URL", reader)
    found = _found()
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("DROP OWNED BY only_reads")
        connection.execute("DROP ROLE only_reads")
    assert is_fault(found["store"], "can only be read", "writer")


def test_a_code_file_that_is_gone_or_changed_is_told(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "hcpcs.csv"
    _load(path, file)
    gone = _found()["HCPCS file"]
    assert (gone.state, "is gone" in gone.found) == ("note", True)
    file.write_text("code,description\nA0021,Other words\n")
    later = datetime.now(UTC).timestamp() + 60
    os.utime(file, (later, later))
    changed = _found()["HCPCS file"]
    assert "has changed" in changed.found
    assert changed.remedy.startswith("facets load ")


def test_a_code_file_as_it_was_loaded_is_not_mentioned(path: Path, tmp_path: Path) -> None:
    file = tmp_path / "hcpcs.csv"
    file.write_text("code,description\n")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    _load(path, file)
    assert "HCPCS file" not in _found()


def test_a_recipe_that_the_settings_make_is_fine_and_another_one_is_told(path: Path) -> None:
    _load(path, Path("hcpcs.csv"))
    _choose(path, RulesAnnotator().recipe)
    assert _found()["HCPCS recipe"].state == "ok"
    _choose(path, Recipe("rules", "", "rules of long ago", {"rules": "0"}))
    other = _found()["HCPCS recipe"]
    assert (other.state, other.remedy) == ("note", "facets generate --dry-run")
    assert "1 codes would be asked" in other.found


def test_answers_of_a_retired_model_are_a_fault(path: Path, here: Here) -> None:
    model = "claude-sonnet-5-5"
    _load(path, Path("hcpcs.csv"))
    _choose(path, Recipe(ANNOTATOR, model, "codebook 1", {"prompt": "x"}))
    prices = here.path / "prices.json"
    prices.write_text(json.dumps({"models": [{"id": model, "retires_on": "2020-01-01"}]}))
    here.monkeypatch.setenv("FACETS_PRICES_FILE", str(prices))
    assert is_fault(_found()["HCPCS recipe"], "no longer answers", "--model")


def _add_batch(path: Path, opened_at: datetime) -> None:
    with Store.open(str(path)) as store, store.database.write() as connection:
        connection.execute(
            sa.insert(recipe).values(
                recipe_id="r",
                annotator="claude",
                model="m",
                label="l",
                content={},
                created_at=opened_at,
            )
        )
        values = {"batch_id": "b", "recipe_id": "r", "code_system": "HCPCS", "model": "m"}
        size = {"prefix": "b", "state": "submitted", "requests": 1, "codes": 1, "owner": ""}
        times = {"lease_until": opened_at, "opened_at": opened_at}
        connection.execute(sa.insert(batch).values(**values, **size, **times))


@pytest.mark.parametrize(("hours", "state"), [(23, "ok"), (25, "fault")])
def test_a_batch_that_is_out_for_more_than_a_day_is_a_fault(
    path: Path, hours: int, state: str
) -> None:
    _add_batch(path, datetime.now(UTC) - timedelta(hours=hours))
    found = _found()["batches"]
    assert found.state == state
    assert (found.remedy == "facets batches poll") is (state == "fault")


@pytest.mark.parametrize(("dollars", "state"), [(1, "ok"), (17, "note"), (20, "fault")])
def test_a_budget_that_is_used_up_is_told(path: Path, dollars: int, state: str) -> None:
    with Store.open(str(path)) as store, store.database.write() as connection:
        scope = day_scope(store.database.now(connection))
        spent = {"scope": scope, "settled_nano_usd": dollars * 10**9, "reserved_nano_usd": 0}
        connection.execute(sa.insert(budget).values(spent))
    found = _found()["budget"]
    assert found.state == state
    assert ("FACETS_BUDGET_USD_PER_DAY" in found.remedy) is (state != "ok")


def test_one_broken_part_does_not_hide_the_others(path: Path, here: Here) -> None:
    _load(path, Path("hcpcs.csv"))
    here.monkeypatch.setenv("FACETS_PRICES_FILE", "/nowhere/prices.json")
    found = _found()
    assert found["recipes"].state == "fault"
    assert found["budget"].state == "ok"
