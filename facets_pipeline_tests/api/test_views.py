"""What the page of one code says where two sources differ, or a person decided."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from facets_pipeline.adapters.store.search_shapes import Record
from facets_pipeline.api.views import code_view, label
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.reconciliation import REFERENCE

MADE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shown(facet: str, value: object, opinions: Mapping[str, object]) -> Mapping[str, Any]:
    """Return what the page shows of one facet of a code with this value and these opinions."""
    row = {
        "code_system": "CPT",
        "code": "99213",
        "descriptor": "a visit",
        **dict.fromkeys(CODEBOOK.names),
        facet: value,
        "status": "valid",
        "opinions": opinions,
        "recipe": "",
        "updated_at": MADE,
    }
    view = code_view(Record("v", row, None, []), CODEBOOK)
    title = CODEBOOK.facet(facet).title
    (found,) = [part for part in view["facets"] if part["title"] == title]
    return found


def test_where_the_second_opinion_was_chosen_its_basis_is_told_and_the_other_value() -> None:
    found = shown(
        "body_region",
        "head_neck",
        {
            "stated": {"body_region": ["thorax", "Claude", False]},
            "second": {"body_region": ["head_neck", "heading: 10-20", True]},
            "chosen": {"body_region": [REFERENCE, "a heading decides"]},
        },
    )
    assert (found["value"], found["basis"], found["decided"]) == (
        "Head neck",
        "heading: 10-20",
        True,
    )
    assert (found["why"], found["other"]) == ("a heading decides", "Thorax (Claude)")


def test_where_the_answer_stands_against_the_second_opinion_the_doubt_is_told() -> None:
    found = shown(
        "body_region",
        "thorax",
        {
            "stated": {"body_region": ["thorax", "Claude", False]},
            "second": {"body_region": [None, "word: back", False]},
            "chosen": {"body_region": ["claude", "more often right"]},
            "doubts": {"body_region": "the words say something else"},
        },
    )
    assert (found["basis"], found["other"]) == ("Claude", "no value (word: back)")
    assert found["doubt"] == "the words say something else"


def test_a_person_decides_above_all() -> None:
    found = shown(
        "is_major_surgery",
        True,  # noqa: FBT003 - a value of the codebook
        {
            "stated": {"is_major_surgery": [False, "guess", False]},
            "decisions": {"is_major_surgery": [True, "ann", MADE.isoformat()]},
        },
    )
    assert (found["value"], found["basis"], found["decided"]) == ("Yes", "decided by ann", True)
    assert found["why"] == found["other"] == ""


def test_values_are_written_as_people_write_them() -> None:
    assert [label(name) for name in ("head_neck", "ct", "xray", "level_3", False)] == [
        "Head neck",
        "CT",
        "X-ray",
        "Level 3",
        "No",
    ]
