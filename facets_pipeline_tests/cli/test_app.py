"""The frame of the command line: help at once, one sentence per error, honest exit codes."""

import json
import subprocess
import sys

import pytest

from facets_pipeline.cli import app as cli
from facets_pipeline_tests.cli.commands import Folder

pytestmark = pytest.mark.cli


def test_help_needs_neither_dagster_nor_a_database() -> None:
    script = (
        "import sys, facets_pipeline.cli.app\n"
        "heavy = {'dagster', 'sqlalchemy', 'pandas', 'anthropic', 'pydantic_settings'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_help_lists_every_command_within_80_columns(folder: Folder) -> None:
    done = folder.run("--help")
    assert done.returncode == 0
    for command in cli.COMMANDS:
        assert command.__name__ in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["frobnicate"], "No such command 'frobnicate': `facets --help`"),
        (["load", "--nonsense"], "No such option: --nonsense: `facets load --help`"),
        (["generate", "--test", "-1"], "Invalid value for '--test'"),
        (["generate", "--test", "2", "--force"], "choose one"),
        (["load"], "give one code file, or --from-sql TABLE"),
        (["load", "x.csv"], "Say --code-system CPT or HCPCS"),
        (["load", "x.csv", "--code-system", "ICD"], "Unknown code system 'ICD'"),
        (["load", "x.csv", "--code-system", "CPT", "--partial", "--full"], "choose one"),
    ],
)
def test_what_cannot_be_understood_is_one_sentence_and_exit_2(
    arguments: list[str],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["facets", *arguments])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("facets: ")
    assert said in captured.err
    assert captured.err.count("\n") == 1


def test_with_json_an_error_is_a_document_on_standard_output(folder: Folder) -> None:
    done = folder.run("load", "missing.csv", "--code-system", "HCPCS", "--json")
    assert done.returncode == 2
    assert done.stderr == ""
    document = json.loads(done.stdout)
    assert document["exit_code"] == 2
    assert "There is no file" in document["error"]
    assert "missing.csv" in document["error"]
