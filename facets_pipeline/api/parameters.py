"""The parameters of a search, made from the codebook: every facet is one, and nothing else passes.

What a parameter means stands in the codebook; which codes it finds, in the store's search.
"""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, create_model

from facets_pipeline.adapters.store.search_shapes import IN_DOUBT, Asked, Place, filters_of
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codebook import Codebook, Facet
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.validation import Status

DEFAULT_LIMIT: Final = 50
MOST_CODES: Final = 200
MOST_CHARACTERS: Final = 200
"""Of the text that is looked for."""

STATUSES: Final = {
    Status.VALID: "a valid answer, or a person's decision",
    Status.STALE: "an answer to an earlier descriptor or by an earlier recipe",
    Status.IN_REVIEW: "asked, without a valid answer: a person should look",
    Status.PENDING: "not asked yet",
}

_PLACE: Final = "|".join(
    rf"{re.escape(system.name)}\.{system.code_pattern}" for system in CODE_SYSTEMS.values()
)
CURSOR_PATTERN: Final = f"^(?:{_PLACE})$"
"""A cursor is a place in the order of all codes; every well-formed one can be used."""


def cursor_of(place: Place) -> str:
    """Return the text that stands for a place."""
    return f"{place.code_system}.{place.code}"


def place_of(cursor: str) -> Place:
    """Return the place that a cursor stands for; its form was checked before."""
    return Place(*cursor.split(".", 1))


def asked_by(codebook: Codebook) -> Callable[..., Asked]:
    """Return the function by which FastAPI turns a request's parameters into a search."""
    model = _model(codebook)
    filters = filters_of(codebook)

    def parameters(given: BaseModel) -> Asked:
        stated = given.model_dump()
        cursor = stated["cursor"]
        return Asked(
            chosen={name: tuple(stated[name]) for name in filters if stated[name]},
            text=stated["q"],
            after=place_of(cursor) if cursor else None,
            limit=stated["limit"],
            counted=stated["facet_counts"],
        )

    # FastAPI reads them; the model exists only at run time.
    parameters.__annotations__["given"] = Annotated[model, Query()]
    return parameters


def described(facet: Facet) -> str:
    """Return what a facet and its values mean, in Markdown."""
    values = [f"- `{shown(value.name)}`: {value.meaning}" for value in facet.values]
    return "\n".join([facet.definition, "", *values])


def _model(codebook: Codebook) -> type[BaseModel]:
    fields: dict[str, Any] = {facet.name: _facet_field(facet) for facet in codebook.facets}
    statuses = "\n".join(f"- `{status.value}`: {meaning}" for status, meaning in STATUSES.items())
    fields |= {
        "code_system": _choice(tuple(CODE_SYSTEMS), "The code system; repeat it for several."),
        "status": _choice(
            tuple(status.value for status in Status), f"What the values stand on.\n\n{statuses}"
        ),
        IN_DOUBT: _truths("Whether a person should look at some of its values."),
        "q": (Annotated[str, Field(max_length=MOST_CHARACTERS, description=_TEXT)], ""),
        "limit": (
            Annotated[int, Field(ge=1, le=MOST_CODES, description="Codes on a page at most.")],
            DEFAULT_LIMIT,
        ),
        "cursor": (_Cursor, ""),
        "facet_counts": (
            Annotated[_Truth, Field(description=_COUNTS)],
            False,
        ),
    }
    return create_model("SearchParameters", __config__=ConfigDict(extra="forbid"), **fields)


def _facet_field(facet: Facet) -> tuple[Any, Any]:
    told = f"{described(facet)}\n\nRepeat it for several values, of which one must hold."
    if facet.is_truth_value:
        return _truths(told)
    return _choice(facet.vocabulary, told)


def _truths(told: str) -> tuple[Any, Any]:
    return (Annotated[list[_Truth], Field(description=told)], Field(default_factory=list))


def _choice(values: tuple[Any, ...], told: str) -> tuple[Any, Any]:
    literal: Any = Literal
    return (Annotated[list[literal[values]], Field(description=told)], Field(default_factory=list))


def _truth(stated: object) -> object:
    """Refuse all spellings but true and false: "1" and "on" are not of the codebook."""
    if isinstance(stated, str) and stated.lower() in {"true", "false"}:
        return stated.lower() == "true"
    if isinstance(stated, bool):
        return stated
    raise ValueError("use true or false")


def _well_formed(cursor: str) -> str:
    if cursor and not re.fullmatch(CURSOR_PATTERN, cursor):
        raise ValueError("use the next_cursor of a page as it is")
    return cursor


_Truth = Annotated[bool, BeforeValidator(_truth)]

_TEXT = (
    "Words of the descriptor or the beginning of a code. Each word must begin a word of the "
    "descriptor, or the code; a single letter or digit alone is the beginning of a code, and among "
    "other words a whole word. Case and punctuation do not count."
)
_COUNTS = (
    "Count, for every value of every facet, the codes that it would find under all other filters; "
    "the facet's own filter does not narrow its own counts."
)
_Cursor = Annotated[
    str,
    AfterValidator(_well_formed),
    Field(
        description="Where the page begins: the `next_cursor` of the page before. Works with any "
        "filters, and while rows change.",
        json_schema_extra={"pattern": CURSOR_PATTERN.replace("^(?:", "^(?:|")},
    ),
]
