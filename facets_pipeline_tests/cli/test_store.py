"""`facets store`: migrating says what it did, a copy goes on without paying, a backup is whole."""

import sqlite3
from collections.abc import Generator
from typing import Any

import pytest

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.cli.commands import Here

KEY = "sk-ant-test-only"
DRUGS = ("J0120", "J0121", "J0122")


@pytest.fixture
def server() -> Generator[RunningServer]:
    """A local Claude server that knows three drugs; batches take an hour of its clock."""
    with running_server(api_key=KEY, batch_seconds=3600) as started:
        started.admin.answer_with({code: {"procedure_category": "drug"} for code in DRUGS})
        yield started


@pytest.fixture
def asking(here: Here, server: RunningServer) -> Here:
    """The command line, whose commands ask the server."""
    here.monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return here


def _load(here: Here, *codes: str) -> None:
    rows = "".join(f"{code},A drug numbered {code}\n" for code in codes)
    (here.path / "hcpcs.csv").write_text(f"code,description\n{rows}", "utf-8")
    done = here.run("load", "hcpcs.csv", "--code-system", "HCPCS")
    assert done.code == 0, done.err


def _generate(here: Here, *arguments: str) -> None:
    done = here.run("generate", "--yes", "--json", *arguments)
    assert done.code == 0, done.err


@pytest.mark.postgres
def test_after_a_copy_nothing_is_paid_again_and_open_batches_are_read_there(
    asking: Here, server: RunningServer, postgres_url: str
) -> None:
    _load(asking, *DRUGS)
    _generate(asking, "--test", "2")
    _generate(asking, "--mode", "batches", "--no-wait")
    before = asking.run("status", "--json").json()
    assert [system["in_batch"] for system in before["systems"]] == [1]
    copied = asking.run("store", "copy", postgres_url, "--json").json()
    assert copied["rows"] == sum(table["rows"] for table in copied["tables"]) > 10
    asking.monkeypatch.setenv("FACETS_DATABASE_URL", postgres_url)
    assert asking.run("status", "--json").json() == before
    server.admin.advance(7200)
    assert asking.run("batches", "poll", "--json").json()["answered"] == 1
    assert [system["pending"] for system in _plan(asking)] == [0]
    paid = server.admin.account()["paid_codes"]
    _generate(asking)
    assert server.admin.account()["paid_codes"] == paid
    assert sorted(paid) == sorted(DRUGS)


def _plan(here: Here) -> list[dict[str, Any]]:
    return here.run("generate", "--dry-run", "--json").json()["systems"]


def test_a_copy_says_how_it_went_and_what_comes_next(here: Here) -> None:
    assert here.run("store", "migrate").code == 0
    dry = here.run("store", "copy", "new.db", "--dry-run")
    assert dry.code == 0
    assert not (here.path / "new.db").exists()
    said = here.run("store", "copy", "new.db")
    assert (said.code, said.err) == (0, "")
    assert "FACETS_DATABASE_URL" in said.out
    assert (here.path / "new.db").exists()
    onto_itself = here.run("store", "copy", ".facets/facets.db")
    assert onto_itself.code == 2
    assert "name another address" in onto_itself.err
    absent = here.run("store", "copy", "x.db", "--from-db-url", "gone.db", "--json")
    assert (absent.code, absent.json()["exit_code"]) == (2, 2)
    assert not (here.path / "gone.db").exists()


def test_migrating_says_whether_anything_was_done(here: Here) -> None:
    first = here.run("store", "migrate", "--json").json()
    assert (first["done"], first["from"]) == ("created", None)
    assert here.run("store", "migrate", "--json").json()["done"] == "current"
    with sqlite3.connect(here.path / ".facets" / "facets.db") as connection:
        connection.execute("UPDATE facets_alembic_version SET version_num = '9999'")
    connection.close()
    for command in (("store", "migrate"), ("status",), ("store", "copy", "new.db")):
        said = here.run(*command)
        assert said.code == 1, command
        assert "install the newer version" in said.err


def test_a_backup_can_be_looked_at_and_restored(here: Here) -> None:
    assert here.run("store", "migrate").code == 0
    said = here.run("store", "backup", "backup.db", "--json").json()
    assert said["bytes"] == (here.path / "backup.db").stat().st_size
    assert here.run("store", "backup", "backup.db").code == 2
    for file in (here.path / ".facets").glob("facets.db*"):
        file.unlink()
    store = ".facets/facets.db"
    restored = here.run("store", "copy", store, "--from-db-url", "backup.db", "--json")
    assert restored.code == 0
    assert here.run("store", "migrate", "--db-url", store, "--json").json()["done"] == "current"


def test_doctor_asks_the_api_only_when_told_to(here: Here, server: RunningServer) -> None:
    here.monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", f"{KEY}-wrong")
    assert here.run("doctor").code == 0
    assert server.admin.requests() == []
    said = here.run("doctor", "--online", "--json")
    assert said.code == 1
    faults = [check for check in said.json()["checks"] if check["state"] == "fault"]
    assert [fault["name"] for fault in faults] == ["claude api"]
