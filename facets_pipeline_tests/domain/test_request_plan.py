"""Every model is asked in a way that it accepts, and in the cheapest one unless told otherwise."""

import itertools
import json

import pytest

from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.estimate import tokens_of
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.model_facts import ModelFacts
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.prompt import answer_schema, system_prompt
from facets_pipeline.domain.request_plan import CODE_ROOM, RequestPlan, plan_request
from facets_pipeline_tests.claude_server.catalogue import usable_model
from facets_pipeline_tests.claude_server.model_rules import check_message, check_prompt, thinks
from facets_pipeline_tests.claude_server.request_shape import MessageRequest, read_message
from facets_pipeline_tests.claude_server.settings import ServerSettings
from facets_pipeline_tests.domain.unpriced import UNPRICED

EVERY_MODEL = pytest.mark.parametrize("facts", shipped_models().models, ids=lambda facts: facts.id)
EFFORTS = (None, "low", "medium", "high", "xhigh", "max")


def facts_of(name: str) -> ModelFacts:
    facts = shipped_models().known_model(name)
    assert facts is not None
    return facts


def accepted(plan: RequestPlan, codes: int = 10) -> MessageRequest:
    """Return the request of `plan` after the local server's rules have passed it."""
    output: dict[str, object] = {"format": {"type": "json_schema", "schema": answer_schema()}}
    body: dict[str, object] = {
        "model": plan.model,
        "max_tokens": plan.max_tokens(codes),
        "system": system_prompt(),
        "messages": [{"role": "user", "content": "x"}],
        "output_config": output | ({"effort": plan.effort} if plan.effort else {}),
    }
    request = read_message(body | ({"thinking": dict(plan.thinking)} if plan.thinking else {}))
    model = usable_model(plan.model)
    check_prompt(request, model, ServerSettings().grammar_limit)
    check_message(request, model)
    return request


@EVERY_MODEL
def test_every_plan_is_accepted_by_the_local_server_or_refused_before(facts: ModelFacts) -> None:
    plans = 0
    for effort, thinking in itertools.product(EFFORTS, (None, False, True)):
        try:
            plan = plan_request(facts, effort=effort, thinking=thinking)
        except SettingsError:
            continue
        plans += 1
        request = accepted(plan)
        assert thinks(request, usable_model(plan.model)) == plan.thinks
        assert thinking is None or plan.thinks == thinking
        assert effort is None or plan.effort == effort
    assert plans >= 2


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "is_thinking"),
    [
        ("claude-haiku-5-5", "low", {"type": "disabled"}, False),
        ("claude-sonnet-5-5", "low", {"type": "between_tools"}, False),
        ("claude-opus-5-5", "low", None, True),
        ("claude-fable-5-2", "low", None, True),
        ("claude-sonnet-5", "low", {"type": "disabled"}, False),
        ("claude-opus-4-8", None, None, False),
        ("claude-haiku-4-5", None, None, False),
    ],
)
def test_by_default_the_plan_is_the_cheapest_one(
    model: str, effort: str | None, thinking: dict[str, object] | None, *, is_thinking: bool
) -> None:
    plan = plan_request(facts_of(model))
    assert (plan.effort, plan.thinking, plan.thinks) == (effort, thinking, is_thinking)


def test_an_effort_at_which_thinking_cannot_be_off_leaves_it_on() -> None:
    plan = plan_request(facts_of("claude-haiku-5-5"), effort="xhigh")
    assert (plan.thinking, plan.thinks) == (None, True)


@pytest.mark.parametrize(
    ("model", "effort", "thinking", "remedy"),
    [
        ("claude-haiku-4-5", "low", None, "leave it out"),
        ("claude-opus-5-5", "huge", None, "use one of low, medium"),
        ("claude-opus-5-5", None, False, "leave thinking on"),
        ("claude-sonnet-5-5", "max", False, "lower the effort"),
    ],
)
def test_what_a_model_does_not_accept_is_refused_with_the_remedy(
    model: str, effort: str | None, remedy: str, *, thinking: bool | None
) -> None:
    with pytest.raises(SettingsError, match=f"{model}.*{remedy}"):
        plan_request(facts_of(model), effort=effort, thinking=thinking)


def test_max_tokens_leaves_room_for_each_code_and_for_thinking() -> None:
    silent, thinking = (
        plan_request(facts_of(name)) for name in ("claude-haiku-5-5", "claude-opus-5-5")
    )
    assert [silent.max_tokens(codes) for codes in (1, 10)] == [376, 1_456]
    assert thinking.max_tokens(10) == 1_456 + 1_024 + 1_280
    assert plan_request(facts_of("claude-opus-5-5"), effort="medium").max_tokens(1) == 376 + 2_304


def test_the_room_for_a_code_holds_every_facet_at_its_longest() -> None:
    longest = {facet.name: max(facet.vocabulary, key=_length) for facet in CODEBOOK.facets}
    assert tokens_of(json.dumps({"code": "A0001"} | longest)) <= CODE_ROOM


def test_max_tokens_never_exceeds_what_the_model_or_the_client_permits() -> None:
    assert plan_request(facts_of("claude-haiku-5-5")).max_tokens(10_000) == 21_000
    assert plan_request(UNPRICED).max_tokens(10_000) == 8_000


def _length(value: object) -> int:
    return len(str(value))
