"""One answer: thinking, text, why it stopped, and how many output tokens that took.

Whether a request may be asked at all is decided before (`model_rules`, `buckets`), what it costs
afterwards (`billing`). Messages and batch items are answered by the same code.
"""

import hashlib
from dataclasses import dataclass

from facets_pipeline_tests.claude_server.answers import Answerer, Ask, find_code_items
from facets_pipeline_tests.claude_server.catalogue import ModelSpec
from facets_pipeline_tests.claude_server.model_rules import effort_of, thinks
from facets_pipeline_tests.claude_server.prompt import count_tokens, cut_to_tokens
from facets_pipeline_tests.claude_server.request_shape import (
    EnabledThinking,
    MessageRequest,
    answer_schema,
    prompt_text,
)
from facets_pipeline_tests.claude_server.spoilers import spoil

EFFORT_FACTORS = {"low": 0.4, "medium": 1.0, "high": 2.0, "xhigh": 4.0, "max": 8.0}


@dataclass(frozen=True, slots=True)
class Generated:
    """An answer.

    Attributes:
        content: Content blocks, thinking first if there was any.
        stop_reason: Why the answer ended.
        stop_details: More about a refusal; None otherwise.
        stop_sequence: The stop sequence that ended it; None otherwise.
        output: Output tokens, thinking included.
        thinking: Tokens of thinking.
    """

    content: list[dict[str, object]]
    stop_reason: str
    stop_details: dict[str, object] | None
    stop_sequence: str | None
    output: int
    thinking: int

    def message(
        self, message_id: str, model: ModelSpec, usage: dict[str, object]
    ) -> dict[str, object]:
        """Return the body of the answer."""
        return {
            "id": message_id,
            "type": "message",
            "role": "assistant",
            "model": model.id,
            "content": self.content,
            "stop_reason": self.stop_reason,
            "stop_sequence": self.stop_sequence,
            "stop_details": self.stop_details,
            "usage": usage,
        }


def ask_of(request: MessageRequest, model: ModelSpec) -> Ask:
    """Return what an answerer needs to know of a request."""
    text = prompt_text(request)
    return Ask(
        model=model.id,
        effort=effort_of(request, model),
        system="\n".join(block.text for block in request.system or []),
        text=text,
        items=find_code_items(text),
        schema=answer_schema(request),
    )


def generate(
    request: MessageRequest,
    model: ModelSpec,
    ask: Ask,
    answerer: Answerer,
    *,
    fault: str | None,
    thinking_tokens: int,
) -> Generated:
    """Return the answer to a request.

    Args:
        request: The request, checked.
        model: The model it names.
        ask: The same, as the answerer sees it.
        answerer: What makes the text.
        fault: Kind of the fault that spoils the answer; None for none.
        thinking_tokens: Tokens of thinking per code at medium effort.
    """
    if request.max_tokens == 0:
        return Generated([], "max_tokens", None, None, 0, 0)
    thinking = _thinking_tokens(request, model, ask, thinking_tokens)
    if fault == "refused":
        return _refusal(request, thinking)
    text = answerer(ask)
    text, sequence = _stopped(spoil(text, fault) if fault else text, request.stop_sequences or [])
    wanted = count_tokens(len(text))
    allowed = request.max_tokens
    if fault == "truncated":
        allowed = min(allowed, thinking + max(1, wanted // 2))
    thinking = min(thinking, allowed)
    given = min(wanted, allowed - thinking)
    blocks = _thinking_blocks(request, thinking)
    reason = "stop_sequence" if sequence else "end_turn"
    if given < wanted:
        text, reason, sequence = cut_to_tokens(text, given), "max_tokens", None
    if given or not thinking:
        blocks.append({"type": "text", "text": text})
    return Generated(blocks, reason, None, sequence, max(1, thinking + given), thinking)


def _refusal(request: MessageRequest, thinking: int) -> Generated:
    details: dict[str, object] = {
        "type": "refusal",
        "category": "bio",
        "explanation": "The request was declined by a safety classifier.",
    }
    output = min(thinking + 1, request.max_tokens)
    return Generated([], "refusal", details, None, output, min(thinking, output))


def _thinking_tokens(request: MessageRequest, model: ModelSpec, ask: Ask, medium: int) -> int:
    if not thinks(request, model):
        return 0
    factor = EFFORT_FACTORS[ask.effort or "medium"] * max(1, len(ask.items))
    spread = 0.75 + hashlib.sha256(ask.text.encode()).digest()[0] / 510
    tokens = max(1, round(medium * factor * spread))
    if isinstance(request.thinking, EnabledThinking):
        tokens = min(tokens, request.thinking.budget_tokens)
    return tokens


def _thinking_blocks(request: MessageRequest, thinking: int) -> list[dict[str, object]]:
    if not thinking:
        return []
    shown = getattr(request.thinking, "display", None) == "summarized"
    text = "The codes were compared with the definitions." if shown else ""
    signature = hashlib.sha256(f"thinking {thinking}".encode()).hexdigest()
    return [{"type": "thinking", "thinking": text, "signature": signature}]


def _stopped(text: str, sequences: list[str]) -> tuple[str, str | None]:
    found = [(text.find(one), one) for one in sequences if one in text]
    if not found:
        return text, None
    place, sequence = min(found)
    return text[:place], sequence
