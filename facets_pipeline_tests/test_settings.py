"""Settings: read when asked, from the environment and .env, and never said aloud."""

import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from facets_pipeline.adapters.store.urls import store_url
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.settings import Settings

SECRET = "canary-7281"  # noqa: S105 - it is looked for where it must not be
OURS, COMMON = "FACETS_DATABASE_URL", "DATABASE_URL"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and an environment that says nothing."""
    monkeypatch.chdir(tmp_path)
    for name in (*Settings.model_fields, "database_url"):
        monkeypatch.delenv(f"FACETS_{name.upper()}", raising=False)
    for name in (COMMON, "ANTHROPIC_API_KEY", "DAGSTER_HOME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def test_with_nothing_set_everything_is_in_the_working_folder(folder: Path) -> None:
    settings = Settings.load()
    assert store_url(settings.store_url).database == str(folder / ".facets" / "facets.db")
    assert settings.reports_dir.resolve() == folder / ".facets" / "reports"
    assert settings.instance_dir == folder / ".facets" / "dagster"
    assert (settings.has_key, settings.source_of("CPT"), settings.source_of("HCPCS")) == (
        False,
        "",
        "",
    )


def test_a_file_named_env_is_read_and_the_environment_beats_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / ".env").write_text(
        f"FACETS_DATA_DIR=kept\nFACETS_HCPCS_SOURCE=a.csv\nANTHROPIC_API_KEY={SECRET}\nOTHER=1\n"
    )
    settings = Settings.load()
    assert (settings.data_dir, settings.source_of("HCPCS")) == (Path("kept"), "a.csv")
    assert settings.has_key
    monkeypatch.setenv("FACETS_HCPCS_SOURCE", "b.csv")
    assert Settings.load().source_of("HCPCS") == "b.csv"


def test_settings_are_read_when_asked_not_when_imported(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert Settings.load().source_of("CPT") == ""
    monkeypatch.setenv("FACETS_CPT_SOURCE", "new.csv")
    assert Settings.load().source_of("CPT") == "new.csv"
    script = (
        "import facets_pipeline.settings, facets_pipeline.definitions, os; "
        "os.environ['FACETS_DATA_DIR'] = 'later'; "
        "print(facets_pipeline.settings.Settings.load().data_dir)"
    )
    said = subprocess.run(
        [sys.executable, "-c", script],
        check=True,
        capture_output=True,
        text=True,
        cwd=folder,
        env={"PYTHONPATH": str(Path(__file__).parents[1]), "FACETS_DATA_DIR": "sooner"},
    )
    assert said.stdout == "later\n"


@pytest.mark.parametrize("in_file", [(), (OURS,), (COMMON,), (OURS, COMMON)])
def test_our_own_address_beats_the_common_one_wherever_it_stands(
    folder: Path, monkeypatch: pytest.MonkeyPatch, in_file: tuple[str, ...]
) -> None:
    values = {OURS: "ours.db", COMMON: "postgresql://common/x"}
    (folder / ".env").write_text("".join(f"{name}={values[name]}\n" for name in in_file))
    for name in values.keys() - set(in_file):
        monkeypatch.setenv(name, values[name])
    assert Settings.load().store_url == "ours.db"


def test_the_common_address_is_used_where_ours_is_not_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(COMMON, "postgresql://common/x")
    assert Settings.load().store_url == "postgresql://common/x"


def test_our_address_set_to_nothing_means_the_data_folder(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(OURS, "")
    monkeypatch.setenv(COMMON, "postgresql://common/x")
    assert store_url(Settings.load().store_url).database == str(folder / ".facets" / "facets.db")


@pytest.mark.parametrize("name", ["with blank", "a?b=c", "100%41", "a#b"])
def test_a_data_folder_may_have_any_name(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv("FACETS_DATA_DIR", name)
    assert store_url(Settings.load().store_url).database == str(folder / name / "facets.db")


def test_the_home_folder_is_understood_and_nothing_means_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("FACETS_DATA_DIR", "~/codes")
    assert Settings.load().data_dir == Path.home() / "codes"
    monkeypatch.setenv("FACETS_DATA_DIR", "")
    assert Settings.load().data_dir == Path(".facets")


@pytest.mark.parametrize("key", ["", "  "])
def test_a_blank_key_is_no_key(monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", key)
    assert not Settings.load().has_key


def test_secrets_are_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", SECRET)
    monkeypatch.setenv(OURS, f"postgresql://ann:{SECRET}@host/x")
    settings = Settings.load()
    for shown in (repr(settings), str(settings), settings.model_dump_json()):
        assert SECRET not in shown
    assert SECRET in settings.store_url


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FACETS_CODES_PER_REQUEST", SECRET),
        ("FACETS_CODES_PER_REQUEST", "0"),
        ("FACETS_BUDGET_USD_PER_DAY", "-1"),
        ("FACETS_BUDGET_USD_PER_DAY", "nan"),
        ("FACETS_BUDGET_USD_PER_DAY", "inf"),
        ("FACETS_THINKING", SECRET),
    ],
)
def test_a_value_that_cannot_be_used_is_named_but_not_shown(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=r"correct it in the environment or in \.env") as caught:
        Settings.load()
    assert name.removeprefix("FACETS_").lower() in str(caught.value)
    assert SECRET not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_text_is_refused(folder: Path) -> None:
    (folder / ".env").write_bytes(b"FACETS_CPT_SOURCE=\xff\xfe\n")
    with pytest.raises(SettingsError, match=r"\.env cannot be read"):
        Settings.load()


def test_settings_do_not_change() -> None:
    settings = Settings.load()
    with pytest.raises(ValidationError, match="frozen"):
        settings.gold = "other.csv"
