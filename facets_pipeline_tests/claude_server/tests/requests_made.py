"""Requests that the server's tests send: a prompt with codes, an answer schema, a client."""

import json
import ssl
from collections.abc import Sequence
from typing import Any

from anthropic import AsyncAnthropic, DefaultAsyncHttpxClient
from anthropic._response import AsyncAPIResponse
from anthropic.types import Message

from facets_pipeline_tests.claude_server import RunningServer

CERTIFICATES = ssl.create_default_context()  # once: reading them takes longer than a test
HAIKU = "claude-haiku-5-5"
SONNET = "claude-sonnet-5-5"
OPUS = "claude-opus-5-5"
NO_THINKING: dict[str, Any] = {"type": "disabled"}


def answer_schema() -> dict[str, Any]:
    """Return a schema with an array of answers, one required facet and three optional ones."""
    item: dict[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["code", "procedure_category"],
        "properties": {
            "code": {"type": "string"},
            "procedure_category": {"type": "string", "enum": ["drug", "imaging", "surgical"]},
            "body_system": {"type": "string", "enum": ["eye", "ear"]},
            "uses_contrast": {"type": "boolean"},
        },
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["answers"],
        "properties": {"answers": {"type": "array", "items": item}},
    }


def prompt(codes: Sequence[str]) -> str:
    """Return a user message with a data block of codes."""
    rows = [{"code": code, "descriptor": f"plain words about {code}"} for code in codes]
    return f"Answer for these.\n<data>\n{json.dumps(rows)}\n</data>"


def message(codes: Sequence[str] = ("J0120",), **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the parameters of a message request without thinking, changed as wanted."""
    params: dict[str, Any] = {
        "model": HAIKU,
        "max_tokens": 2000,
        "thinking": NO_THINKING,
        "messages": [{"role": "user", "content": prompt(codes)}],
        "output_config": {"format": {"type": "json_schema", "schema": answer_schema()}},
    }
    merged = {**params, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def with_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a message request with this answer schema."""
    return message(output_config={"format": {"type": "json_schema", "schema": schema}})


def plain(text: str = "hello", **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return the parameters of a message request for free text."""
    turns = [{"role": "user", "content": text}]
    return message(messages=turns, output_config=None, **changes)


def open_client(server: RunningServer, **options: Any) -> AsyncAnthropic:  # noqa: ANN401
    """Return a client of a server that a test started itself."""
    options = {"api_key": server.api_key, "max_retries": 0, **options}
    http_client = DefaultAsyncHttpxClient(verify=CERTIFICATES)
    return AsyncAnthropic(base_url=server.base_url, http_client=http_client, **options)


async def ask(client: AsyncAnthropic, body: dict[str, Any], **options: Any) -> Message:  # noqa: ANN401
    """Send a message request through the client library; `options` are the library's own."""
    create: Any = client.messages.create
    return await create(**body, **options)


async def ask_raw(client: AsyncAnthropic, body: dict[str, Any]) -> AsyncAPIResponse[Message]:
    """Send a message request and return the answer with its headers."""
    create: Any = client.messages.with_raw_response.create
    return await create(**body)


def text_of(answer: Any) -> str:  # noqa: ANN401
    """Return the text of an answer, thinking left out."""
    return "".join(block.text for block in answer.content if block.type == "text")


def answers_of(answer: Any) -> list[dict[str, Any]]:  # noqa: ANN401
    """Return the answers in an answer's JSON."""
    return json.loads(text_of(answer))["answers"]
