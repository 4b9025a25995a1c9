"""The fields of a request: which exist, which must be there, which types they have.

Unknown fields are refused at every depth, and refusals read as the API's own ("temperature: Extra
inputs are not permitted"). What a model permits beyond the shape is in `model_rules`. Content
other than text (images, documents, tool results) is refused: this server answers text alone.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from facets_pipeline_tests.claude_server.api_errors import ApiError, invalid


class Shape(BaseModel):
    """Base of all shapes: no unknown fields, no coercion, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class CacheControl(Shape):
    """A cache breakpoint and how long its entry lives."""

    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class TextBlock(Shape):
    """A piece of text."""

    type: Literal["text"]
    text: str
    cache_control: CacheControl | None = None
    citations: None = None


class ThinkingBlock(Shape):
    """An earlier answer's thinking, sent back unchanged."""

    type: Literal["thinking"]
    thinking: str
    signature: str


Block = Annotated[TextBlock | ThinkingBlock, Field(discriminator="type")]


def _as_blocks(content: object) -> object:
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


class Turn(Shape):
    """One message of the conversation; plain text counts as one text block."""

    role: Literal["user", "assistant"]
    content: Annotated[list[Block], BeforeValidator(_as_blocks)]


class Thinking(Shape):
    """The base of the four ways to configure thinking."""


class AdaptiveThinking(Thinking):
    """The model decides how much to think."""

    type: Literal["adaptive"]
    display: Literal["summarized", "omitted"] | None = None


class EnabledThinking(Thinking):
    """Thinking with a budget that the caller sets."""

    type: Literal["enabled"]
    budget_tokens: Annotated[int, Field(ge=1024)]
    display: Literal["summarized", "omitted"] | None = None


class DisabledThinking(Thinking):
    """No thinking."""

    type: Literal["disabled"]


class BetweenToolsThinking(Thinking):
    """No thinking, short updates between tool calls."""

    type: Literal["between_tools"]


AnyThinking = Annotated[
    AdaptiveThinking | EnabledThinking | DisabledThinking | BetweenToolsThinking,
    Field(discriminator="type"),
]


class JsonFormat(Shape):
    """Structured output: the answer's text is JSON of this schema."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, protected_namespaces=())

    type: Literal["json_schema"]
    schema_: Annotated[dict[str, object], Field(alias="schema")]


class OutputConfig(Shape):
    """How much effort, and in which format."""

    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: JsonFormat | None = None


class Tool(Shape):
    """A client tool."""

    name: Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")]
    input_schema: dict[str, object]
    type: Literal["custom"] | None = None
    description: str | None = None
    strict: bool | None = None
    cache_control: CacheControl | None = None


class ToolChoice(Shape):
    """Whether and which tool must be used."""

    type: Literal["auto", "any", "tool", "none"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class Metadata(Shape):
    """Who the request is for."""

    user_id: Annotated[str, Field(max_length=512)] | None = None


class CountRequest(Shape):
    """The body of a token count: what makes the prompt."""

    model: str
    messages: Annotated[list[Turn], Field(min_length=1, max_length=100_000)]
    system: Annotated[list[TextBlock] | None, BeforeValidator(_as_blocks)] = None
    tools: list[Tool] | None = None
    tool_choice: ToolChoice | None = None
    thinking: AnyThinking | None = None
    output_config: OutputConfig | None = None
    cache_control: CacheControl | None = None


class MessageRequest(CountRequest):
    """The body of a message request."""

    max_tokens: Annotated[int, Field(ge=0)]
    metadata: Metadata | None = None
    stop_sequences: list[str] | None = None
    stream: bool | None = None
    service_tier: Literal["auto", "standard_only"] | None = None
    speed: Literal["standard", "fast"] | None = None
    inference_geo: Literal["global", "us"] | None = None


def read_message(body: object) -> MessageRequest:
    """Return the body of a message request in its shape.

    Raises:
        ApiError: 400 with the place and the reason if it has another shape.
    """
    try:
        return MessageRequest.model_validate(body)
    except ValidationError as error:
        raise _refusal(error) from None


def read_count(body: object) -> CountRequest:
    """Return the body of a token count in its shape.

    Raises:
        ApiError: 400 with the place and the reason if it has another shape.
    """
    try:
        return CountRequest.model_validate(body)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> ApiError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return invalid(f"{place}: {first['msg']}" if place else first["msg"])


def prompt_text(request: CountRequest) -> str:
    """Return all text of the last user turn, blocks separated by line ends."""
    users = [turn for turn in request.messages if turn.role == "user"]
    if not users:
        return ""
    return "\n".join(block.text for block in users[-1].content if isinstance(block, TextBlock))


def answer_schema(request: CountRequest) -> Mapping[str, object] | None:
    """Return the JSON schema of the answer; None if the answer is free text."""
    if request.output_config is None or request.output_config.format is None:
        return None
    return request.output_config.format.schema_


def as_mapping(value: object) -> Mapping[str, object] | None:
    """Return `value` as a JSON object; None if it is something else."""
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else None


def as_sequence(value: object) -> Sequence[object] | None:
    """Return `value` as a JSON array; None if it is something else."""
    return cast("Sequence[object]", value) if isinstance(value, list) else None
