"""`--ask undecided`: Claude is asked only what headings and official tables leave open."""

from collections.abc import Generator
from typing import Any

import pytest

from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.cli.commands import Here

CODES = """code,description
J0120,"Injection of an antibiotic, up to 250 mg"
J0121,"Injection of another antibiotic, 1 mg"
C9756,Near infrared images of the lymph nodes
"""
ANSWERS = {
    "J0120": {"procedure_category": "drug"},
    "J0121": {"procedure_category": "drug"},
    "C9756": {
        "procedure_category": "imaging",
        "imaging_modality": "other",
        "service_location": "any",
    },
}


@pytest.fixture
def server() -> Generator[RunningServer]:
    """A server that knows the codes."""
    with running_server() as started:
        started.admin.answer_with(ANSWERS)
        yield started


@pytest.fixture
def loaded(here: Here, server: RunningServer) -> Here:
    """A folder with three codes and the server's key."""
    here.monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", server.api_key)
    (here.path / "hcpcs.csv").write_text(CODES, "utf-8")
    done = here.run("load", "hcpcs.csv", "--code-system", "HCPCS")
    assert done.code == 0, done.err
    return here


def told(here: Here, *arguments: str) -> Any:  # noqa: ANN401 - whatever a command prints
    """Run `facets ... --json`, which must succeed, and return its document."""
    done = here.run(*arguments, "--json")
    assert done.code == 0, done.err
    return done.json()


def test_only_open_codes_are_asked_and_the_estimate_said_what_that_saves(
    loaded: Here, server: RunningServer
) -> None:
    estimate = told(loaded, "estimate", "--model", "claude-haiku-5-5")["estimates"][0]
    assert (estimate["pending"], estimate["ask_undecided"]["pending"]) == (3, 1)
    assert estimate["ask_undecided"]["saved_codes"] == 2
    assert estimate["ask_undecided"]["saved_usd"] > 0
    done = told(loaded, "generate", "--ask", "undecided", "--yes")
    assert [(system["valid"], system["pending"]) for system in done["systems"]] == [(3, 0)]
    assert server.admin.account()["paid_codes"] == {"C9756": 1}
    rows = {row["code"]: row for row in told(loaded, "sample", "3")}
    assert rows["J0120"]["procedure_category"] == "drug"
    again = told(loaded, "generate", "--dry-run")
    assert again["systems"][0]["pending"] == 0, "what was chosen last holds"
    every = told(loaded, "generate", "--ask", "all", "--dry-run")
    assert every["systems"][0]["pending"] == 2
    rules = told(loaded, "generate", "--annotator", "rules", "--dry-run")
    assert rules["systems"][0]["pending"] == 3, "rules answer every code, as they cost nothing"
