"""A request as the API's parameters: the same for a single message and for one of a batch."""

from typing import Any

from facets_pipeline.engine.calls import MessageRequest


def message_parameters(request: MessageRequest) -> dict[str, Any]:
    """Return the parameters of a message; the system prompt ends in the one cache breakpoint."""
    return {**prompt_parameters(request), "max_tokens": request.max_tokens}


def prompt_parameters(request: MessageRequest) -> dict[str, Any]:
    """Return the parameters that make up the prompt: what a token count takes."""
    output: dict[str, Any] = {"format": {"type": "json_schema", "schema": dict(request.schema)}}
    if request.effort is not None:
        output["effort"] = request.effort
    cached = {"type": "ephemeral", "ttl": request.cache_ttl}
    prompt: dict[str, Any] = {
        "model": request.model,
        "system": [{"type": "text", "text": request.system, "cache_control": cached}],
        "messages": [{"role": "user", "content": request.user}],
        "output_config": output,
    }
    if request.thinking is not None:
        prompt["thinking"] = dict(request.thinking)
    return prompt
