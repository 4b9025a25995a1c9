"""What people write as the address of a store."""

from pathlib import Path

import pytest

from facets_pipeline.adapters.store.urls import dagster_url, shown, store_url
from facets_pipeline.domain.errors import SettingsError


@pytest.mark.parametrize(
    "text", ["sqlite:///kept/facets.db", "kept/facets.db", "sqlite+pysqlite:///kept/facets.db"]
)
def test_a_sqlite_path_is_made_absolute(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    url = store_url(text)
    assert url.get_backend_name() == "sqlite"
    assert url.database == str(tmp_path / "kept" / "facets.db")


@pytest.mark.parametrize("name", ["a.db", "a.sqlite", "a.sqlite3", "A.DB", "with space ?#%.db"])
def test_a_bare_path_is_known_by_its_ending(name: str) -> None:
    assert store_url(f"/kept/{name}").database == f"/kept/{name}"


@pytest.mark.parametrize(
    "scheme", ["postgres", "postgresql", "postgresql+psycopg", "postgresql+psycopg2"]
)
def test_a_postgres_address_gets_the_driver_of_each_use(scheme: str) -> None:
    text = f"{scheme}://ann:s%40cret@db.example:5433/facets?sslmode=require"
    assert (
        store_url(text)
        .render_as_string(hide_password=False)
        .startswith("postgresql+psycopg://ann:s%40cret@db.example:5433/")
    )
    assert dagster_url(text) == (
        "postgresql+psycopg2://ann:s%40cret@db.example:5433/facets?sslmode=require"
    )


@pytest.mark.parametrize(
    "text",
    [
        "mysql://ann:canary@host/facets",
        "postgres://ann:x@canary:1@host:port/facets",
        "postgres://ann:canary@host:port/facets",
        "ann:canary@host",
        "facets",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://kept/facets.db",
        "sqlite:///facets.db?mode=ro",
    ],
)
def test_anything_else_is_refused_in_one_sentence_without_the_password(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        store_url(text)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert "canary" not in message
    assert caught.value.__cause__ is None


def test_dagster_refuses_a_sqlite_store_for_its_instance() -> None:
    with pytest.raises(SettingsError, match="postgresql://"):
        dagster_url("sqlite:///facets.db")


def test_an_address_is_shown_without_passwords() -> None:
    url = store_url("postgresql://ann:canary@host/facets?sslpassword=canary&sslmode=require")
    assert shown(url) == "postgresql://ann:***@host/facets?sslmode=require"
    assert shown(store_url("/kept/facets.db")) == "/kept/facets.db"
