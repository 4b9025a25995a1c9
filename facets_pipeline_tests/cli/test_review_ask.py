"""`facets review ask`: a model has its say, is paid once, and keeps within its budgets."""

import json
from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.store.budgets import spent
from facets_pipeline.adapters.store.schema import review_answer
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import Opinion, Stated
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.store.contents import answer_all, counted, hcpcs, load
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.engine.annotators import FirstWord

SLIPS = {"G0953": "upper_extremity", "G0957": "thorax", "G0961": "abdomen"}
"""Code to the region that the answer gives it, though its descriptor names the knee."""

SAYS = {
    "G0953": {"body_region": "lower_extremity", "body_region_rests_on": "descriptor"},
    "G0957": {"body_region": "thorax", "body_region_rests_on": "clinical_knowledge"},
    "G0961": {"body_region": "pelvis", "body_region_rests_on": "definition"},
}
"""Code to what the review model says: with the second opinion, with the answer, with neither."""


class Slipping(FirstWord):
    """Answers as the rules do, but for its slips."""

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Return one opinion per code, in order."""
        return [_slipped(code) for code in codes]


def _slipped(code: Code) -> Opinion:
    said = {
        facet: replace(stated, basis="model", decided=False)
        for facet, stated in rules_opinion(code).items()
    }
    if code.code in SLIPS:
        said["body_region"] = Stated(SLIPS[code.code], "model", decided=False)
    return said


def fill(store: Store, count: int = 20) -> None:
    """Load codes and let a model answer them that slips three times."""
    texts = [
        hcpcs(f"G{950 + each:04d}", f"Ultrasound of the knee, {each}") for each in range(count)
    ]
    load(store, "codes.csv", texts)
    answer_all(store, Slipping(), Scope("HCPCS", store.today()))
    store.recipes.reconcile_by("HCPCS", Reconcile.BOTH)


@pytest.fixture
def server(here: Here) -> Generator[RunningServer]:
    """A local API whose review model answers from the table."""
    table = here.path / "says.json"
    table.write_text(json.dumps(SAYS), encoding="utf-8")
    with running_server(facets_file=str(table)) as running:
        here.monkeypatch.setenv("ANTHROPIC_BASE_URL", running.base_url)
        here.monkeypatch.setenv("ANTHROPIC_API_KEY", running.api_key)
        here.monkeypatch.setenv("FACETS_REVIEW_MODEL", "claude-opus-5-5")
        here.monkeypatch.setenv("COLUMNS", "80")
        yield running


def paid(server: RunningServer) -> int:
    """Return how many calls the server was paid for."""
    return server.admin.account()["paid_calls"]


def open_store(here: Here, url: str) -> Store:
    """Open the store that the commands use."""
    here.monkeypatch.setenv("FACETS_DATABASE_URL", url)
    return Store.open(url)


@pytest.fixture
def filled(here: Here, tmp_path: Path) -> Generator[Store]:
    """The store that the commands use, on SQLite, filled."""
    with open_store(here, f"sqlite:///{tmp_path / 'facets.db'}") as store:
        fill(store)
        yield store


def test_what_it_agrees_with_stands_and_is_paid_once(
    here: Here, server: RunningServer, empty_url: str
) -> None:
    with open_store(here, empty_url) as store:
        fill(store)
        waiting = here.run("review", "list", "--json").json()
        assert {item["code"] for item in waiting["codes"]} == set(SLIPS)
        done = here.run("review", "ask", "--yes", "--json")
        assert done.code == 0, done.err
        said = done.json()
        assert (said["asked"], said["of_use"], said["before"], said["after"]) == (3, 3, 3, 1)
        rows = {row["code"]: row for row in store.flat.rows("HCPCS", list(SLIPS))}
        regions = {code: row["body_region"] for code, row in rows.items()}
        assert (regions["G0953"], regions["G0957"]) == ("lower_extremity", "thorax")
        chosen = rows["G0957"]["opinions"]["chosen"]["body_region"]
        assert chosen == [
            "claude",
            "review model claude-opus-5-5 agreed with claude: clinical_knowledge",
        ]
        assert "pelvis" in rows["G0961"]["opinions"]["doubts"]["body_region"]
        told = " ".join(here.run("review", "show", "G0961").out.split())
        for word in ("first-word-1: abdomen", "opinion: lower_extremity", "pelvis (definition"):
            assert word in told
        again = here.run("review", "ask", "--yes", "--json").json()
        assert (again["asked"], paid(server)) == (0, 3)
        store.flat.drop()
        store.second.clear()
        store.flat.refresh("HCPCS", store.today())
        rebuilt = {row["code"]: row for row in store.flat.rows("HCPCS", list(SLIPS))}
        assert rebuilt == rows
        costs = [cost for cost in store.figures.costs() if "opus" in cost.annotator]
        assert sum(cost.usd or 0 for cost in costs) == pytest.approx(float(server.admin.cost_usd()))


def test_a_reply_that_was_recorded_and_never_used_is_used_without_paying_again(
    here: Here, server: RunningServer, filled: Store
) -> None:
    assert here.run("review", "ask", "--yes").code == 0
    with filled.database.write() as connection:
        connection.execute(review_answer.delete())
    assert here.run("review", "list", "--json").json()["waiting"] == 3
    done = here.run("review", "ask", "--yes", "--json").json()
    assert (done["asked"], done["of_use"], done["after"], paid(server)) == (0, 3, 1, 3)


def test_another_descriptor_or_model_is_another_question(
    here: Here, server: RunningServer, filled: Store
) -> None:
    assert here.run("review", "ask", "--yes").code == 0
    here.monkeypatch.setenv("FACETS_REVIEW_MODEL", "claude-sonnet-5-5")
    # One code still waits: only it is a question to another model.
    assert here.run("review", "ask", "--yes", "--json").json()["asked"] == 1
    reworded = hcpcs("G0961", "Ultrasound of the knee, worded anew")
    load(filled, "reworded.csv", [reworded], mode=LoadMode.PARTIAL)
    answer_all(filled, Slipping(), Scope("HCPCS", filled.today()))
    assert here.run("review", "ask", "--yes", "--json").json()["asked"] == 1
    assert paid(server) == counted(filled, review_answer) == 5


def test_its_budget_is_never_exceeded(here: Here, server: RunningServer, filled: Store) -> None:
    most = here.run("review", "ask", "--dry-run", "--json").json()["most_usd"]
    assert paid(server) == 0
    here.monkeypatch.setenv("FACETS_REVIEW_BUDGET_USD_PER_DAY", str(most / 3 * 1.01))
    done = here.run("review", "ask", "--yes")
    assert done.code == 1
    assert "FACETS_REVIEW_BUDGET_USD_PER_DAY" in done.err
    assert float(server.admin.cost_usd()) <= most / 3 * 1.01
    asked = paid(server)
    assert 1 <= asked < 3
    assert counted(filled, review_answer) == asked
    with filled.database.read() as connection:
        kept = spent(connection, f"run:review-{filled.today().isoformat()}")
    assert (kept.reserved, kept.settled) == (0, round(float(server.admin.cost_usd()) * 1e9))
    here.monkeypatch.setenv("FACETS_BUDGET_USD_PER_DAY", "0.000001")
    here.monkeypatch.setenv("FACETS_REVIEW_BUDGET_USD_PER_DAY", "5")
    assert "FACETS_BUDGET_USD_PER_DAY" in here.run("review", "ask", "--yes").err
    assert paid(server) == asked


def test_a_persons_decision_outweighs_the_model(
    here: Here, server: RunningServer, filled: Store
) -> None:
    here.run("review", "list")
    assert here.run("review", "set", "G0953", "body_region=abdomen").code == 0
    assert here.run("review", "ask", "--yes", "--json").json()["asked"] == 2
    (row,) = filled.flat.rows("HCPCS", ["G0953"])
    assert row["body_region"] == "abdomen"
    assert paid(server) == 2


def test_nothing_is_asked_without_a_model_or_leave(here: Here, filled: Store) -> None:
    assert filled.flat.rows("HCPCS")
    done = here.run("review", "ask", "--yes")
    assert (done.code, "FACETS_REVIEW_MODEL" in done.err) == (2, True)
    here.monkeypatch.setenv("FACETS_REVIEW_MODEL", "claude-opus-5-5")
    done = here.run("review", "ask")
    assert (done.code, "add --yes" in done.err) == (2, True)
