"""What the README and the tutorial tell people to type is typed here, line by line.

The files that they name are made, a local server answers in place of the API, and where a command
asks whether it may spend, the answer is yes.
"""

import re
import shlex
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import answer_of
from facets_pipeline_tests.adapters.sources.layouts import (
    ANWEB_HEADER,
    anweb_records,
    write_workbook,
)
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.house.source_tree import ROOT

CODES = [
    Code("HCPCS", f"G{950 + each:04d}", long_descriptor=f"Ultrasound of the knee, view {each}")
    for each in range(20)
]
SLIP = "G0961"
"""The code that the server gives a wrong region."""

BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
SPENDS = re.compile(r"facets generate(?!.*(--dry-run|--yes))")


def lines_of(document: Path) -> Iterator[str]:
    """Yield the shell lines of a document, without comments."""
    for block in BLOCK.findall(document.read_text("utf-8")):
        for line in block.splitlines():
            if words := line.partition("#")[0].strip():
                yield words


def anweb_text(codes: list[Code]) -> bytes:
    """Return a fixed-width file of HCPCS codes."""
    records = [line for code in codes for line in anweb_records(code.code, code.descriptor, "Knee")]
    return "".join(f"{record}\r\n" for record in records).encode("latin-1")


@pytest.fixture
def server(reader: Here) -> Generator[RunningServer]:
    """A server that answers as the rules do, but for one slip."""
    answers = {code.code: dict(answer_of(rules_opinion(code))) for code in CODES}
    answers[SLIP] |= {"body_region": "abdomen"}
    said = {
        code: {facet: value for facet, value in answer.items() if value is not None}
        for code, answer in answers.items()
    }
    with running_server() as running:
        running.admin.answer_with(said)
        reader.monkeypatch.setenv("ANTHROPIC_BASE_URL", running.base_url)
        yield running


@pytest.fixture
def files(reader: Here) -> None:
    """The files of CMS that the documents name: one of January, one of April with another code."""
    january, april = CODES[:-1], CODES
    (reader.path / "HCPC2026_JAN_ANWEB.txt").write_bytes(anweb_text(january))
    (reader.path / "HCPC2026_APR_ANWEB.txt").write_bytes(anweb_text(april))
    rows = [
        [code.code, "00100", "3", code.descriptor, "Knee", "C", 20200101, 20200101, None, "N"]
        for code in january
    ]
    write_workbook(reader.path / "HCPC2026_ANWEB.xlsx", {"A": [ANWEB_HEADER, *rows]})


def typed(reader: Here, server: RunningServer, line: str) -> str:
    """Do what a person does who types the line; return what was printed."""
    if line.startswith("export ANTHROPIC_API_KEY="):
        reader.monkeypatch.setenv("ANTHROPIC_API_KEY", server.api_key)
        return ""
    program, *arguments = shlex.split(line)
    assert program == "facets", line
    done = reader.run(*arguments, *(["--yes"] if SPENDS.match(line) else []))
    assert done.code == 0, f"{line}: {done.err}"
    return done.out


@pytest.mark.usefixtures("files")
def test_the_tutorial_leads_from_a_file_to_reviewed_facets(
    reader: Here, server: RunningServer
) -> None:
    said = {line: typed(reader, server, line) for line in lines_of(ROOT / "docs" / "tutorial.md")}
    assert SLIP in said["facets prompt G0961"]
    assert "abdomen" in said["facets review show G0961"]
    assert SLIP not in said["facets review list"], "after the decision nothing waits"
    paid = server.admin.account()["paid_codes"]
    assert paid == dict.fromkeys((code.code for code in CODES), 1), "each code once, April's too"
    rows = (reader.path / "facets.csv").read_text("utf-8")
    assert next(row for row in rows.splitlines() if SLIP in row).count("lower_extremity") == 1


@pytest.mark.usefixtures("files")
def test_the_readme_leads_from_a_file_to_facets(reader: Here, server: RunningServer) -> None:
    skipped = re.compile(r"make |\. \.venv/bin/activate")
    lines = [line for line in lines_of(ROOT / "README.md") if not skipped.match(line)]
    assert len(lines) >= 7
    for line in lines:
        typed(reader, server, line)
    assert len(server.admin.account()["paid_codes"]) == len(CODES) - 1
