"""The key as it is written, prices, and the API where a person says so."""

import json
from collections.abc import Generator

import pytest

from facets_pipeline.cli.diagnoses import claude
from facets_pipeline_tests.claude_server import RunningServer, running_server
from facets_pipeline_tests.cli.commands import Here
from facets_pipeline_tests.cli.diagnoses.looking import is_fault, looked

KEY = "sk-ant-api03-test-only"


@pytest.fixture
def server() -> Generator[RunningServer]:
    """A local server that takes one key."""
    with running_server(api_key=KEY) as started:
        yield started


@pytest.mark.parametrize("stated", ["my-key", f'"{KEY}"', f"{KEY} {KEY}", "sk-ant-schlüssel"])
def test_a_key_that_cannot_be_one_is_a_fault_and_not_shown(here: Here, stated: str) -> None:
    here.monkeypatch.delenv("ANTHROPIC_BASE_URL", raising=False)
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", stated)
    found = looked(claude.key)["claude key"]
    assert is_fault(found, "copy it again")
    assert stated not in found.found + found.remedy


def test_a_key_is_fine_as_it_should_be_and_none_is_a_note(here: Here) -> None:
    assert looked(claude.key)["claude key"].state == "note"
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", f" {KEY}\n")
    assert looked(claude.key)["claude key"].state == "ok"


def test_a_key_of_a_gateway_may_be_anything(here: Here) -> None:
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", "gateway-token")
    here.monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:1")
    assert looked(claude.key)["claude key"].state == "ok"


def test_a_rejected_key_is_found_only_online(here: Here, server: RunningServer) -> None:
    here.monkeypatch.setenv("ANTHROPIC_BASE_URL", server.base_url)
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    assert looked(claude.api)["claude api"].state == "ok"
    here.monkeypatch.setenv("ANTHROPIC_API_KEY", f"{KEY}-wrong")
    assert looked(claude.key)["claude key"].state == "ok"
    refused = looked(claude.api)["look"]
    assert refused.state == "fault"
    assert "refused the key" in refused.found + refused.remedy


def test_prices_that_are_broken_unknown_or_old_are_told(here: Here) -> None:
    assert looked(claude.prices)["prices"].state == "ok"
    file = here.path / "prices.json"
    here.monkeypatch.setenv("FACETS_PRICES_FILE", str(file))
    assert looked(claude.prices)["look"].state == "fault"
    file.write_text("{}")
    assert looked(claude.prices)["look"].state == "fault"
    model = "claude-sonnet-5-5"
    file.write_text(json.dumps({"models": [{"id": model, "as_of": "2020-01-01"}]}))
    old = looked(claude.prices)["prices"]
    assert (old.state, "2020-01-01" in old.found) == ("note", True)
    file.write_text(json.dumps({"models": [{"id": model, "prices": None}]}))
    assert is_fault(looked(claude.prices)["prices"], "FACETS_PRICES_FILE")
