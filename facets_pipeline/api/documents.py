"""The shapes of the API's JSON documents, made from the codebook, and rows brought into them.

The models describe the documents in OpenAPI; the functions make them. A test holds them together.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model

from facets_pipeline.adapters.store.search_counts import Counts
from facets_pipeline.adapters.store.search_shapes import IN_DOUBT, Found, Record, filters_of
from facets_pipeline.api.parameters import cursor_of, described
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codebook import Codebook, Facet
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.validation import Empty, Status, why_empty

Row = Mapping[str, Any]


class Strict(BaseModel):
    """A document whose keys are all described."""

    model_config = ConfigDict(extra="forbid")


class Problem(Strict):
    """Why a request was not answered."""

    detail: Annotated[str, Field(description="One sentence: what was given, what to do.")]


class Health(Strict):
    """Whether the API can answer."""

    status: Literal["ok"]
    data_version: Annotated[str, Field(description="Changes whenever an answer might.")]
    codes: Annotated[int, Field(description="Active codes that can be found.")]
    code_systems: Annotated[dict[str, int], Field(description="Codes by code system.")]
    statuses: Annotated[dict[str, int], Field(description="Codes by what their values stand on.")]


class Basis(Strict):
    """What one value rests on."""

    value: str | bool | None
    basis: str
    decided: Annotated[
        bool, Field(description="A heading, an official source or a person decides it.")
    ]


class Decision(Strict):
    """What a person decided on one facet."""

    facet: str
    value: str | bool | None
    action: Literal["set", "undo"]
    decided_by: str
    decided_at: datetime
    note: str


class RecipeMade(Strict):
    """The recipe under which the code was answered."""

    recipe_id: str
    annotator: str
    model: str
    label: str


class Provenance(Strict):
    """Where the values of a code come from."""

    source: Annotated[str, Field(description="Who answered; empty while nobody did.")]
    recipe: RecipeMade | None
    reason: Annotated[str, Field(description="Why the code is in review; empty if it is not.")]
    stated: Annotated[dict[str, Basis], Field(description="What was answered, by facet.")]
    decisions: Annotated[list[Decision], Field(description="A person's, the oldest first.")]
    opinions: Annotated[dict[str, Any], Field(description="The flat table's `opinions`, as kept.")]


class Models:
    """The models that depend on the codebook.

    Attributes:
        search: A page of codes.
        code: One code with its provenance.
    """

    def __init__(self, codebook: Codebook) -> None:
        facets: Any = create_model(
            "Facets",
            __config__=ConfigDict(extra="forbid"),
            **{facet.name: _value_field(facet) for facet in codebook.facets},
        )
        names = tuple(codebook.names)
        item: dict[str, Any] = {
            "code_system": _literal(tuple(CODE_SYSTEMS)),
            "code": str,
            "descriptor": str,
            "facets": facets,
            "empty": Annotated[
                dict[_literal(names), _literal(tuple(reason.value for reason in Empty))],
                Field(description="Why each facet without a value has none."),
            ],
            "status": _literal(tuple(status.value for status in Status)),
            IN_DOUBT: Annotated[int, Field(description="Values that a person should look at.")],
            "model": Annotated[str, Field(description="Who answered; empty while nobody did.")],
            "updated_at": datetime | None,
        }
        page: dict[str, Any] = {
            "items": list[_strict("Item", item)],
            "next_cursor": Annotated[
                str | None, Field(description="Give it as `cursor` for the next page; null: none.")
            ],
            "total": Annotated[
                int | None, Field(description="Codes on all pages; only with `facet_counts`.")
            ],
            "facet_counts": Annotated[
                dict[_literal(filters_of(codebook)), dict[str, int]] | None,
                Field(description="Filter to value to codes; only with `facet_counts`."),
            ],
            "data_version": str,
        }
        self.search = _strict("SearchPage", page)
        self.code = _strict("CodeRecord", {**item, "provenance": Provenance, "data_version": str})


def search_document(found: Found, codebook: Codebook) -> dict[str, Any]:
    """Return a page of codes as the API gives it."""
    counts = found.counts
    return {
        "items": [_item(row, codebook) for row in found.rows],
        "next_cursor": cursor_of(found.next_place) if found.next_place else None,
        "total": None if counts is None else counts.total,
        "facet_counts": None if counts is None else all_counts(counts, codebook),
        "data_version": found.version,
    }


def code_document(record: Record, codebook: Codebook) -> dict[str, Any]:
    """Return one code with its provenance as the API gives it."""
    kept: Mapping[str, Any] = record.row["opinions"]
    provenance = {
        "source": kept.get("source", ""),
        "recipe": None
        if record.recipe is None
        else {"recipe_id": record.row["recipe"], **record.recipe},
        "reason": kept.get("reason", ""),
        "stated": {
            facet: {"value": value, "basis": basis, "decided": decided}
            for facet, (value, basis, decided) in kept.get("stated", {}).items()
        },
        "decisions": [
            {name: each[name] for name in Decision.model_fields} for each in record.decisions
        ],
        "opinions": dict(kept),
    }
    item = _item(record.row, codebook)
    return {**item, "provenance": provenance, "data_version": record.version}


def health_document(found: Found, codebook: Codebook) -> dict[str, Any]:
    """Return what a counted search without filters says of the store."""
    assert found.counts is not None  # noqa: S101 - the caller asked for them
    counts = all_counts(found.counts, codebook)
    return {
        "status": "ok",
        "data_version": found.version,
        "codes": found.counts.total,
        "code_systems": counts["code_system"],
        "statuses": counts["status"],
    }


def all_counts(counts: Counts, codebook: Codebook) -> dict[str, dict[str, int]]:
    """Return the count of every value, zeros included, as text."""
    vocabularies: dict[str, tuple[Any, ...]] = {
        "code_system": tuple(CODE_SYSTEMS),
        "status": tuple(status.value for status in Status),
        IN_DOUBT: (True, False),
        **{facet.name: facet.vocabulary for facet in codebook.facets},
    }
    return {
        name: {shown(value): counts.by_filter[name].get(value, 0) for value in values}
        for name, values in vocabularies.items()
    }


def _item(row: Row, codebook: Codebook) -> dict[str, Any]:
    reason = why_empty(Status(row["status"])).value
    facets = {name: row[name] for name in codebook.names}
    return {
        "code_system": row["code_system"],
        "code": row["code"],
        "descriptor": row["descriptor"],
        "facets": facets,
        "empty": {name: reason for name, value in facets.items() if value is None},
        "status": row["status"],
        IN_DOUBT: row[IN_DOUBT],
        "model": row["model"],
        "updated_at": row["updated_at"],
    }


def _value_field(facet: Facet) -> Any:  # noqa: ANN401 - a type made at run time
    values = bool if facet.is_truth_value else _literal(facet.vocabulary)
    return Annotated[values | None, Field(description=described(facet))]


def _literal(values: tuple[Any, ...]) -> Any:  # noqa: ANN401 - a type made at run time
    literal: Any = Literal
    return literal[values]


def _strict(name: str, fields: dict[str, Any]) -> Any:  # noqa: ANN401 - a type made at run time
    return create_model(name, __base__=Strict, **fields)
