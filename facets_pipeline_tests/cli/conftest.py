"""Folders to run commands in: an empty one, and one in which everything was done once."""

from pathlib import Path

import pytest

from facets_pipeline_tests.cli.commands import Folder, Here

ROWS = "".join(f"9921{digit},Office visit {digit} of an established patient\n" for digit in "2345")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """An empty working folder."""
    return Folder(tmp_path)


@pytest.fixture
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder that this process is in, without settings of whoever runs it."""
    for name in ("FACETS_DATABASE_URL", "DATABASE_URL", "DAGSTER_HOME", "ANTHROPIC_API_KEY"):
        monkeypatch.setenv(name, "")
    for name in ("FACETS_DATA_DIR", "FACETS_CPT_SOURCE", "FACETS_HCPCS_SOURCE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def here(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Here:
    """The command line within this process, in an empty working folder."""
    return Here(empty_folder, monkeypatch, capsys)


@pytest.fixture
def reader(
    empty_folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Here:
    """As `here`, with streams to which progress is written as to a terminal."""
    return Here(empty_folder, monkeypatch, capfd)


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A working folder with four CPT codes loaded and answered; only read it."""
    folder = Folder(tmp_path_factory.mktemp("worked"))
    folder.write("cpt.csv", f"code,description\n{ROWS}")
    for arguments in (("load", "cpt.csv", "--code-system", "CPT"), ("generate",)):
        done = folder.run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder
