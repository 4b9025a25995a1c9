"""The layers: who may import whom, and which libraries. Contracts in pyproject.toml, and more."""

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from facets_pipeline_tests.house.source_tree import (
    PACKAGE,
    ROOT,
    TESTS,
    Module,
    module,
    modules,
)

MAY_USE = {
    "__init__": set[str](),
    "domain": {"pydantic"},
    "engine": {"pydantic"},
    "report": {"pydantic"},
    "sample": set[str](),
    "settings": {"pydantic", "pydantic_settings"},
    "adapters": {
        "alembic",
        "anthropic",
        "filelock",
        "httpx2",
        "pandas",
        "psycopg",
        "psycopg2",
        "pyarrow",
        "pydantic",
        "python_calamine",
        "sqlalchemy",
    },
    "defs": {"dagster", "dagster_postgres", "pydantic"},
    "definitions": {"dagster"},
    "api": {"fastapi", "jinja2", "pydantic", "uvicorn"},
    "cli": {"dagster", "filelock", "pydantic", "rich", "typer"},
}
"""The libraries that each part of the package may import; all else is the standard library."""

MAY_KNOW = {
    "domain": ("domain",),
    "engine": ("domain", "engine"),
    "adapters": ("domain", "engine", "adapters"),
    "report": ("domain", "report"),
    "sample": ("domain", "sample"),
    "settings": ("domain", "settings"),
}
"""Which parts of the package the lower layers may import; what stands above them may see all."""

FORBIDDEN_NAMES = {"utils", "common", "helpers", "lib", "core", "types", "misc"}


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts of `folder`'s pyproject.toml on the package in it."""
    command = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [command, "--no-cache", "--no-logo"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def libraries_beyond(source: Module) -> set[str]:
    """Return the libraries that `source` imports although its layer may not."""
    return source.third_party() - MAY_USE[source.layer]


def parts_beyond(source: Module) -> set[str]:
    """Return the modules of the package that `source` imports although its layer may not."""
    known = MAY_KNOW.get(source.layer)
    if known is None:
        return set()
    ours = {name for name in source.imports() if name.startswith(f"{PACKAGE}.")}
    prefixes = tuple(f"{PACKAGE}.{part}." for part in known)
    return {name for name in ours if not f"{name}.".startswith(prefixes)}


def test_every_import_contract_is_kept() -> None:
    outcome = lint_imports(ROOT)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_a_domain_module_that_imports_an_adapter_breaks_the_contract(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__", "*.csv", "*.json")
    shutil.copytree(ROOT / PACKAGE, tmp_path / PACKAGE, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    intruder = tmp_path / PACKAGE / "domain" / "intruder.py"
    intruder.write_text(f"import {PACKAGE}.adapters\nimport sqlalchemy\n")
    outcome = lint_imports(tmp_path)
    assert outcome.returncode == 1
    assert "domain.intruder -> facets_pipeline.adapters" in outcome.stdout
    assert "domain.intruder -> sqlalchemy" in outcome.stdout


def test_every_module_imports_only_what_its_layer_may() -> None:
    found = {str(s.path): libraries_beyond(s) | parts_beyond(s) for s in modules(PACKAGE)}
    assert {path: names for path, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("path", "text", "libraries", "parts"),
    [
        ("domain/a.py", "import json, dagster.x", {"dagster"}, set[str]()),
        ("domain/a.py", "def f():\n    from pandas import read_csv", {"pandas"}, set[str]()),
        ("engine/a.py", f"from {PACKAGE}.adapters import store", set[str](), {"adapters.store"}),
        ("adapters/a.py", f"from {PACKAGE}.engine import ports", set[str](), set[str]()),
        ("adapters/a.py", f"from {PACKAGE}.report import html", set[str](), {"report.html"}),
        ("report/a.py", f"import {PACKAGE}.settings", set[str](), {"settings"}),
    ],
)
def test_an_import_beyond_the_layer_is_found(
    path: str, text: str, libraries: set[str], parts: set[str]
) -> None:
    source = module(Path(PACKAGE, path), text)
    assert libraries_beyond(source) == libraries
    assert parts_beyond(source) == {f"{PACKAGE}.{part}" for part in parts}


def test_the_package_imports_only_libraries_that_it_declares() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {_name(line) for line in project["dependencies"]}
    optional = project["optional-dependencies"].values()
    for_tests = declared | {_name(line) for lines in optional for line in lines}
    providers = packages_distributions()
    for package, allowed in ((PACKAGE, declared), (TESTS, for_tests)):
        for source in modules(package):
            for library in source.third_party():
                provided_by = {re.sub(r"[-_.]+", "-", name.lower()) for name in providers[library]}
                assert provided_by & allowed, f"{source.path} imports undeclared {library!r}"


def test_no_module_has_a_name_that_says_nothing() -> None:
    for source in modules(PACKAGE, TESTS):
        names = {part.removesuffix(".py") for part in source.path.parts}
        assert not names & FORBIDDEN_NAMES, source.path


def _name(requirement: str) -> str:
    """Return the normalised project name of one requirement line."""
    for mark in "[<>=!~; ":
        requirement = requirement.partition(mark)[0]
    return requirement.lower().replace("_", "-").replace(".", "-")
