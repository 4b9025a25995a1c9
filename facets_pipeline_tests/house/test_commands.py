"""Documents name only commands, options and targets that there are."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from facets_pipeline.cli.app import app
from facets_pipeline_tests.house.source_tree import DOCUMENTS, ROOT

CODE = re.compile(r"```\w*\n(.*?)```|`([^`\n]+)`", re.DOTALL)
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))


def code_lines(document: Path) -> Iterator[str]:
    """Yield what stands in a document as code, a line at a time."""
    for block, inline in CODE.findall(document.read_text("utf-8")):
        for line in (block or inline).splitlines():
            yield line.partition(" #")[0].strip()


def words_of(line: str) -> list[str]:
    """Return the words of a shell line; of one that ends within a quotation, those before it."""
    try:
        return shlex.split(line)
    except ValueError:
        return line.split()


def unknown(words: list[str]) -> str | None:
    """Return the first word of a `facets` line that the command line does not know."""
    command = get_command(app)
    rest = words[1:]
    while isinstance(command, TyperGroup) and rest and not rest[0].startswith("-"):
        name = rest.pop(0)
        if not name.islower() or not name.isalpha():
            return None
        if name not in command.commands:
            return name
        command = command.commands[name]
    known = {option for each in command.params for option in (*each.opts, *each.secondary_opts)}
    known |= {"--help", "-h"}
    for word in rest:
        name = word.partition("=")[0].rstrip(",;.")
        if name in {"|", ">", "&&", "||"}:
            return None
        if name.startswith("--") and name not in known:
            return name
    return None


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_and_option_exists(document: Path) -> None:
    lines = [line for line in code_lines(document) if line.startswith("facets ")]
    assert {line: found for line in lines if (found := unknown(words_of(line)))} == {}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_target_of_make_exists(document: Path) -> None:
    named = {
        found[1] for line in code_lines(document) if (found := re.match(r"make ([a-z-]+)", line))
    }
    assert named <= TARGETS


def test_what_does_not_exist_is_noticed() -> None:
    assert unknown(words_of("facets generate --budget 5")) == "--budget"
    assert unknown(words_of("facets annotate")) == "annotate"
    assert unknown(words_of("facets review shows G0961")) == "shows"
    assert unknown(words_of("facets review show G0961 --json")) is None
