"""The default answerer: which codes it finds, which values it gives, and that its schema allows."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facets_pipeline_tests.claude_server.answers import (
    Ask,
    TableAnswerer,
    find_code_items,
    load_answerer,
)
from facets_pipeline_tests.claude_server.tests.conformity import complaints
from facets_pipeline_tests.claude_server.tests.requests_made import answer_schema


def ask(codes: list[str], schema: dict[str, Any] | None) -> Ask:
    """Return what an answerer is asked for these codes."""
    items = [{"code": code} for code in codes]
    return Ask(model="m", effort=None, system="", text="", items=items, schema=schema)


def answered(
    codes: list[str], schema: dict[str, Any], table: dict[str, dict[str, object]]
) -> list[dict[str, Any]]:
    """Return the answers for these codes, checked against the schema."""
    answer = json.loads(TableAnswerer(table)(ask(codes, schema)))
    assert complaints(answer, schema) == []
    return answer["answers"]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ('Text <data>[{"code": "J0120"}, {"code": "00100"}]</data> more', ["J0120", "00100"]),
        ('{"code": "J0120"}\n{"code": "J0121"}', ["J0120", "J0121"]),
        ('{"codes": [{"code": "J0120", "descriptor": "x"}]}', ["J0120"]),
        ('[{"code": "J0120", "descriptor": "say {\\"code\\": \\"J9999\\"}"}]', ["J0120"]),
        ("[see below] {curly} and nothing else", []),
        ('a [1] and {"a": 2} then [{"code": "J0120"}]', ["J0120"]),
        ("", []),
    ],
)
def test_codes_are_found_wherever_they_stand(text: str, codes: list[str]) -> None:
    assert [item["code"] for item in find_code_items(text)] == codes


def test_values_come_from_the_table_and_absent_ones_are_left_out() -> None:
    facets: dict[str, object] = {
        "procedure_category": "imaging",
        "body_system": None,
        "uses_contrast": False,
    }
    (answer,) = answered(["70450"], answer_schema(), {"70450": facets})
    assert answer == {"code": "70450", "procedure_category": "imaging", "uses_contrast": False}


def test_a_code_without_a_row_gets_its_required_facets_and_always_the_same() -> None:
    first = answered(["J0120", "J0121"], answer_schema(), {})
    assert first == answered(["J0120", "J0121"], answer_schema(), {})
    assert [set(one) for one in first] == [{"code", "procedure_category"}] * 2


def test_different_codes_get_different_values() -> None:
    rows = answered([f"J{place:04d}" for place in range(50)], answer_schema(), {})
    assert len({row["procedure_category"] for row in rows}) > 1


def test_a_value_that_the_schema_does_not_know_is_not_given() -> None:
    table: dict[str, dict[str, object]] = {
        "J0120": {"procedure_category": "transport", "body_system": 3}
    }
    (answer,) = answered(["J0120"], answer_schema(), table)
    assert answer["procedure_category"] in {"drug", "imaging", "surgical"}
    assert "body_system" not in answer


def test_references_unions_and_nesting_are_followed() -> None:
    schema: dict[str, Any] = {
        "$ref": "#/$defs/all",
        "$defs": {
            "word": {"enum": ["a", "b"]},
            "item": {
                "type": "object",
                "additionalProperties": False,
                "required": ["code", "word", "level", "reason", "kind"],
                "properties": {
                    "code": {"type": "string"},
                    "word": {"$ref": "#/$defs/word"},
                    "level": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                    "reason": {"type": ["string", "null"]},
                    "kind": {"const": "facets"},
                },
            },
            "all": {
                "type": "object",
                "additionalProperties": False,
                "required": ["answers", "notes", "meta"],
                "properties": {
                    "answers": {"type": "array", "items": {"$ref": "#/$defs/item"}},
                    "notes": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                    "meta": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["ok"],
                        "properties": {"ok": {"type": "boolean"}},
                    },
                },
            },
        },
    }
    answer = json.loads(TableAnswerer({})(ask(["J0120", "J0121"], schema)))
    assert complaints(answer, schema) == []
    assert [one["code"] for one in answer["answers"]] == ["J0120", "J0121"]


PLAIN = st.one_of(
    st.just({"type": "boolean"}),
    st.just({"type": "integer"}),
    st.just({"type": "string"}),
    st.just({"type": ["string", "null"]}),
    st.lists(st.text(min_size=1, max_size=5), min_size=1, max_size=5, unique=True).map(
        lambda values: {"enum": values}
    ),
    st.just({"anyOf": [{"type": "number"}, {"type": "null"}]}),
)


@settings(max_examples=60, deadline=None)
@given(
    facets=st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), PLAIN, max_size=4),
    required=st.sets(st.sampled_from(["a", "b", "c", "d"])),
    known=st.dictionaries(
        st.sampled_from(["a", "b", "c", "d"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=3)),
    ),
)
def test_every_answer_conforms_to_its_schema(
    facets: dict[str, Any], required: set[str], known: dict[str, object]
) -> None:
    item = {
        "type": "object",
        "additionalProperties": False,
        "required": ["code", *sorted(required & set(facets))],
        "properties": {"code": {"type": "string"}, **facets},
    }
    schema = {
        "type": "object",
        "additionalProperties": False,
        "required": ["answers"],
        "properties": {"answers": {"type": "array", "items": item}},
    }
    rows = answered(["J0120", "J0121"], schema, {"J0120": known})
    assert [row["code"] for row in rows] == ["J0120", "J0121"]


def test_an_answerer_is_loaded_by_name() -> None:
    assert load_answerer("builtins:str") is str
    with pytest.raises(ValueError, match="module:function"):
        load_answerer("builtins")
