"""A SQLite store is backed up while somebody writes to it; a Postgres has its own tool."""

import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.backup import back_up
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import recipe
from facets_pipeline.domain.errors import InputError, StoreError

MOMENT = datetime(2026, 1, 2, tzinfo=UTC)


def _write_a_pair(database: Database, number: int) -> None:
    row = {"annotator": "rules", "model": "", "label": "x" * 2000, "content": number}
    with database.write() as connection:
        for half in "ab":
            key = {"recipe_id": f"{number}{half}", "created_at": MOMENT}
            connection.execute(sa.insert(recipe).values(**key, **row))


def _count(path: Path) -> int:
    with Database.open(str(path)) as database, database.read() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(recipe)).scalar_one()


def test_a_backup_beside_a_writer_is_one_moment_of_the_store(tmp_path: Path) -> None:
    path = tmp_path / "facets.db"
    stopped, going = threading.Event(), threading.Event()

    def write() -> None:
        with Database.open(str(path)) as database:
            number = 0
            while not stopped.is_set():
                number += 1
                _write_a_pair(database, number)
                if number == 50:
                    going.set()

    writer = threading.Thread(target=write)
    writer.start()
    going.wait(60)
    sizes = [back_up(str(path), tmp_path / f"backup{number}.db") for number in range(3)]
    stopped.set()
    writer.join()
    counts = [_count(tmp_path / f"backup{number}.db") for number in range(3)]
    assert [count % 2 for count in counts] == [0, 0, 0]
    assert 100 <= counts[0] <= counts[1] <= counts[2] <= _count(path)
    assert min(sizes) > 100_000


def test_a_backup_never_replaces_a_file_or_leaves_a_piece(tmp_path: Path) -> None:
    path = tmp_path / "facets.db"
    Database.open(str(path)).close()
    taken = tmp_path / "taken.db"
    taken.write_text("mine")
    with pytest.raises(InputError, match="exists already"):
        back_up(str(path), taken)
    with pytest.raises(StoreError, match="cannot be backed up"):
        back_up(str(path), tmp_path / "no folder" / "backup.db")
    with pytest.raises(InputError, match="There is no store at"):
        back_up(str(tmp_path / "none.db"), tmp_path / "backup.db")
    assert taken.read_text() == "mine"
    assert not list(tmp_path.glob("*.part"))


def test_a_postgres_is_left_to_pg_dump_and_its_password_is_not_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="pg_dump --format=custom") as caught:
        back_up("postgresql://me:s3cret@db.example/facets", tmp_path / "backup.dump")
    assert "s3cret" not in str(caught.value)
