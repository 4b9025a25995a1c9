"""`facets evaluate` and `facets compare`, as people and scripts call them."""

import csv
import shutil
from pathlib import Path

import pytest

from facets_pipeline_tests.cli.commands import Folder, Here

HEADER = "code_system,code,facet,value\n"
ROWS = {
    "A4206": "Syringe with needle, sterile",
    "E0100": "Cane of any material",
    "J0120": "Injection of an antibiotic up to 250 mg",
}
RIGHT = {"A4206": "supply", "E0100": "dme", "J0120": "drug"}


def gold(folder: Path, values: dict[str, str], extra: str = "") -> str:
    path = folder / "gold.csv"
    rows = "".join(f"HCPCS,{code},procedure_category,{value}\n" for code, value in values.items())
    path.write_text(HEADER + rows + extra, encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def answered_once(tmp_path_factory: pytest.TempPathFactory) -> Folder:
    """A working folder with three HCPCS codes, answered by rules; only copy it."""
    folder = Folder(tmp_path_factory.mktemp("answered"))
    rows = "".join(f'{code},"{text}"\n' for code, text in ROWS.items())
    folder.write("codes.csv", f"code,description\n{rows}")
    for arguments in (("load", "codes.csv", "--code-system", "HCPCS"), ("generate",)):
        done = folder.run(*arguments)
        assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def answered(here: Here, answered_once: Folder) -> Here:
    """The command line within this process, in a folder with three answered codes."""
    shutil.copytree(answered_once.path, here.path, dirs_exist_ok=True)
    return here


def test_the_account_of_the_file_comes_first_and_the_table_fits_a_terminal(answered: Here) -> None:
    extra = "HCPCS,A4206,colour,red\nHCPCS,A4206,procedure_category,SUPPLY\nCPT,70010,em_level,\n"
    done = answered.run("evaluate", "--gold", gold(answered.path, RIGHT, extra))
    assert done.code == 0, done.err
    first, *_ = done.out.splitlines()
    assert first.startswith("gold.csv: 6 rows read, 3 labelled cells of 3 codes compared")
    for told in ("unknown facet", "'colour' is no facet", "duplicate", "CPT 70010 is no active"):
        assert told in done.out
    table = done.out[done.out.index("Who is measured") :]
    assert max(map(len, table.splitlines())) <= 80
    assert "3 of 3" in table


def test_it_is_measured_again_without_naming_the_file(answered: Here) -> None:
    assert answered.run("evaluate").code == 2
    assert answered.run("evaluate", "--gold", gold(answered.path, RIGHT)).code == 0
    found = answered.run("evaluate", "--json").json()
    assert found["gold"]["cells"] == 3
    rules = found["scores"][0]
    assert (rules["source"], rules["cells"]["right"]) == ("rules", 3)
    report = answered.path / ".facets" / "reports" / "coverage_report.html"
    assert "gold.csv: 3 rows read" in report.read_text("utf-8")


def test_a_missed_threshold_is_exit_1_with_a_sentence(answered: Here) -> None:
    path = gold(answered.path, {**RIGHT, "J0120": "dental"})
    done = answered.run("evaluate", "--gold", path, "--threshold", "0.9")
    assert done.code == 1
    assert done.err.startswith("facets: reconciled is right in 2 of 3")
    assert "chance may explain" in done.err
    assert "J0120" in done.out
    assert answered.run("evaluate", "--threshold", "0.6").code == 0
    document = answered.run("evaluate", "--threshold", "0.9", "--source", "rules", "--json")
    assert document.code == 1
    assert document.json()["threshold"] == {"wanted": 0.9, "source": "rules", "is": "unsure"}


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--gold", "missing.csv"), "There is no file"),
        (("--gold", "codes.csv"), "names the columns of a gold file"),
        ((), "give a file with --gold"),
    ],
)
def test_what_cannot_be_measured_is_exit_2_with_a_sentence(
    answered: Here, arguments: tuple[str, ...], says: str
) -> None:
    done = answered.run("evaluate", *arguments)
    assert done.code == 2
    assert says in done.err
    assert len(done.err.splitlines()) == 1


def test_a_source_that_never_answered_is_refused(answered: Here) -> None:
    done = answered.run("evaluate", "--gold", gold(answered.path, RIGHT), "--source", "claude")
    assert done.code == 2
    assert "choose among reconciled, reference, rules" in done.err


def test_compare_says_what_differs_and_writes_every_cell(answered: Here) -> None:
    done = answered.run("compare", "--sources", "rules", "reconciled", "--csv", "cells.csv")
    assert done.code == 0, done.err
    assert "3 codes are answered by both, 3 of them alike in every facet (100 %)" in done.out
    with (answered.path / "cells.csv").open(encoding="utf-8", newline="") as lines:
        assert len(list(csv.reader(lines))) == 1


def test_compare_shows_what_another_release_changes(answered: Here) -> None:
    changed = {**ROWS, "J0120": "Injection of something else", "J0121": "Injection of more"}
    rows = "".join(f'{code},"{text}"\n' for code, text in changed.items())
    (answered.path / "later.csv").write_text(f"code,description\n{rows}", encoding="utf-8")
    assert answered.run("load", "later.csv", "--code-system", "HCPCS").code == 0
    found = answered.run("compare", "--releases", "codes.csv", "later.csv", "--json").json()
    (system,) = found["systems"]
    assert (system["reworded"], system["added"], system["gone"]) == (1, 1, 0)
    assert system["compared"] == 3
    assert system["facets"]["procedure_category"]["right"] == 3


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--sources", "rules", "claude"), "Claude has answered no HCPCS code"),
        (("--recipes", "opus", "haiku"), "no recipe fits"),
        (("--releases", "1999", "2000"), "No release '1999'"),
        (("--recipes", "a", "b", "--releases", "a", "b"), "exclude each other"),
    ],
)
def test_what_cannot_be_compared_is_exit_2_with_a_sentence(
    answered: Here, arguments: tuple[str, ...], says: str
) -> None:
    done = answered.run("compare", *arguments)
    assert done.code == 2
    assert says in done.err
    assert len(done.err.splitlines()) == 1
