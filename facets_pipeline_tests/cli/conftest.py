"""Folders to run commands in: an empty one, and one in which everything was done once."""

from pathlib import Path

import pytest

from facets_pipeline_tests.cli.commands import Folder

ROWS = "".join(f"9921{digit},Office visit {digit} of an established patient\n" for digit in "2345")


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables that let the commands of a session share their compiled modules."""
    return {"PYTHONPYCACHEPREFIX": str(tmp_path_factory.mktemp("bytecode"))}


@pytest.fixture
def folder(tmp_path: Path, bytecode: dict[str, str]) -> Folder:
    """An empty working folder."""
    return Folder(tmp_path, dict(bytecode))


@pytest.fixture(scope="session")
def worked(tmp_path_factory: pytest.TempPathFactory, bytecode: dict[str, str]) -> Folder:
    """A working folder with four CPT codes loaded and answered; only read it."""
    folder = Folder(tmp_path_factory.mktemp("worked"), dict(bytecode))
    folder.write("cpt.csv", f"code,description\n{ROWS}")
    for arguments in (("load", "cpt.csv", "--code-system", "CPT"), ("generate",)):
        done = folder.run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder
