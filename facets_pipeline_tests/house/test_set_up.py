"""Set-up finds a Python that can do it, or says in one sentence what to install."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from facets_pipeline_tests.house.source_tree import ROOT

SHELL = shutil.which("sh") or "sh"
OS_FILE = Path("/etc/os-release")
OS_RELEASE = OS_FILE.read_text("utf-8") if OS_FILE.exists() else ""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """Return a folder that is the whole PATH of a machine: as yet it holds no Python."""
    folder = tmp_path / "programs with a space"
    folder.mkdir()
    dirname = shutil.which("dirname")
    assert dirname is not None
    (folder / "dirname").symlink_to(dirname)
    return folder


def add(folder: Path, name: str, body: str) -> Path:
    """Add a program called `name` whose shell script is `body`."""
    path = folder / name
    path.write_text(f"#!{SHELL}\n{body}\n", "utf-8")
    path.chmod(0o755)
    return path


def run(programs: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of `.ci` on a machine that holds only `programs`."""
    script, *arguments = words
    return subprocess.run(
        [SHELL, str(ROOT / ".ci" / script), *arguments],
        env={"PATH": str(programs), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def check(programs: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the search for a Python on a machine that holds only `programs`."""
    return run(programs, "set_up", "--check", **environment)


def test_a_machine_without_a_fit_python_is_told_what_to_install(programs: Path) -> None:
    add(programs, "python3", "exit 1")
    outcome = check(programs)
    assert outcome.returncode == 1
    assert "No Python 3.11 or newer" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_a_python_without_venv_and_pip_is_told_what_to_install(programs: Path) -> None:
    add(programs, "python3", 'case "$2" in *venv*) exit 1 ;; esac')
    outcome = check(programs)
    assert outcome.returncode == 1
    assert "apt-get install python3-venv" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


def test_a_python_without_ensurepip_will_do_if_it_has_pip(programs: Path) -> None:
    add(programs, "python3", 'case "$2" in *ensurepip*) exit 1 ;; esac')
    assert check(programs).returncode == 0


def test_a_name_that_exists_but_fails_is_passed_over(programs: Path) -> None:
    add(programs, "python3.13", "echo 'version 3.13 is not installed' >&2; exit 127")
    (programs / "python3").symlink_to(sys.executable)
    outcome = check(programs)
    assert outcome.returncode == 0
    assert outcome.stderr == ""


def test_the_python_that_is_named_is_the_only_one_that_counts(programs: Path) -> None:
    (programs / "python3").symlink_to(sys.executable)
    broken = add(programs, "my python", "exit 1")
    assert check(programs, PYTHON=str(broken)).returncode == 1
    assert check(programs, PYTHON=sys.executable).returncode == 0


def set_up_chromium(programs: Path) -> subprocess.CompletedProcess[str]:
    """Run the set-up of Chromium on a machine that holds only `programs`, and .venv."""
    if not (ROOT / ".venv" / "bin" / "python").exists():
        pytest.skip("the tests do not run from .venv here")
    return run(programs, "set_up_chromium")


def test_who_may_not_install_a_chromium_is_told_what_to_install(programs: Path) -> None:
    add(programs, "id", "echo 1000")
    outcome = set_up_chromium(programs)
    assert outcome.returncode == 1
    assert "apt-get install chromium" in outcome.stderr
    assert len(outcome.stderr.splitlines()) == 1


@pytest.mark.skipif(
    not re.search("^ID=debian$", OS_RELEASE, re.MULTILINE), reason="this machine is no Debian"
)
def test_on_debian_root_gets_a_chromium_installed_once(programs: Path) -> None:
    add(programs, "id", "echo 0")
    for name in ("grep", "chmod"):
        program = shutil.which(name)
        assert program is not None
        (programs / name).symlink_to(program)
    asked = programs / "asked"
    body = f'echo "$*" >> "{asked}"; echo > "{programs}/chromium"; chmod +x "{programs}/chromium"'
    add(programs, "apt-get", body)
    assert set_up_chromium(programs).returncode == 0
    first = asked.read_text()
    assert "install -y -qq --no-install-recommends chromium" in first
    assert set_up_chromium(programs).returncode == 0
    assert asked.read_text() == first


def test_every_target_is_listed_by_make_itself() -> None:
    make = shutil.which("make")
    if make is None:
        pytest.skip("this machine has no make")
    # make passes its own flags on to the makes below it, and a test may run below one.
    environment = {key: value for key, value in os.environ.items() if "MAKE" not in key}
    listed = subprocess.run(
        [make, "--no-print-directory"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    targets = [line.split()[1] for line in listed.splitlines()]
    assert targets == [
        "help",
        "demo",
        "test",
        "coverage",
        "test-ui",
        "bench",
        "growth",
        "chaos",
        "fuzz",
        "sweep",
        "lint",
        "dev",
        "docs",
        "lock",
        "clean",
    ]
