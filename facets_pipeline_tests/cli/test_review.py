"""`facets review`, as people and scripts call it."""

import csv
import getpass
from datetime import UTC, datetime

import pytest

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.store.contents import answer_all, hcpcs, load, source
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.engine.annotators import FirstWord

SECRET = "a text that only its licensee may read"  # noqa: S105 - a descriptor, no password


@pytest.fixture
def waiting(here: Here) -> Here:
    """The command line, in a folder where E0107 has an answer that breaks a rule."""
    here.monkeypatch.setenv("COLUMNS", "80")
    here.monkeypatch.setenv("FACETS_RECONCILE", "claude")
    codes = [hcpcs(f"E{number:04d}", f"dme thing {number}") for number in range(100, 120)]
    codes[3], codes[7] = hcpcs("E0103", "supply of a thing"), hcpcs("E0107", "laboratory thing")
    (here.path / ".facets").mkdir()
    with Store.open(f"sqlite:///{here.path / '.facets' / 'facets.db'}") as store:
        load(store, "codes.csv", codes)
        answer_all(store, FirstWord(), Scope("HCPCS", store.today()))
    return here


def test_the_queue_fits_a_terminal_and_names_the_next_step(waiting: Here) -> None:
    done = waiting.run("review", "list")
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    assert "E0107" in done.out
    assert "facets review show E0107" in done.out
    found = waiting.run("review", "list", "--json").json()
    assert (found["waiting"], found["codes"][0]["cause"]) == (1, "broken")


def test_a_code_is_shown_with_both_opinions_and_the_definition(waiting: Here) -> None:
    done = waiting.run("review", "show", "e0103")
    assert done.code == 0, done.err
    assert max(map(len, done.out.splitlines())) <= 80
    for told in ("claude first-word-1: supply", "second opinion: dme", "Mandatory for every code"):
        assert told in done.out
    facet = waiting.run("review", "show", "E0103", "--json").json()["facets"]["procedure_category"]
    assert (facet["answer"]["value"], facet["second"]["value"]) == ("supply", "dme")


def test_a_decision_is_told_shown_undone_and_named(waiting: Here) -> None:
    done = waiting.run("review", "set", "E0107", "service_location=laboratory", "--note", "seen")
    assert done.code == 0, done.err
    assert f"{getpass.getuser()} decided: service_location laboratory" in done.out
    assert "valid now" in done.out
    assert "Nothing waits" in waiting.run("review", "list").out
    today = datetime.now(UTC).date().isoformat()
    shown = waiting.run("review", "show", "E0107").out
    assert today in shown
    assert "service_location laboratory: seen" in " ".join(shown.split())
    undone = waiting.run("review", "undo", "E0107", "service_location", "--by", "bob")
    assert undone.code == 0, undone.err
    assert "in_review now" in undone.out


def test_an_opinion_is_accepted_whole_but_for_what_is_set_beside_it(waiting: Here) -> None:
    done = waiting.run(
        "review", "set", "E0103", "--accept", "claude", "body_region=thorax", "--json"
    )
    facets = done.json()["facets"]
    assert facets["procedure_category"]["stands"] == "supply"
    assert facets["body_region"]["stands"] == "thorax"
    assert {facet["chosen"] for facet in facets.values()} == {"decision"}
    waiting.run("review", "set", "E0103", "--accept", "reference")
    again = waiting.run("review", "show", "E0103", "--json").json()
    assert again["facets"]["procedure_category"]["stands"] == "dme"


def test_decisions_become_gold_that_evaluate_reads(waiting: Here) -> None:
    assert waiting.run("review", "export", "gold.csv").code == 2
    waiting.run("review", "set", "E0107", "--accept", "reference", "--by", "=ann", "--note", "why")
    done = waiting.run("review", "export", "gold.csv")
    assert done.code == 0, done.err
    with (waiting.path / "gold.csv").open(encoding="utf-8", newline="") as lines:
        found = list(csv.DictReader(lines))
    assert len(found) == 11
    assert found[0]["basis"].startswith("decided by =ann on ")
    evaluated = waiting.run("evaluate", "--gold", "gold.csv", "--json")
    assert evaluated.code == 0, evaluated.err
    assert evaluated.json()["gold"]["cells"] == 11


def test_a_text_that_is_not_public_is_in_no_document(here: Here) -> None:
    (here.path / ".facets").mkdir()
    with Store.open(f"sqlite:///{here.path / '.facets' / 'facets.db'}") as store:
        row = Code("CPT", "99213", long_descriptor=SECRET)
        described = source("cpt.csv", code_system="CPT")
        store.releases.load(described, [row], mode=LoadMode.NEXT, day=store.today())
        store.flat.refresh("CPT", store.today())
    done = here.run("review", "set", "99213", "--accept", "reference", "--note", SECRET, "--json")
    assert done.code == 0, done.err
    assert done.json()["descriptor"] == ""
    assert here.run("review", "export", "gold.csv").code == 0
    assert SECRET not in (here.path / "gold.csv").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("set", "E0107"), "Nothing is decided"),
        (("set", "E0107", "colour=red"), "'colour' is no facet"),
        (("set", "E0107", "procedure_category=surgical"), "set along service_location="),
        (("set", "E0107", "--accept", "claude"), "R9: service_location is missing"),
        (("set", "E0999", "em_level=null"), "no active HCPCS code 'E0999'"),
        (("show", "E0999"), "no row of HCPCS code 'E0999'"),
        (("show", "what"), "no single code system"),
        (("undo", "E0107"), "Nothing was decided on E0107"),
        (("undo", "E0107", "colour"), "'colour' is no facet"),
    ],
)
def test_what_cannot_be_decided_is_exit_2_with_a_sentence(
    waiting: Here, arguments: tuple[str, ...], says: str
) -> None:
    done = waiting.run("review", *arguments)
    assert done.code == 2
    assert says in done.err
    assert len(done.err.splitlines()) == 1
