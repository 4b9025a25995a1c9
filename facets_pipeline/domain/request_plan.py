"""How a model is asked: effort, thinking and room for the answer, within what it accepts.

By default the cheapest way that suits a classification: low effort and no thinking, as far as the
model can be told so. What the prompt says is in `prompt`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.model_facts import ModelFacts

ANSWER_ROOM = 256
"""Output tokens for what is around the codes' answers."""

CODE_ROOM = 120
"""Output tokens for one code: every facet at its longest takes about 112."""

THINKING_ROOM = 1_024
"""Output tokens for thinking about a request at low effort; each higher level doubles it."""

CODE_THINKING_ROOM = 128
"""Output tokens for thinking about one code of it at low effort; each higher level doubles it."""

THINKING_BUDGET = 4_096
"""`budget_tokens` where thinking is given a budget; the same for any number of codes, since it is
part of the recipe."""

MOST_OUTPUT = 21_000
"""Most output tokens asked for: the client library refuses to wait for more in one reply."""

_LEVELS = ("low", "medium", "high", "xhigh", "max")
_OFF = ("disabled", "between_tools")


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """How a model is asked.

    Attributes:
        model: Its id at the API.
        effort: The `effort` to send; None to send none.
        thinking: The `thinking` parameter to send; None to send none.
        thinks: Whether the answer begins with thinking.
        thinking_room: Output tokens left for thinking about a request.
        code_thinking_room: Output tokens left besides for thinking about each of its codes.
        most_output: Output tokens that are never exceeded.
    """

    model: str
    effort: str | None
    thinking: Mapping[str, object] | None
    thinks: bool
    thinking_room: int
    code_thinking_room: int
    most_output: int

    def max_tokens(self, codes: int) -> int:
        """Return the `max_tokens` for a request about `codes` codes."""
        per_code = CODE_ROOM + self.code_thinking_room
        return min(ANSWER_ROOM + self.thinking_room + per_code * codes, self.most_output)


def plan_request(
    facts: ModelFacts, *, effort: str | None = None, thinking: bool | None = None
) -> RequestPlan:
    """Return how to ask a model.

    Args:
        facts: The model.
        effort: The level of effort; None for the cheapest.
        thinking: Whether it is to think; None for not, if it can be told so.

    Raises:
        SettingsError: The model does not accept this effort, or this choice about thinking.
    """
    chosen = _effort(facts, effort)
    kind = _thinking(facts, chosen, wanted=thinking)
    thinks = kind not in _OFF if kind else facts.thinks_by_default
    parameter: dict[str, object] | None = {"type": kind} if kind else None
    if kind == "enabled":
        parameter = {"type": kind, "budget_tokens": THINKING_BUDGET}
    room, code_room = _rooms(kind, chosen or facts.default_effort) if thinks else (0, 0)
    return RequestPlan(
        model=facts.id,
        effort=chosen,
        thinking=parameter,
        thinks=thinks,
        thinking_room=room,
        code_thinking_room=code_room,
        most_output=min(facts.max_output_tokens, MOST_OUTPUT),
    )


def _effort(facts: ModelFacts, wanted: str | None) -> str | None:
    if wanted is None:
        # A model that does not think unless told to has nothing to save by less effort.
        return "low" if facts.thinks_by_default and "low" in facts.efforts else None
    if wanted not in facts.efforts:
        choices = f"use one of {', '.join(facts.efforts)}" if facts.efforts else "leave it out"
        raise SettingsError(f"The model {facts.id!r} does not accept effort {wanted!r}: {choices}.")
    return wanted


def _thinking(facts: ModelFacts, effort: str | None, *, wanted: bool | None) -> str | None:
    """Return the kind of thinking to ask for; None to leave it to the model."""
    if wanted:
        return _thinking_on(facts)
    if not facts.thinks_by_default:
        return None
    off = next((kind for kind in _OFF if kind in facts.thinking), None)
    allowed = effort is None or effort in facts.thinking_off_efforts
    if off and allowed:
        return off
    if wanted is False:
        remedy = f"lower the effort {effort!r}" if off else "leave thinking on"
        raise SettingsError(f"The model {facts.id!r} cannot be told not to think: {remedy}.")
    return None


def _thinking_on(facts: ModelFacts) -> str | None:
    if facts.thinks_by_default:
        return None
    for kind in ("adaptive", "enabled"):
        if kind in facts.thinking:
            return kind
    raise SettingsError(f"The model {facts.id!r} cannot think: leave thinking off.")


def _rooms(kind: str | None, effort: str | None) -> tuple[int, int]:
    """Return the room for thinking about a request, and about each of its codes."""
    if kind == "enabled":
        return THINKING_BUDGET, 0
    level = _LEVELS.index(effort) if effort in _LEVELS else _LEVELS.index("high")
    return THINKING_ROOM * 2**level, CODE_THINKING_ROOM * 2**level
