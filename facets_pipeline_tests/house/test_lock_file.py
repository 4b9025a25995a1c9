"""The lock file and the list of dependencies: complete, hashed, without addresses, with reasons."""

import re
import tomllib

from facets_pipeline_tests.house.source_tree import ROOT

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PROJECT_FILE = (ROOT / "pyproject.toml").read_text("utf-8")

REQUIREMENT = re.compile(r"^(?P<name>[\w.-]+)(?:\[[\w, -]+\])?==(?P<version>\S+)", re.MULTILINE)
DEPENDENCY = re.compile(r'^  "(?P<name>[A-Za-z][\w.-]*)[^"]*",(?P<rest>.*)$', re.MULTILINE)


def dependency_lists() -> dict[str, str]:
    """Return the text of the two lists of dependencies in pyproject.toml."""
    found: dict[str, str] = {}
    for key in ("dependencies", "dev"):
        match = re.search(rf"^{key} = \[\n(.*?)^\]", PROJECT_FILE, re.MULTILINE | re.DOTALL)
        assert match, key
        found[key] = match.group(1)
    return found


def test_the_lock_file_holds_no_address() -> None:
    assert "://" not in LOCK
    assert " @ " not in LOCK
    assert not re.search(r"^-", LOCK, re.MULTILINE), "an option line"


def test_every_locked_package_has_an_exact_version_and_a_hash() -> None:
    # A requirement ends where the next line is not indented.
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) > 50
    for block in blocks:
        assert REQUIREMENT.match(block), block
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", block), block


def test_every_declared_dependency_is_locked() -> None:
    locked = {match["name"].lower() for match in REQUIREMENT.finditer(LOCK)}
    project = tomllib.loads(PROJECT_FILE)["project"]
    lines = project["dependencies"] + project["optional-dependencies"]["dev"]
    declared = {re.split(r"[\[<>=!~; ]", line)[0].lower() for line in lines}
    assert declared <= locked


def test_what_builds_the_project_is_locked_too() -> None:
    requires = tomllib.loads(PROJECT_FILE)["build-system"]["requires"]
    names = {re.split(r"[\[<>=!~; ]", line)[0] for line in requires}
    assert names <= {match["name"] for match in REQUIREMENT.finditer(LOCK)}


def test_every_dependency_stands_with_its_reason_and_an_upper_or_lower_bound() -> None:
    for key, text in dependency_lists().items():
        entries = list(DEPENDENCY.finditer(text))
        assert len(entries) == text.count('",'), f"one entry a line in {key}"
        for entry in entries:
            assert re.search(r"# \w.{3,}", entry["rest"]), f"{entry['name']} gives no reason"
            assert re.search(r"[<>=]=?\d", entry.group()), f"{entry['name']} has no bound"
