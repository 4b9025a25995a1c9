"""`facets doctor`: every fault with its remedy, no traceback, no password."""

import json
import sqlite3

from facets_pipeline_tests.cli.commands import Here


def _checks(here: Here, *arguments: str) -> tuple[object, dict[str, dict[str, str]]]:
    said = here.run("doctor", "--json", *arguments)
    assert said.err == ""
    found = said.json()["checks"]
    return said.code, {check["name"]: check for check in found}


def test_an_empty_folder_is_healthy_and_the_next_command_is_named(here: Here) -> None:
    code, checks = _checks(here)
    assert code == 0
    assert checks["HCPCS codes"]["state"] == "note"
    assert checks["HCPCS codes"]["remedy"] == "facets load FILE --code-system HCPCS"


def test_a_database_that_is_down_is_a_fault_without_its_password(here: Here) -> None:
    url = "postgresql://me:s3cret@127.0.0.1:1/facets"
    code, checks = _checks(here, "--db-url", url)
    assert code == 1
    assert checks["store"]["state"] == "fault"
    assert checks["store"]["remedy"]
    assert "s3cret" not in json.dumps(checks)


def test_a_folder_that_cannot_be_written_is_a_fault(here: Here) -> None:
    (here.path / ".facets").write_text("in the way")
    code, checks = _checks(here)
    assert code == 1
    for name in ("data folder", "store", "dagster instance"):
        assert checks[name]["state"] == "fault", name
    assert "FACETS_DATA_DIR" in checks["data folder"]["remedy"]


def test_wrong_settings_are_faults_with_their_names(here: Here) -> None:
    home = here.path / "home"
    home.mkdir()
    (home / "dagster.yaml").write_text("storage: {nonsense: 1}\n")
    here.monkeypatch.setenv("DAGSTER_HOME", str(home))
    here.monkeypatch.setenv("FACETS_CPT_SOURCE", "/nowhere/cpt.csv")
    code, checks = _checks(here)
    assert code == 1
    assert checks["CPT source"]["remedy"] == "correct FACETS_CPT_SOURCE, or unset it"
    assert "nonsense" in checks["dagster instance"]["found"]


def test_a_store_of_another_version_is_a_fault(here: Here) -> None:
    assert _checks(here)[0] == 0
    assert here.run("store", "migrate").code == 0
    with sqlite3.connect(here.path / ".facets" / "facets.db") as connection:
        (table,) = connection.execute(
            "SELECT name FROM sqlite_master WHERE name LIKE '%alembic_version%'"
        ).fetchone()
        connection.execute(f"UPDATE {table} SET version_num = '9999'")  # noqa: S608 - from the schema
    connection.close()
    code, checks = _checks(here)
    assert code == 1
    assert checks["store"]["state"] == "fault"
    assert "install the newer version" in checks["store"]["remedy"]


def test_looking_makes_no_store(here: Here) -> None:
    code, checks = _checks(here)
    assert code == 0
    assert checks["store"]["state"] == "note"
    assert not (here.path / ".facets" / "facets.db").exists()
