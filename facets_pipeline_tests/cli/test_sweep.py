"""`facets sweep` against the local server: what it measures, spends, keeps and leaves alone."""

import json
import shutil
from collections.abc import Generator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from facets_pipeline.adapters.store.budgets import day_scope, spent
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.claude_server.answers import Ask
from facets_pipeline_tests.cli.commands import Here

CODES = [f"A45{number:02d}" for number in range(30)]


def tired(ask: Ask) -> str:
    """Answer all codes rightly but the last of ten."""
    answers = [{"code": code, "procedure_category": "supply"} for code in ask.codes]
    if len(answers) == 10:
        answers[-1] = {"code": ask.codes[-1], "procedure_category": "dme"}
    return json.dumps({"answers": answers})


@pytest.fixture(scope="module")
def shared_server() -> Generator[RunningServer]:
    """A server that errs at the last of ten places."""
    with running_server(answerer=f"{__name__}:tired") as running:
        yield running


@pytest.fixture
def server(shared_server: RunningServer) -> RunningServer:
    """The server, with an account of its own for each test."""
    shared_server.admin.wait_until_idle()
    shared_server.admin.forget()
    return shared_server


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that loads the codes keeps the data folder for the others."""
    return tmp_path_factory.mktemp("loaded") / "data"


@pytest.fixture
def loaded(here: Here, monkeypatch: pytest.MonkeyPatch, server: RunningServer, kept: Path) -> Here:
    """A folder with thirty codes and their labels."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", server.api_key)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    rows = "".join(f"{code},Bag of kind {code}\n" for code in CODES)
    (here.path / "codes.csv").write_text(f"code,description\n{rows}", "utf-8")
    labels = "".join(f"HCPCS,{code},procedure_category,supply\n" for code in [*CODES, "A9998"])
    (here.path / "gold.csv").write_text(f"code_system,code,facet,value\n{labels}", "utf-8")
    if not kept.is_dir():
        assert here.run("load", "codes.csv", "--code-system", "HCPCS").code == 0
        shutil.copytree(here.path / ".facets", kept)
    shutil.copytree(kept, here.path / ".facets", dirs_exist_ok=True)
    return here


def day_spent(here: Here) -> int:
    """Return the nano-dollars that the day's budget of the user's own store counts."""
    with Store.open(store_of(here)) as store, store.database.read() as connection:
        found = spent(connection, day_scope(datetime.now(UTC)))
    assert found.reserved == 0
    return found.settled


def store_of(here: Here) -> str:
    """Return the address of the user's own store."""
    return str(here.path / ".facets" / "facets.db")


def test_it_measures_what_the_server_did_and_charged(loaded: Here, server: RunningServer) -> None:
    done = loaded.run("sweep", "--gold", "gold.csv", "--k", "5,10", "--yes", "--json")
    assert (done.code, done.err) == (0, "")
    document = done.json()
    five, ten = document["trials"]
    assert (five["requests"], five["whole_codes"]["right"]) == (6, 30)
    assert (ten["requests"], ten["whole_codes"]["right"], ten["asked"]) == (3, 27, 30)
    assert ten["differ_from_first_trial"] == 3
    by_place = {
        name: (found["right"], found["total"])
        for name, found in ten["whole_codes_by_place"].items()
    }
    assert by_place == {"first third": (12, 12), "middle": (9, 9), "last third": (6, 9)}
    assert document["gold_issues"] == {"not_in_store": 1}
    account = server.admin.account()
    assert account["requests"] == 9
    assert sum(trial["output_tokens"] for trial in document["trials"]) == account["usage"]["output"]
    nano = sum(trial["nano_usd"] for trial in document["trials"])
    assert nano == round(float(account["cost_usd"]) * 1e9)
    assert day_spent(loaded) == nano


def test_the_users_own_store_gets_no_answer(loaded: Here) -> None:
    assert loaded.run("sweep", "--gold", "gold.csv", "--k", "10", "--yes").code == 0
    (system,) = loaded.run("status", "--json").json()["systems"]
    assert system["pending"] == 30
    assert sorted(path.name for path in loaded.path.iterdir() if path.suffix == ".db") == []


def test_for_people_it_says_the_cost_before_and_the_figures_within_80_columns(
    loaded: Here,
) -> None:
    done = loaded.run("sweep", "--gold", "gold.csv", "--k", "1,10", "--codes", "20", "--yes")
    assert done.code == 0
    before, after = done.out.split("Answers of ")
    assert "k = 1: 20 codes to ask, 20 requests, about $0.0" in before
    assert "at most $2.00" in before
    assert "whole codes, %" in after
    assert max(len(line) for line in after.splitlines()[1:]) <= 80


def test_it_stops_at_the_budget_and_the_same_sweep_goes_on(
    loaded: Here, server: RunningServer
) -> None:
    words = ("sweep", "--gold", "gold.csv", "--k", "1", "--folder", "kept", "--yes", "--json")
    done = loaded.run(*words, "--budget-usd", "0.03")
    assert done.code == 1
    (trial,) = done.json()["trials"]
    assert 0 < trial["asked"] < 30
    assert not trial["is_complete"]
    assert "budget" in done.json()["error"]
    assert server.admin.cost_usd() <= Decimal("0.03")
    done = loaded.run(*words)
    assert done.code == 0
    assert done.json()["trials"][0]["asked"] == 30
    assert server.admin.account()["paid_more_than_once"] == 0
    assert day_spent(loaded) == round(float(server.admin.cost_usd()) * 1e9)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ((), 2, "add --yes"),
        (("--yes", "--k", "0,5"), 2, "--k '0,5' names no numbers"),
        (("--yes", "--k", "5,5"), 2, "--k '5,5' names no numbers"),
        (("--yes", "--k", "ten"), 2, "--k 'ten' names no numbers"),
        (("--yes", "--code-system", "CPT"), 2, "active code of the store"),
        (("--yes", "--budget-usd", "30"), 1, "FACETS_BUDGET_USD_PER_DAY"),
        (("--yes", "--model", "claude-unheard-of"), 1, "claude-unheard-of"),
    ],
)
def test_what_cannot_be_swept_is_refused_before_anything_is_sent(
    loaded: Here, server: RunningServer, words: tuple[str, ...], code: int, said: str
) -> None:
    done = loaded.run("sweep", "--gold", "gold.csv", *words)
    assert done.code == code
    assert said in done.err
    assert server.admin.account()["requests"] == 0


def test_gold_for_no_code_of_the_store_is_refused(loaded: Here) -> None:
    Path(loaded.path / "other.csv").write_text(
        "code_system,code,facet,value\nHCPCS,A0001,procedure_category,supply\n"
    )
    done = loaded.run("sweep", "--gold", "other.csv", "--yes")
    assert done.code == 2
    assert "facets load" in done.err
