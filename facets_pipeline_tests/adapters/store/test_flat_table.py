"""The flat table is derived: equal to the byte when made again, and whole at any time."""

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.exports import export_rows
from facets_pipeline.adapters.store.flat_table import NAME, FlatTable
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.audit import broken_rows
from facets_pipeline.domain.codebook import Facet, Value
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.adapters.store.contents import (
    DAY,
    REVIEWED,
    answer_all,
    decide,
    hcpcs,
    load,
    numbered,
    rows,
    statuses,
)
from facets_pipeline_tests.engine.annotators import FirstWord


def stored(store: Store) -> list[tuple[str, ...]]:
    """Return every cell as the text that the database holds, JSON included."""
    names = ", ".join(f"CAST({column.name} AS TEXT)" for column in store.flat.table.columns)
    with store.database.read() as connection:
        query = sa.text(f"SELECT {names} FROM {NAME} ORDER BY code_system, code")  # noqa: S608
        return [tuple(row) for row in connection.execute(query)]


def test_dropped_and_made_again_it_is_equal_byte_for_byte(filled: Store) -> None:
    decide(filled, numbered(9)[5], "complexity_level", "simple")
    filled.flat.refresh("HCPCS", DAY)
    before = stored(filled)
    filled.flat.drop()
    report = filled.flat.refresh("HCPCS", DAY)
    assert (report.rows, report.changed) == (10, True)
    assert stored(filled) == before
    assert any("ann" in str(row) for row in before)


def test_a_refresh_with_nothing_changed_does_nothing(filled: Store) -> None:
    with filled.database.write() as connection:
        connection.execute(sa.update(filled.flat.table).values(model="touched by hand"))
    report = filled.flat.refresh("HCPCS", DAY)
    assert (report.rows, report.changed) == (10, False)
    assert {row["model"] for row in rows(filled).values()} == {"touched by hand"}


def test_whatever_changes_is_noticed(filled: Store) -> None:
    later = DAY + timedelta(days=1)
    changes: list[Callable[[], object]] = [
        lambda: load(filled, "more.csv", [hcpcs("B0001")], mode=LoadMode.PARTIAL),
        lambda: answer_all(filled, FirstWord()),
        lambda: decide(filled, numbered(9)[5], "complexity_level", "simple"),
        lambda: filled.recipes.force("HCPCS", FirstWord().recipe.recipe_id),
        lambda: filled.recipes.choose("HCPCS", FirstWord(prompt="new").recipe, reason="test"),
    ]
    for number, change in enumerate(changes):
        change()
        assert filled.flat.refresh("HCPCS", later).changed, number
        assert not filled.flat.refresh("HCPCS", later).changed, number


def test_another_day_changes_rows_only_where_codes_take_effect_or_end(store: Store) -> None:
    night = timedelta(days=1)
    codes = [
        hcpcs("A0001"),
        hcpcs("A0002", terminated_on=DAY + night),
        hcpcs("A0003", effective_on=DAY + 4 * night),
    ]
    load(store, "codes.csv", codes, has_dates=True)
    found = [store.flat.refresh("HCPCS", DAY + number * night) for number in range(6)]
    assert [report.rows for report in found] == [2, 2, 1, 1, 2, 2]
    assert [report.changed for report in found] == [True, False, True, False, True, False]
    assert set(rows(store)) == {"A0001", "A0003"}


URGENCY = Facet(
    name="urgency",
    title="Urgency",
    definition="How soon the service is due; only for drugs.",
    values=(Value("now", "at once"), Value("later", "at any time")),
    only_for=("drug",),
)


