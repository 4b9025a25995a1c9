"""The queue: which code, and which facet of it, a person should look at first."""

from typing import Any

from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.review import Cause, Row, ranked

HEADING = "heading: a range"


def row(code: str, *, status: str = "valid", **opinions: Any) -> Row:  # noqa: ANN401 - a document
    """Return what the queue reads of a flat row."""
    return {"code_system": "HCPCS", "code": code, "status": status, "opinions": opinions}


def doubted(code: str, *facets: str, basis: str = HEADING, decided: bool = True) -> Row:
    """Return a row of which these facets are in doubt."""
    return row(
        code,
        stated={facet: ["one", "a text", False] for facet in facets},
        second={facet: ["other", basis, decided] for facet in facets},
        chosen={facet: ["claude", f"{basis}; a reason"] for facet in facets},
        doubts=dict.fromkeys(facets, "a sentence"),
    )


def order(*rows: Row) -> list[str]:
    """Return the codes in the order of the queue."""
    return [item.code for item in ranked(rows, CODEBOOK)]


def test_codes_without_values_come_before_codes_in_doubt() -> None:
    lapsed = row("A4", status="in_review", lapsed_decisions={"em_level": [None, "ann", "then"]})
    broken = row(
        "A3",
        status="in_review",
        stated={"procedure_category": ["drug", "", False], "service_location": ["home", "", False]},
    )
    silent = row("A2", status="in_review", reason="It was refused.")
    assert order(doubted("A1", "procedure_category"), silent, broken, lapsed) == [
        *("A4", "A3", "A2", "A1")
    ]


def test_the_category_comes_first_then_facets_that_bind_others() -> None:
    assert order(
        doubted("A1", "complexity_level"),
        doubted("A2", "body_system"),
        doubted("A3", "procedure_category"),
    ) == ["A3", "A2", "A1"]


def test_among_equals_the_stronger_basis_and_more_doubts_come_first() -> None:
    guess = doubted("A1", "body_region", basis="guess", decided=False)
    words = doubted("A2", "body_region", basis="descriptor: chest", decided=False)
    assert order(guess, words, doubted("A3", "body_region")) == ["A3", "A2", "A1"]
    assert order(doubted("A1", "body_region"), doubted("A2", "body_region", "uses_contrast")) == [
        *("A2", "A1")
    ]


def test_an_item_names_the_facet_both_values_and_the_reason() -> None:
    (item,) = ranked([doubted("A1", "uses_contrast", "body_system")], CODEBOOK)
    assert (item.cause, item.facet, item.facets) == (
        Cause.DOUBT,
        "body_system",
        ("body_system", "uses_contrast"),
    )
    assert (item.said, item.second, item.basis) == ("one", "other", HEADING)
    assert item.why == f"{HEADING}; a reason"


def test_a_facet_that_the_codebook_does_not_know_any_more_is_passed_over() -> None:
    (item,) = ranked([doubted("A1", "colour", "uses_contrast")], CODEBOOK)
    assert item.facets == ("uses_contrast",)
    (only,) = ranked([doubted("A1", "colour")], CODEBOOK)
    assert only.facet == "procedure_category"


def test_the_first_few_are_those_that_the_whole_queue_begins_with() -> None:
    facets = ("uses_contrast", "body_region", "procedure_category")
    rows = [doubted(f"A{number}", facets[number % 3]) for number in range(9)]
    whole = ranked(rows, CODEBOOK)
    assert ranked(iter(rows), CODEBOOK, most=4) == whole[:4]
