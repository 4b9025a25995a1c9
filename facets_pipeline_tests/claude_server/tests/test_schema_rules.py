"""Which answer schemas are accepted."""

from enum import StrEnum
from typing import Any, Literal

import anthropic
import pytest
from anthropic import AsyncAnthropic, transform_schema
from pydantic import BaseModel, Field

from facets_pipeline_tests.claude_server.api_errors import ApiError
from facets_pipeline_tests.claude_server.schema_rules import check_schema, grammar_size
from facets_pipeline_tests.claude_server.tests.requests_made import (
    answer_schema,
    answers_of,
    ask,
    message,
    with_schema,
)

TEXT: dict[str, Any] = {"type": "string"}


def of_property(schema: dict[str, Any], **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an object schema with one required property."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["one"],
        "properties": {"one": schema},
        **more,
    }


def of_optional(count: int, schema: dict[str, Any]) -> dict[str, Any]:
    """Return an object schema with so many optional properties."""
    properties = {f"p{place}": schema for place in range(count)}
    return {"type": "object", "additionalProperties": False, "properties": properties}


REFUSED: dict[str, dict[str, Any]] = {
    "additional_missing": {"type": "object", "properties": {"one": TEXT}},
    "additional_true": {**of_property(TEXT), "additionalProperties": True},
    "nested_additional": of_property({"type": "object", "properties": {"two": TEXT}}),
    "minimum": of_property({"type": "integer", "minimum": 1}),
    "maximum": of_property({"type": "integer", "maximum": 1}),
    "multiple": of_property({"type": "integer", "multipleOf": 2}),
    "min_length": of_property({"type": "string", "minLength": 1}),
    "max_length": of_property({"type": "string", "maxLength": 1}),
    "max_items": of_property({"type": "array", "items": TEXT, "maxItems": 3}),
    "min_items": of_property({"type": "array", "items": TEXT, "minItems": 2}),
    "unique_items": of_property({"type": "array", "items": TEXT, "uniqueItems": True}),
    "one_of": of_property({"oneOf": [TEXT, {"type": "null"}]}),
    "object_in_enum": of_property({"enum": ["a", {"b": 1}]}),
    "empty_enum": of_property({"enum": []}),
    "external": of_property({"$ref": "https://example.org/schema.json"}),
    "unknown_reference": of_property({"$ref": "#/$defs/nothing"}),
    "recursion": of_property(
        {"$ref": "#/$defs/node"}, **{"$defs": {"node": of_property({"$ref": "#/$defs/node"})}}
    ),
    "required_unknown": {**of_property(TEXT), "required": ["two"]},
    "no_type": of_property({}),
    "wrong_type": of_property({"type": "text"}),
    "pattern": of_property({"type": "string", "pattern": "^(?=a)"}),
    "format": of_property({"type": "string", "format": "color"}),
    "optional": of_optional(25, TEXT),
    "unions": of_optional(17, {"anyOf": [TEXT, {"type": "null"}]}),
    "type_arrays": of_optional(17, {"type": ["string", "null"]}),
}


@pytest.mark.parametrize("schema", REFUSED.values(), ids=REFUSED.keys())
def test_schemas_that_do_not_compile_are_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        check_schema(schema, "schema", None)
    assert caught.value.status == 400


ACCEPTED: dict[str, dict[str, Any]] = {
    "plain": answer_schema(),
    "optional": of_optional(24, TEXT),
    "unions": of_optional(16, {"anyOf": [TEXT, {"type": "null"}]}),
    "min_items": of_property({"type": "array", "items": TEXT, "minItems": 1}),
    "reference": of_property({"$ref": "#/$defs/word"}, **{"$defs": {"word": TEXT}}),
    "used_twice": {
        **of_property({"$ref": "#/$defs/word"}, **{"$defs": {"word": TEXT}}),
        "properties": {"one": {"$ref": "#/$defs/word"}, "two": {"$ref": "#/$defs/word"}},
    },
    "const": of_property({"const": "a"}),
}


@pytest.mark.parametrize("schema", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_schemas_within_the_rules_are_accepted(schema: dict[str, Any]) -> None:
    check_schema(schema, "schema", None)


@pytest.mark.anyio
async def test_a_refused_schema_is_a_400_with_its_place(client: AsyncAnthropic) -> None:
    with pytest.raises(anthropic.BadRequestError, match=r"output_config\.format\.schema"):
        await ask(client, with_schema(REFUSED["minimum"]))


@pytest.mark.anyio
async def test_a_grammar_above_the_cap_is_refused(client: AsyncAnthropic) -> None:
    large = of_property({"enum": [f"a long value number {place}" for place in range(2000)]})
    with pytest.raises(anthropic.BadRequestError, match="too large"):
        await ask(client, with_schema(large))


def test_more_enum_values_make_a_larger_grammar() -> None:
    assert grammar_size(of_property({"enum": ["a", "b"]})) < grammar_size(
        of_property({"enum": ["a", "b", "c"]})
    )


class Category(StrEnum):
    """A closed vocabulary."""

    DRUG = "drug"
    SURGICAL = "surgical"


class Item(BaseModel):
    """One answer."""

    code: str
    procedure_category: Category
    level: int = Field(ge=1, le=5)
    region: Literal["spine", "breast"] | None = None


class Answers(BaseModel):
    """All answers."""

    answers: list[Item]


@pytest.mark.anyio
async def test_a_schema_made_by_the_client_library_is_accepted(client: AsyncAnthropic) -> None:
    schema = transform_schema(Answers)
    answer = await ask(client, with_schema(schema))
    (row,) = answers_of(answer)
    assert Item.model_validate(row).code == "J0120"


@pytest.mark.anyio
async def test_the_client_library_parses_an_answer_itself(client: AsyncAnthropic) -> None:
    parsed = await client.messages.parse(**message(output_config=None), output_format=Answers)
    assert parsed.parsed_output is not None
    assert [one.code for one in parsed.parsed_output.answers] == ["J0120"]
