"""Exactly what a change affects is asked again, and what ends a run for all loses nothing."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeOptions
from facets_pipeline.adapters.store.budgets import Spent
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline_tests.adapters.annotators.claude import children
from facets_pipeline_tests.adapters.annotators.claude.asking import is_one_sentence
from facets_pipeline_tests.adapters.annotators.claude.paying import (
    annotator_at,
    check_exact,
    fill_store,
    in_order,
    knows,
    outcomes_of,
    spent_today,
    states_of,
    with_codes,
)
from facets_pipeline_tests.adapters.store.contents import ALL, hcpcs, load
from facets_pipeline_tests.claude_server import Fault, RunningServer

COUNT = 20


def asked(server: RunningServer) -> list[str]:
    """Return the codes that the server was asked since its account began, in the codes' order."""
    return sorted(code for row in server.admin.requests("messages") for code in row["codes"])


def test_one_more_code_and_one_other_descriptor_ask_one_each(
    store: Store, server: RunningServer
) -> None:
    codes = with_codes(store, COUNT, server.admin)
    fill_store(store, server.base_url)
    server.admin.forget()
    fill_store(store, server.base_url)
    assert asked(server) == [], "nothing has changed"
    more = [*codes, hcpcs("B0001", "one more drug")]
    knows(server.admin, more)
    load(store, "more.csv", more)
    fill_store(store, server.base_url)
    assert asked(server) == ["B0001"]
    server.admin.forget()
    load(store, "other.csv", [hcpcs("A0003", "another drug"), *codes[:3], *codes[4:], more[-1]])
    fill_store(store, server.base_url)
    assert asked(server) == ["A0003"]


def test_another_recipe_asks_all_and_the_first_is_not_forgotten(
    store: Store, server: RunningServer
) -> None:
    codes = [code.code for code in with_codes(store, COUNT, server.admin)]
    fill_store(store, server.base_url)
    server.admin.forget()
    other = annotator_at(server.base_url, model="claude-sonnet-5-5")
    store.recipes.choose("HCPCS", other.recipe, reason="test")
    other.fill(store, ALL, ClaudeOptions())
    assert asked(server) == codes
    server.admin.forget()
    fill_store(store, server.base_url)
    assert asked(server) == []


def test_a_killed_force_asks_the_rest_once(tmp_path: Path, server: RunningServer) -> None:
    url = f"sqlite:///{tmp_path / 'forced.db'}"
    with Store.open(url) as store:
        codes = [code.code for code in with_codes(store, COUNT, server.admin)]
        fill_store(store, server.base_url)
        server.admin.forget()
        store.recipes.force("HCPCS", annotator_at(server.base_url).recipe.recipe_id)
        children.killed_at("settle", "after", 2, url, server.base_url)
        states = states_of(store)
        fill_store(store, server.base_url)
        fill_store(store, server.base_url)
        in_doubt = states_of(store)["in_doubt"]
    assert sorted(set(asked(server))) == codes
    assert len(asked(server)) - COUNT <= 5 * states["sent"]
    assert in_doubt == states["sent"]


STOPS = [
    (Fault("unauthorized", after=1), "refused the key"),
    (Fault("billing", after=1), "spend limit or credit is used up"),
    (Fault("spend_limit", after=1), "spend limit or credit is used up"),
    (Fault("tier_spend_limit", after=1), "spend limit or credit is used up"),
    (Fault("contract_spend_limit", after=1), "spend limit or credit is used up"),
    (Fault("html", after=1), "web page came from"),
]


@pytest.mark.parametrize(("fault", "words"), STOPS, ids=lambda one: getattr(one, "kind", ""))
def test_what_a_person_must_mend_ends_the_run_with_a_sentence_and_loses_nothing(
    store: Store, server: RunningServer, fault: Fault, words: str
) -> None:
    with_codes(store, COUNT, server.admin)
    server.admin.plan(fault)
    with pytest.raises(AnnotatorError, match=words) as caught:
        fill_store(store, server.base_url)
    assert is_one_sentence(str(caught.value)), str(caught.value)
    assert outcomes_of(store).answered == sorted(in_order(COUNT)[:5])
    assert outcomes_of(store).open_items == 0
    assert set(states_of(store)) == {"answered", "given_back"}
    assert spent_today(store).reserved == 0
    server.admin.clear_faults()
    fill_store(store, server.base_url)
    assert len(outcomes_of(store).answered) == COUNT
    assert check_exact(store, server) == 0


@pytest.mark.parametrize(
    ("address", "key", "words"),
    [
        ("", "wrong-key", "refused the key"),
        ("http://127.0.0.1:9", "test-key", "cannot be reached"),
    ],
)
def test_a_run_that_cannot_begin_writes_nothing(
    store: Store, server: RunningServer, address: str, key: str, words: str
) -> None:
    with_codes(store, COUNT, server.admin)
    annotator = annotator_at(address or server.base_url, key)
    store.recipes.choose("HCPCS", annotator.recipe, reason="test")
    with pytest.raises(AnnotatorError, match=words) as caught:
        annotator.fill(store, ALL, ClaudeOptions())
    assert is_one_sentence(str(caught.value))
    assert SecretStr(key).get_secret_value() not in str(caught.value)
    assert states_of(store) == {}
    assert spent_today(store) == Spent(0, 0)
