"""A store is moved whole, ledger included, or not at all; nothing is paid for again."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store import copying
from facets_pipeline.adapters.store.copying import TABLES, CopiedTable, copy_store
from facets_pipeline.adapters.store.schema import (
    batch,
    call,
    call_item,
    outcome,
    source_release,
)
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import InputError, StoreError
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    DAY,
    active,
    answer_all,
    counted,
    decide,
    filled_store,
    load,
    numbered,
)
from facets_pipeline_tests.adapters.store.copied_contents import (
    LONG_AGO,
    add_batch,
    add_call,
    add_reference,
)
from facets_pipeline_tests.engine.annotators import FirstWord

LATER = datetime(2999, 1, 1, tzinfo=UTC)


@pytest.fixture
def target_url(database_url: str, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """An address with nothing at it, of the other kind than `database_url`."""
    if database_url.startswith("sqlite"):
        return request.getfixturevalue("postgres_url")
    return f"sqlite:///{tmp_path / 'copy' / 'facets.db'}"


@pytest.fixture
def source_url(database_url: str) -> str:
    """The address of a store with something of everything in it."""
    with Store.open(database_url) as store:
        filled_store(store)
        decide(store, active(store)["A0003"], "procedure_category", "supply")
        decide(store, active(store)["A0003"], "procedure_category", None, action="undo")
        store.recipes.force("HCPCS", FirstWord().recipe.recipe_id)
        answer_all(store, FirstWord())
        add_reference(store)
        add_batch(store, owner="", lease_until=LONG_AGO)
        store.flat.refresh("HCPCS", DAY)
    return database_url


def _flat_rows(store: Store) -> str:
    store.flat.refresh("HCPCS", DAY)
    return repr([dict(row) for row in store.flat.rows()])


def _as_dict(copied: list[CopiedTable]) -> dict[str, tuple[int, str]]:
    return {table.name: (table.rows, table.digest) for table in copied}


def test_a_copy_holds_everything_and_leaves_nothing_to_ask(
    source_url: str, target_url: str
) -> None:
    said: list[tuple[str, int, int]] = []

    def say(table: str, done: int, total: int) -> None:
        said.append((table, done, total))

    copied = copy_store(source_url, target_url, progress=say)
    rows = {table.name: table.rows for table in copied}
    assert {"call", "outcome", "decision", "force_request", "reference_value"} <= {
        name for name, count in rows.items() if count
    }
    assert said[-1][1:] == (sum(rows.values()), sum(rows.values()))
    recipe_id = FirstWord().recipe.recipe_id
    with Store.open(source_url) as source, Store.open(target_url) as copy:
        assert [counted(source, table) for table in TABLES] == list(rows.values())
        assert copy.ledger.askable(ALL, recipe_id) == 0
        assert _flat_rows(copy) == _flat_rows(source)
        assert copy.figures.of_system("HCPCS", DAY) == source.figures.of_system("HCPCS", DAY)
        assert copy.figures.costs() == source.figures.costs()
        assert counted(copy, batch) == 1


def test_there_and_back_again_is_the_same(source_url: str, target_url: str, tmp_path: Path) -> None:
    there = copy_store(source_url, target_url)
    back = copy_store(target_url, str(tmp_path / "back.db"))
    assert _as_dict(there) == _as_dict(back)
    assert len({table.digest for table in there if table.rows}) > 5


def test_new_rows_of_a_copy_get_new_keys(source_url: str, target_url: str) -> None:
    copy_store(source_url, target_url)
    with Store.open(target_url) as copy:
        report = load(copy, "newer.csv", [*active(copy).values(), *numbered(3, letter="B")])
        before = counted(copy, outcome)
        answer_all(copy, FirstWord())
        assert counted(copy, outcome) == before + 3
        assert counted(copy, source_release) == report.release_id == 3


def test_an_absent_value_and_a_json_null_stay_apart(source_url: str, target_url: str) -> None:
    copy_store(source_url, target_url)
    with Store.open(target_url) as copy, copy.database.read() as connection:
        texts = connection.execute(
            sa.text("SELECT CAST(value AS TEXT) FROM decision ORDER BY decision_id")
        )
        assert texts.scalars().all() == ['"supply"', "null"]
        absent = sa.text("SELECT count(*) FROM call WHERE usage IS NULL")
        assert connection.execute(absent).scalar_one() > 0


def test_a_store_that_somebody_works_on_is_not_copied(source_url: str, target_url: str) -> None:
    with Store.open(source_url) as store, store.database.write() as connection:
        add_call(connection, "c2", "elsewhere:77:1:x", LATER, mode="messages")
    with pytest.raises(StoreError, match=r"process 77 on elsewhere \(1 codes\)"):
        copy_store(source_url, target_url)
    with Store.open(target_url) as copy:
        assert {counted(copy, table) for table in TABLES} == {0}


def test_what_dead_and_silent_processes_hold_is_copied(source_url: str, target_url: str) -> None:
    with Store.open(source_url) as store, store.database.write() as connection:
        add_call(connection, "c2", "elsewhere:77:1:x", LONG_AGO, mode="messages")
    copy_store(source_url, target_url)
    with Store.open(target_url) as copy:
        assert counted(copy, call_item) > 0
        answer_all(copy, FirstWord())


def test_a_store_that_is_not_empty_is_not_written_to(source_url: str, target_url: str) -> None:
    with Store.open(target_url) as other:
        load(other, "other.csv", numbered(1))
    with pytest.raises(InputError, match="is not empty"):
        copy_store(source_url, target_url)
    with Store.open(target_url) as other:
        assert counted(other, outcome) == 0


def test_a_failure_on_the_way_copies_nothing(source_url: str, target_url: str) -> None:
    def fail(table: str, done: int, total: int) -> None:
        if table == "outcome":
            raise KeyboardInterrupt(done, total)

    with pytest.raises(KeyboardInterrupt):
        copy_store(source_url, target_url, progress=fail)
    with Store.open(target_url) as copy:
        assert {counted(copy, table) for table in TABLES} == {0}
    copy_store(source_url, target_url)


def test_rows_that_change_on_their_way_are_noticed(
    source_url: str, target_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def shortened(connection: sa.Connection, table: sa.Table, page: list[Any]) -> None:
        whole(connection, table, page[:-1])

    whole: Callable[..., None] = copying.insert_kept
    monkeypatch.setattr(copying, "insert_kept", shortened)
    with pytest.raises(StoreError, match="is not equal"):
        copy_store(source_url, target_url)


def _empty_calls(url: str) -> None:
    with Store.open(url) as other, other.database.write() as connection:
        if other.database.dialect == "postgresql":
            connection.exec_driver_sql("SET LOCAL lock_timeout = '50ms'")
        connection.execute(sa.delete(call))


def test_the_source_can_be_read_and_not_written_meanwhile(
    source_url: str, target_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facets_pipeline.adapters.store.engines.BUSY_SECONDS", 0.05)
    refused: list[str] = []

    def write(table: str, done: int, total: int) -> None:
        del done, total
        if refused or table != "call":
            return
        with Store.open(source_url) as other:
            assert counted(other, call) > 0
        with pytest.raises(StoreError, match="locked"):
            _empty_calls(source_url)
        refused.append(table)

    copy_store(source_url, target_url, progress=write)
    assert refused == ["call"]


def test_a_dry_run_counts_and_makes_nothing(source_url: str, tmp_path: Path) -> None:
    path = tmp_path / "never" / "facets.db"
    copied = copy_store(source_url, str(path), dry_run=True)
    assert sum(table.rows for table in copied) > 20
    assert not path.parent.exists()


def test_a_store_is_not_copied_onto_itself_and_must_exist(tmp_path: Path) -> None:
    path = tmp_path / "facets.db"
    with pytest.raises(InputError, match="There is no store at"):
        copy_store(str(path), str(tmp_path / "other.db"))
    Store.open(str(path)).close()
    (tmp_path / "same.db").symlink_to(path)
    with pytest.raises(InputError, match="name another address"):
        copy_store(str(path), str(tmp_path / "same.db"))


@pytest.mark.postgres
def test_text_that_postgres_cannot_keep_is_named(tmp_path: Path, postgres_url: str) -> None:
    with Store.open(str(tmp_path / "facets.db")) as store:
        load(store, "a.csv", numbered(1))
        with store.database.write() as connection:
            connection.execute(sa.update(source_release).values(file="a\x00b"))
    with pytest.raises(StoreError, match="A row of 'source_release' cannot be kept"):
        copy_store(str(tmp_path / "facets.db"), postgres_url)
