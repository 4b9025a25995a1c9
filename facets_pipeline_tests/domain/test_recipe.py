"""Recipe and fingerprint: what decides an answer counts, labels and order do not."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.recipe import Recipe

RECIPE = Recipe("claude", "a-model", "codebook 1.2", {"prompt": "Label it.", "effort": "low"})
CODE = Code("HCPCS", "A0001", long_descriptor="a text")

CONTENTS = st.dictionaries(st.text(), st.text())


@given(CONTENTS, CONTENTS)
def test_recipes_are_equal_exactly_when_their_content_is(
    one: dict[str, str], other: dict[str, str]
) -> None:
    first, second = replace(RECIPE, content=one), replace(RECIPE, content=other)
    assert (first.recipe_id == second.recipe_id) == (one == other)


@given(CONTENTS)
def test_the_order_of_the_content_does_not_count(content: dict[str, str]) -> None:
    turned = dict(reversed(content.items()))
    same = replace(RECIPE, content=turned).recipe_id
    assert same == replace(RECIPE, content=content).recipe_id


def test_the_label_does_not_count_but_annotator_and_model_do() -> None:
    assert replace(RECIPE, label="another").recipe_id == RECIPE.recipe_id
    assert replace(RECIPE, model="another").recipe_id != RECIPE.recipe_id
    assert replace(RECIPE, annotator="rules").recipe_id != RECIPE.recipe_id


def test_texts_cannot_slip_from_one_part_into_the_next() -> None:
    one, other = Recipe("ab", "c", "", {}), Recipe("a", "bc", "", {})
    assert one.recipe_id != other.recipe_id


@pytest.mark.parametrize(
    "other",
    [
        replace(CODE, code="A0002"),
        replace(CODE, code_system="CPT"),
        replace(CODE, long_descriptor="another text"),
    ],
)
def test_another_code_or_text_is_another_fingerprint(other: Code) -> None:
    assert RECIPE.fingerprint(other) != RECIPE.fingerprint(CODE)


def test_what_is_not_sent_does_not_change_the_fingerprint() -> None:
    same = replace(CODE, category="heading", short_descriptor="s", terminated_on=date(2026, 1, 1))
    assert RECIPE.fingerprint(same) == RECIPE.fingerprint(CODE)
    assert replace(RECIPE, model="another").fingerprint(CODE) != RECIPE.fingerprint(CODE)


def test_a_fingerprint_is_the_same_in_every_process() -> None:
    assert RECIPE.recipe_id == "3a2c2cac4dc789a1480757a50c5c573a1d81ff89e5b691b16a823e207b3f2930"
    assert (
        RECIPE.fingerprint(CODE)
        == "4d1e0570f9ef0976a01add1c3c1131bf3f17e2af41f8289575274fbdfbe7a32c"
    )
    assert RECIPE.title == "claude a-model"
