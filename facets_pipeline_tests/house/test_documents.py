"""The documents: generated parts are current, links lead somewhere, the licence is whole."""

import hashlib
import re
import runpy
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from facets_pipeline_tests.house.source_tree import DOCUMENTS, ROOT

LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")


def test_the_generated_parts_are_what_the_code_says() -> None:
    command = [sys.executable, "docs/regenerate.py", "--check"]
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    outcome = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stderr


def regenerate(*options: str | Path) -> str:
    """Run the same script within this process; return what it ended with, empty if all is well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["regenerate.py", *map(str, options)])
        try:
            runpy.run_path(str(ROOT / "docs" / "regenerate.py"), run_name="__main__")
        except SystemExit as ended:
            return str(ended.code)
    return ""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with the documents that have generated parts."""
    (tmp_path / "docs").mkdir()
    for name in ("README.md", "docs/architecture.md", "docs/codebook.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("README.md", "| `em_level` |", "| `em_levels` |"),
        ("docs/architecture.md", "raw_codes --> llm_facets", "raw_codes --> review_queue"),
        ("docs/codebook.md", "## Settled cases", "## Cases"),
    ],
)
def test_a_stale_part_is_noticed_and_made_anew(
    project: Path, name: str, right: str, wrong: str
) -> None:
    document = project / name
    current = document.read_text("utf-8")
    assert right in current
    document.write_text(current.replace(right, wrong), "utf-8")
    stale = regenerate("--check", "--root", project)
    assert f"{document.name} is not what the code says" in stale
    assert document.read_text("utf-8") != current, "a check writes nothing"
    assert regenerate("--root", project) == ""
    assert document.read_text("utf-8") == current


def test_a_readme_without_the_markers_is_refused(project: Path) -> None:
    (project / "README.md").write_text("# nothing\n", "utf-8")
    assert "put them back" in regenerate("--root", project)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_to_a_file_leads_somewhere(document: Path) -> None:
    for target in LINK.findall(document.read_text("utf-8")):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_the_licence_is_the_whole_apache_licence() -> None:
    text = (ROOT / "LICENSE").read_bytes()
    published = "cfc7749b96f63bd31c3c42b5c471bf756814053e847c10f3eb003417bc523d30"
    assert hashlib.sha256(text).hexdigest() == published
