"""Reads the project's own source as syntax trees: what the tests of the house ask about it.

Only reading belongs here; what is allowed stands in the tests.
"""

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
"""Every page for people."""

PACKAGE = "facets_pipeline"
TESTS = "facets_pipeline_tests"

_PURE_DATA = (ast.Import, ast.ImportFrom, ast.Assign, ast.AnnAssign)


@dataclass(frozen=True, slots=True)
class Module:
    """One Python file of the project.

    Attributes:
        path: Where it is, below the root that was read.
        text: Its source.
        tree: Its syntax tree.
    """

    path: Path
    text: str
    tree: ast.Module

    @property
    def layer(self) -> str:
        """The top-level part of the package that it belongs to, such as `domain`."""
        return self.path.parts[1].removesuffix(".py")

    @property
    def is_pure_data(self) -> bool:
        """Whether it holds nothing but imports, assignments and strings: a table, not logic."""
        return all(
            isinstance(node, _PURE_DATA)
            or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
            for node in self.tree.body
        )

    def imports(self) -> set[str]:
        """Return the full names of the modules that it imports, wherever the import stands."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.path}:{node.lineno} imports relatively"
                found |= {f"{node.module}.{alias.name}" for alias in node.names}
        return found

    def third_party(self) -> set[str]:
        """Return the top-level names of imports that are neither ours nor the standard library."""
        tops = {name.partition(".")[0] for name in self.imports()}
        return tops - set(sys.stdlib_module_names) - {PACKAGE, TESTS}

    def functions(self) -> Iterator[tuple[str, int]]:
        """Yield each function's name and its number of lines, docstring included."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert node.end_lineno is not None
                yield node.name, node.end_lineno - node.lineno + 1


def module(path: Path, text: str) -> Module:
    """Return `text` as the module at `path`, relative to the root."""
    return Module(path, text, ast.parse(text, filename=str(path)))


def modules(*packages: str, root: Path = ROOT) -> tuple[Module, ...]:
    """Return every module of `packages` below `root`, in the order of their paths."""
    paths = sorted(path for package in packages for path in (root / package).rglob("*.py"))
    return tuple(module(path.relative_to(root), path.read_text("utf-8")) for path in paths)


def project_files(root: Path = ROOT) -> tuple[Path, ...]:
    """Return every file that belongs to the project: those that git knows, else all but hidden."""
    if (root / ".git").exists():
        # The owner of a checkout in a container is often another user: git would refuse.
        git = ["git", "-c", f"safe.directory={root}", "ls-files", "-z"]
        listed = subprocess.run(git, cwd=root, check=True, capture_output=True, text=True).stdout
        named = [root / name for name in listed.split("\0") if name]
        return tuple(path for path in named if path.is_file())
    found: list[Path] = []
    for folder, names, files in os.walk(root):
        names[:] = [n for n in names if n == ".ci" or not n.startswith((".", "__pycache__"))]
        found += [Path(folder, name) for name in files]
    return tuple(sorted(found))
