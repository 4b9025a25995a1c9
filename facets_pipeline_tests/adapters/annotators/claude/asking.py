"""Requests as the engine makes them, clients that send them, and how a call ends."""

import re
from dataclasses import replace
from typing import Any

import pytest
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.prompt import Question, answer_schema, system_prompt, user_message
from facets_pipeline.domain.request_plan import RequestPlan, plan_request
from facets_pipeline.engine.calls import InDoubt, MessageRequest, NotPaid, Stop
from facets_pipeline_tests.adapters.annotators.claude.raw_server import Speak, raw_server

HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
OPUS = "claude-opus-5-5"
CODES = tuple(
    Code("HCPCS", code, f"plain words about {code}") for code in ("J0120", "J0121", "J0122")
)


def plan(model: str = HAIKU) -> RequestPlan:
    """Return how `model` is asked by default."""
    facts = shipped_models().known_model(model)
    assert facts is not None
    return plan_request(facts)


def question(model: str = HAIKU, **changes: Any) -> MessageRequest:  # noqa: ANN401 - any field
    """Return a request about `CODES`, changed as wanted."""
    chosen = plan(model)
    request = MessageRequest(
        model=model,
        max_tokens=chosen.max_tokens(len(CODES)),
        system=system_prompt(),
        user=user_message([Question(code) for code in CODES]),
        schema=answer_schema(),
        thinking=chosen.thinking,
        effort=chosen.effort,
    )
    return replace(request, **changes)


def client_of(base_url: str, key: str = "test-key", timeout: float = 20) -> ClaudeClient:
    """Return a client of a server, not opened yet."""
    return ClaudeClient(SecretStr(key), base_url=base_url, timeout=timeout)


async def failure_of(speak: Speak | bytes) -> NotPaid | InDoubt | Stop:
    """Return how a call ends that is answered with `speak`."""
    async with raw_server(speak) as url, client_of(url, timeout=5) as client:
        with pytest.raises((NotPaid, InDoubt, Stop)) as caught:
            await client.ask(question())
    return caught.value


def is_one_sentence(text: str) -> bool:
    """Whether a message is a single sentence on a single line."""
    return re.fullmatch(r"[A-Z][^\n]*\.", text) is not None and ". " not in text
