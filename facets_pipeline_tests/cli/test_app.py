"""The frame of the command line: help at once, one sentence per error, honest exit codes."""

import subprocess
import sys

import pytest

from facets_pipeline.cli import app as cli
from facets_pipeline_tests.cli.commands import Folder, Here


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


@pytest.mark.cli
def test_help_lists_every_command_within_80_columns(folder: Folder) -> None:
    done = folder.run("--help")
    assert done.returncode == 0
    for command in cli.COMMANDS:
        assert command.__name__ in done.stdout
    assert max(len(line) for line in done.stdout.splitlines()) <= 80


def test_an_error_that_an_interrupt_caused_in_a_library_is_an_interrupt(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted_in_a_driver(**_options: object) -> None:
        try:
            try:
                raise KeyboardInterrupt
            finally:
                raise ValueError("can't change 'autocommit' now")
        except ValueError as error:
            raise RuntimeError("the driver failed") from error

    monkeypatch.setattr(cli, "app", interrupted_in_a_driver)
    done = here.run("status")
    assert done.code == cli.INTERRUPTED
    assert done.err == "facets: Stopped; run the same command again to carry on.\n"


def test_an_error_without_an_interrupt_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(**_options: object) -> None:
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(cli, "app", wrong)
    with pytest.raises(RuntimeError, match="a mistake of ours"):
        cli.main()


@pytest.mark.cli
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("facets gen", ["generate"]),
        ("facets generate --code-system H", ["HCPCS"]),
        ("facets generate --chunk 3", ["30", "31"]),
        ("facets generate --model claude-hai", ["claude-haiku-5-5"]),
        ("facets review s", ["set", "show"]),
    ],
)
def test_a_shell_completes_commands_and_values(
    folder: Folder, words: str, offered: list[str]
) -> None:
    asked = {"COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
    shell = Folder(
        folder.path, {**folder.environment, **asked, "_FACETS_COMPLETE": "complete_bash"}
    )
    assert sorted(shell.run().stdout.split()) == offered


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
    arguments: list[str], said: str, here: Here
) -> None:
    done = here.run(*arguments)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("facets: ")
    assert said in done.err
    assert done.err.count("\n") == 1


def test_with_json_an_error_is_a_document_on_standard_output(here: Here) -> None:
    done = here.run("load", "missing.csv", "--code-system", "HCPCS", "--json")
    assert (done.code, done.err) == (2, "")
    document = done.json()
    assert document["exit_code"] == 2
    assert "There is no file" in document["error"]
    assert "missing.csv" in document["error"]
