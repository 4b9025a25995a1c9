"""The models this server knows: what each accepts, its limits pool and its prices (`models.csv`).

Sources: model ids and shapes from the client library; prices, thinking and effort rules from the
API's public pages as of November 2026. Dates of release and sizes that were not published to us
are plausible values: no test may lean on them. How a rule is enforced is in `model_rules`.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

from facets_pipeline_tests.claude_server.api_errors import not_found

EFFORTS = ("low", "medium", "high", "xhigh", "max")
THINKING_TYPES = ("adaptive", "between_tools", "disabled", "enabled")


@dataclass(frozen=True, slots=True)
class Prices:
    """USD per million tokens; a prompt longer than `long_from` tokens costs `long_factor` times."""

    input: Decimal
    output: Decimal
    write_5m: Decimal
    write_1h: Decimal
    read: Decimal
    long_from: int | None
    long_factor: Decimal


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model; `off_efforts` are the effort levels at which thinking may be turned off."""

    id: str
    line: str
    display_name: str
    created: str
    lifecycle: str
    deprecated_on: str | None
    retires_on: str | None
    context: int
    max_output: int
    efforts: tuple[str, ...]
    default_effort: str | None
    thinking: tuple[str, ...]
    thinks_by_default: bool
    off_efforts: tuple[str, ...]
    prefill: bool
    forced_tools: bool
    structured: bool
    min_cacheable: int
    limit_pool: str
    prices: Prices

    def info(self) -> dict[str, object]:
        """Return the model as `GET /v1/models/{id}` shows it."""
        return {
            "type": "model",
            "id": self.id,
            "line": self.line,
            "display_name": self.display_name,
            "created_at": _instant(self.created),
            "lifecycle": self.lifecycle,
            "deprecated_at": _instant(self.deprecated_on),
            "retires_at": _instant(self.retires_on),
            "max_input_tokens": self.context,
            "max_tokens": self.max_output,
            "capabilities": self._capabilities(),
        }

    def _capabilities(self) -> dict[str, object]:
        thinks = any(kind != "disabled" for kind in self.thinking)
        return {
            "batch": _support(given=True),
            "citations": _support(given=True),
            "code_execution": _support(given=False),
            "context_management": {"supported": False},
            "effort": {
                "supported": bool(self.efforts),
                **{level: _support(given=level in self.efforts) for level in EFFORTS},
            },
            "image_input": _support(given=True),
            "pdf_input": _support(given=True),
            "server_tools": {
                "supported": False,
                "code_execution": _support(given=False),
                "web_search": _support(given=False),
            },
            "structured_outputs": _support(given=self.structured),
            "thinking": {
                "supported": thinks,
                "types": {kind: _support(given=kind in self.thinking) for kind in THINKING_TYPES},
            },
        }


def _support(*, given: bool) -> dict[str, bool]:
    return {"supported": given}


def _instant(day: str | None) -> str | None:
    if day is None:
        return None
    return datetime.fromisoformat(day).replace(tzinfo=UTC).isoformat().replace("+00:00", "Z")


def _spec(row: Mapping[str, str]) -> ModelSpec:
    prices = Prices(
        input=Decimal(row["input"]),
        output=Decimal(row["output"]),
        write_5m=Decimal(row["write_5m"]),
        write_1h=Decimal(row["write_1h"]),
        read=Decimal(row["read"]),
        long_from=int(row["long_from"]) if row["long_from"] else None,
        long_factor=Decimal(row["long_factor"] or "1"),
    )
    return ModelSpec(
        id=row["id"],
        line=row["line"],
        display_name=row["display_name"],
        created=row["created"],
        lifecycle=row["lifecycle"],
        deprecated_on=row["deprecated_on"] or None,
        retires_on=row["retires_on"] or None,
        context=int(row["context"]),
        max_output=int(row["max_output"]),
        efforts=tuple(row["efforts"].split()),
        default_effort=row["default_effort"] or None,
        thinking=tuple(row["thinking"].split()),
        thinks_by_default=row["thinks_by_default"] == "yes",
        off_efforts=tuple(row["off_efforts"].split()),
        prefill=row["prefill"] == "yes",
        forced_tools=row["forced_tools"] == "yes",
        structured=row["structured"] == "yes",
        min_cacheable=int(row["min_cacheable"]),
        limit_pool=row["limit_pool"] or row["id"],
        prices=prices,
    )


@cache
def catalogue() -> Mapping[str, ModelSpec]:
    """Return every id and alias with its model, newest first as the API lists them."""
    text = (Path(__file__).parent / "models.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    models = {row["id"]: _spec(row) for row in rows if not row["alias_of"]}
    aliases = {row["id"]: models[row["alias_of"]] for row in rows if row["alias_of"]}
    newest_first = sorted(models.values(), key=lambda model: model.created, reverse=True)
    return {model.id: model for model in newest_first} | aliases


def find_model(model_id: str) -> ModelSpec:
    """Return the model of an id or alias, retired ones included.

    Raises:
        ApiError: 404 if there is no such model.
    """
    if model_id not in catalogue():
        raise not_found(f"model: {model_id}")
    return catalogue()[model_id]


def usable_model(model_id: str) -> ModelSpec:
    """Return the model of an id or alias that may be asked.

    Raises:
        ApiError: 404 if there is no such model, or it is retired.
    """
    model = find_model(model_id)
    if model.lifecycle == "retired":
        raise not_found(f"model: {model_id}")
    return model
