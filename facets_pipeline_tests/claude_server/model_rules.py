"""What a model permits beyond the shape of a request: thinking, effort, prefill, tools, lengths.

The rules of answer schemas are in `schema_rules`, those of cache breakpoints in `prompt`.
"""

from facets_pipeline_tests.claude_server.api_errors import invalid
from facets_pipeline_tests.claude_server.catalogue import ModelSpec
from facets_pipeline_tests.claude_server.request_shape import (
    CountRequest,
    EnabledThinking,
    MessageRequest,
    TextBlock,
    Turn,
    answer_schema,
)
from facets_pipeline_tests.claude_server.schema_rules import check_schema

MAX_STRICT_TOOLS = 20
OFF = frozenset({"disabled", "between_tools"})


def effort_of(request: CountRequest, model: ModelSpec) -> str | None:
    """Return the effort a request is answered with: the given one, else the model's default."""
    given = request.output_config.effort if request.output_config else None
    return given or model.default_effort


def thinks(request: CountRequest, model: ModelSpec) -> bool:
    """Tell whether the answer begins with thinking, which is billed as output."""
    if request.thinking is None:
        return model.thinks_by_default
    return request.thinking.type not in OFF


def check_prompt(request: CountRequest, model: ModelSpec, grammar_limit: int) -> None:
    """Check what message requests and token counts have in common.

    Args:
        request: The request, of the right shape.
        model: The model it names.
        grammar_limit: Largest grammar that compiles, in units of `schema_rules.grammar_size`.

    Raises:
        ApiError: 400 for the first rule that is broken.
    """
    _check_turns(request, model)
    _check_effort(request, model)
    _check_thinking(request, model)
    _check_tools(request, model)
    schema = answer_schema(request)
    if schema is not None:
        if not model.structured:
            raise invalid(f"output_config.format: {model.id} does not support structured outputs")
        check_schema(schema, "output_config.format.schema", grammar_limit)


def check_message(request: MessageRequest, model: ModelSpec) -> None:
    """Check what only a message request has: lengths, streaming, tier.

    Raises:
        ApiError: 400 for the first rule that is broken.
    """
    if request.max_tokens > model.max_output:
        raise invalid(
            f"max_tokens: {request.max_tokens} > {model.max_output}, which is the maximum allowed "
            f"number of output tokens for {model.id}"
        )
    if request.max_tokens == 0 and answer_schema(request) is not None:
        raise invalid("max_tokens: 0 is not supported together with output_config.format")
    if request.stream:
        raise invalid("stream: this server does not stream")
    if request.speed == "fast":
        raise invalid("speed: fast is not supported without its beta header")
    budget = request.thinking.budget_tokens if isinstance(request.thinking, EnabledThinking) else 0
    if budget and budget >= request.max_tokens:
        raise invalid("max_tokens: must be greater than thinking.budget_tokens")
    if any(not text.strip() for text in request.stop_sequences or []):
        raise invalid("stop_sequences: each stop sequence must contain non-whitespace")


def _check_turns(request: CountRequest, model: ModelSpec) -> None:
    if request.messages[0].role != "user":
        raise invalid("messages: the first message must use the user role")
    if request.messages[-1].role == "assistant" and not model.prefill:
        raise invalid(
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
    for place, turn in enumerate(request.messages):
        _check_turn(turn, f"messages.{place}")
    for place, block in enumerate(request.system or []):
        _check_text(block, f"system.{place}")


def _check_turn(turn: Turn, place: str) -> None:
    if not turn.content:
        raise invalid(f"{place}: all messages must have non-empty content")
    for index, block in enumerate(turn.content):
        if isinstance(block, TextBlock):
            _check_text(block, f"{place}.content.{index}")
        elif turn.role == "user":
            raise invalid(f"{place}.content.{index}: thinking blocks belong to assistant messages")


def _check_text(block: TextBlock, place: str) -> None:
    if not block.text:
        raise invalid(f"{place}: text content blocks must be non-empty")
    if not block.text.strip():
        raise invalid(f"{place}: text content blocks must contain non-whitespace text")


def _check_effort(request: CountRequest, model: ModelSpec) -> None:
    effort = request.output_config.effort if request.output_config else None
    if effort is None:
        return
    if not model.efforts:
        raise invalid(f"output_config.effort: {model.id} does not support the effort parameter")
    if effort not in model.efforts:
        raise invalid(f"output_config.effort: {effort} is not supported by {model.id}")


def _check_thinking(request: CountRequest, model: ModelSpec) -> None:
    if request.thinking is None:
        return
    kind = request.thinking.type
    if kind not in model.thinking:
        raise invalid(f"thinking.type: {kind} is not supported by {model.id}")
    effort = effort_of(request, model)
    if kind in OFF and effort is not None and effort not in model.off_efforts:
        raise invalid(f"thinking.type: {kind} is not allowed with effort {effort} on {model.id}")


def _check_tools(request: CountRequest, model: ModelSpec) -> None:
    tools = request.tools or []
    names = [tool.name for tool in tools]
    if len(set(names)) != len(names):
        raise invalid("tools: tool names must be unique")
    strict = [tool for tool in tools if tool.strict]
    if len(strict) > MAX_STRICT_TOOLS:
        raise invalid(f"tools: at most {MAX_STRICT_TOOLS} strict tools are supported")
    for place, tool in enumerate(tools):
        if tool.strict:
            check_schema(tool.input_schema, f"tools.{place}.input_schema", None)
    choice = request.tool_choice
    if choice is None:
        return
    if not tools:
        raise invalid("tool_choice: may only be specified while providing tools")
    if choice.type in {"any", "tool"} and not model.forced_tools:
        raise invalid(f"tool_choice.type: {choice.type} is not supported by {model.id}")
    if choice.type == "tool" and choice.name not in names:
        raise invalid(f"tool_choice.name: tool {choice.name!r} not found in tools")
