"""The source as a reader meets it: docstrings, sizes, and nothing of one developer's machine."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from facets_pipeline_tests.conftest import FIRST
from facets_pipeline_tests.house.source_tree import (
    PACKAGE,
    ROOT,
    TESTS,
    Module,
    module,
    modules,
    project_files,
)

MAX_FILE_LINES = 250
MAX_FUNCTION_LINES = 40

MIGRATIONS = Path(PACKAGE, "adapters", "store", "migrations", "versions")
"""Records of the schema as it was: never edited once released, so splitting has no use."""


@cache
def everything() -> tuple[Module, ...]:
    """Return every module; read when it is needed, not by each process that collects the tests."""
    return modules(PACKAGE, TESTS)


MACHINE_PATH = re.compile(r"(?<![\w.}~/-])/(?:root|work|home|Users)/[\w.]")
"""A folder that exists on one developer's machine only."""

REGISTRY = re.compile(
    r"https?://[^\s\"'>)]*(?:pypi|pythonhosted|/simple\b)|--(?:extra-)?index[-]url|--find[-]links"
)
"""The address of a package registry, or an option that would give one."""


def too_long(source: Module) -> list[str]:
    """Return what is too long in `source`: the file, unless it is a table, or a function."""
    lines = len(source.text.splitlines())
    found = [f"{lines} lines"] if lines > MAX_FILE_LINES and not source.is_pure_data else []
    return found + [
        f"{name}: {count} lines" for name, count in source.functions() if count > MAX_FUNCTION_LINES
    ]


def test_every_module_says_what_it_is() -> None:
    assert [str(source.path) for source in everything() if not ast.get_docstring(source.tree)] == []


def test_every_file_and_function_stays_short() -> None:
    edited = [source for source in everything() if MIGRATIONS not in source.path.parents]
    found = {str(source.path): too_long(source) for source in edited}
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_the_longest_files_of_tests_are_there() -> None:
    assert [name for name in FIRST if not (ROOT / TESTS / name).is_file()] == []


def test_a_long_table_passes_where_long_logic_does_not() -> None:
    table = '"""A table."""\n' + "".join(f"ROW_{n} = {n}\n" for n in range(300))
    assert too_long(module(Path("a.py"), table)) == []
    logic = table + "def f() -> None:\n" + "    print()\n" * 45
    assert too_long(module(Path("a.py"), logic)) == ["347 lines", "f: 46 lines"]


@pytest.mark.parametrize("pattern", [MACHINE_PATH, REGISTRY], ids=["machine path", "registry"])
def test_no_file_of_the_project_names_one_machine_or_registry(pattern: re.Pattern[str]) -> None:
    files = project_files()
    assert len(files) > 20
    found: list[str] = []
    for path in files:
        text = path.read_bytes().decode("utf-8", errors="replace")
        found += [f"{path}: {match.group()}" for match in pattern.finditer(text)]
    assert found == []


def test_machine_paths_and_registries_are_recognised() -> None:
    slash = "/"
    assert MACHINE_PATH.search(f"open('{slash}root{slash}x.csv')")
    assert MACHINE_PATH.search(f"see {slash}Users{slash}ann/x")
    assert not MACHINE_PATH.search("the folder ../work/x of a job")
    assert REGISTRY.search("--index" + "-url x")
    assert REGISTRY.search("https:" + "//files.pythonhosted" + ".org/x")
    assert not REGISTRY.search("https://example.org/a-simple-page")
