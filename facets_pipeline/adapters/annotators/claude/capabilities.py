"""What the API says about a model, and whether the model takes what is planned: before any cost.

The API's word counts more than the dated table in `domain.models`. What it does not say is not
held against the model: then the first request will tell.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self, cast

from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.request_plan import RequestPlan
from facets_pipeline.engine.calls import Stop


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """One model as the API describes it; None where it says nothing.

    Attributes:
        id: Its full name.
        lifecycle: "active", "deprecated" or "retired".
        retires_at: RFC 3339 moment of its planned retirement.
        max_input_tokens: Most tokens of a prompt.
        max_tokens: Most output tokens.
        capabilities: The API's tree of capabilities, each with `supported`.
    """

    id: str
    lifecycle: str | None = None
    retires_at: str | None = None
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    capabilities: Mapping[str, object] = field(default_factory=dict[str, object])

    @classmethod
    def of(cls, document: Mapping[str, object], asked: str) -> Self:
        """Read the API's document about the model `asked`; fields may be missing or unknown."""
        return cls(
            id=_text(document.get("id")) or asked,
            lifecycle=_text(document.get("lifecycle")),
            retires_at=_text(document.get("retires_at")),
            max_input_tokens=_count(document.get("max_input_tokens")),
            max_tokens=_count(document.get("max_tokens")),
            capabilities=_tree(document.get("capabilities")),
        )

    @property
    def efforts(self) -> tuple[str, ...]:
        """The levels of effort that it takes; empty if none, or if the API does not say."""
        return _supported(_tree(self.capabilities.get("effort")))

    @property
    def thinking(self) -> tuple[str, ...]:
        """The types of the thinking parameter that it takes; empty if the API does not say."""
        return _supported(_tree(_tree(self.capabilities.get("thinking")).get("types")))

    def supports(self, *path: str) -> bool | None:
        """Return whether it has the capability at `path`; None if the API does not say."""
        node = self.capabilities
        for name in path:
            node = _tree(node.get(name))
        stated = node.get("supported")
        return stated if isinstance(stated, bool) else None


def check_model(info: ModelInfo, plan: RequestPlan) -> list[str]:
    """Check that a model takes what is planned; return warnings, usually none.

    Raises:
        Stop: It is retired, or does not take the effort, the thinking or answers by a schema.
    """
    current = shipped_models().current()
    when = f" on {info.retires_at[:10]}" if info.retires_at else ""
    if info.lifecycle == "retired":
        raise Stop(
            f"The model {plan.model!r} was retired{when} and no longer answers: choose another one "
            f"with --model, as {current}."
        )
    if info.supports("structured_outputs") is False:
        raise Stop(
            f"The model {plan.model!r} cannot answer by a schema: choose another one with --model, "
            f"as {current}."
        )
    _check_effort(info, plan)
    _check_thinking(info, plan)
    if info.lifecycle == "deprecated":
        leaves = f"will be retired{when}" if when else "will be retired"
        return [
            f"The model {plan.model!r} is deprecated and {leaves}: change over to one of {current}."
        ]
    return []


def _check_effort(info: ModelInfo, plan: RequestPlan) -> None:
    if plan.effort is None:
        return
    if info.supports("effort") is False or info.supports("effort", plan.effort) is False:
        remedy = f"choose one of {', '.join(info.efforts)}" if info.efforts else "set none"
        raise Stop(f"The model {plan.model!r} does not take the effort {plan.effort!r}: {remedy}.")


def _check_thinking(info: ModelInfo, plan: RequestPlan) -> None:
    if plan.thinking is None:
        return
    kind = str(plan.thinking.get("type"))
    if info.supports("thinking", "types", kind) is False:
        remedy = f"it takes {', '.join(info.thinking)}" if info.thinking else "it takes none"
        raise Stop(
            f"The model {plan.model!r} does not take thinking of the type {kind!r}: {remedy}; set "
            f"thinking accordingly or choose another model."
        )


def _supported(tree: Mapping[str, object]) -> tuple[str, ...]:
    return tuple(name for name, node in tree.items() if _tree(node).get("supported") is True)


def _tree(value: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", value) if isinstance(value, Mapping) else {}


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