def test_an_added_facet_is_a_column_a_check_and_a_column_of_every_export(
    filled: Store,
    tmp_path: Any,  # noqa: ANN401
) -> None:
    codebook = CODEBOOK.with_facet(URGENCY)
    wider = Store(filled.database, codebook)
    assert wider.flat.refresh("HCPCS", DAY).changed
    assert "urgency" in rows(wider)["A0001"]
    decide(wider, numbered(9)[5], "urgency", "now")
    decide(wider, numbered(9)[6], "urgency", "yesterday")
    wider.flat.refresh("HCPCS", DAY)
    assert rows(wider)["A0005"]["urgency"] == "now"
    assert rows(wider)["A0006"]["status"] == "in_review"
    assert broken_rows(wider.flat.rows(), codebook) == []
    made_up = {**rows(wider)["A0005"], "procedure_category": "supply"}
    assert broken_rows([made_up], codebook) == ["A0005"]
    assert broken_rows([{**made_up, "urgency": None}], codebook) == []
    facets = {figures.facet: figures for figures in wider.figures.of_system("HCPCS", DAY).facets}
    assert facets["urgency"].distribution == {"now": 1}
    export_rows(wider.flat.rows(), tmp_path / "facets.csv", "csv", codebook)
    assert "urgency" in (tmp_path / "facets.csv").read_text().partition("\n")[0].split(",")


def test_an_added_value_needs_no_new_table_and_is_accepted(filled: Store) -> None:
    facet = CODEBOOK.facet("complexity_level")
    more = CODEBOOK.with_facet(
        Facet(facet.name, facet.title, facet.definition, (*facet.values, Value("heroic", "more")))
    )
    wider = Store(filled.database, more)
    decide(wider, numbered(9)[5], "complexity_level", "heroic")
    wider.flat.refresh("HCPCS", DAY)
    row = rows(wider)["A0005"]
    assert (row["status"], row["complexity_level"]) == ("valid", "heroic")
    assert broken_rows([row], more) == []
    assert broken_rows([row], CODEBOOK) == ["A0005"]


def test_a_facet_that_becomes_a_truth_value_gets_a_column_of_that_type(filled: Store) -> None:
    facet = CODEBOOK.facet("complexity_level")
    yes_or_no = (Value(name=True, meaning="complex"), Value(name=False, meaning="simple"))
    other = Store(
        filled.database,
        CODEBOOK.with_facet(Facet(facet.name, facet.title, facet.definition, yes_or_no)),
    )
    decide(other, numbered(9)[5], "complexity_level", value=True)
    other.flat.refresh("HCPCS", DAY)
    assert rows(other)["A0005"]["complexity_level"] is True


def test_readers_during_a_refresh_and_a_rebuild_always_see_a_table(filled: Store) -> None:
    counts: list[int] = []
    done = threading.Event()
    query = sa.text(f"SELECT count(*) FROM {NAME}")  # noqa: S608

    def read() -> None:
        while not done.is_set():
            with filled.database.read() as connection:
                counts.append(connection.execute(query).scalar_one())

    reader = threading.Thread(target=read)
    reader.start()
    wider = FlatTable(filled.database, CODEBOOK.with_facet(URGENCY))
    for _ in range(3):
        filled.flat.refresh("HCPCS", DAY)
        wider.refresh("HCPCS", DAY)
    done.set()
    reader.join()
    assert counts
    assert counts[-1] == 10
    assert set(counts) <= {0, 10}, "an empty table while its columns change, else whole pages"


def test_two_refreshes_at_once_end_with_the_newest_state(filled: Store) -> None:
    answer_all(filled, FirstWord())
    other = FlatTable(filled.database)
    threads = [
        threading.Thread(target=flat.refresh, args=("HCPCS", DAY)) for flat in (filled.flat, other)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses(filled) == {REVIEWED: "in_review"}
    assert not filled.flat.refresh("HCPCS", DAY).changed


def test_the_json_column_is_json_that_sql_users_can_read(filled: Store) -> None:
    column = [column.name for column in filled.flat.table.columns].index("opinions")
    texts = [row[column] for row in stored(filled)]
    assert all(isinstance(json.loads(text), dict) for text in texts)
