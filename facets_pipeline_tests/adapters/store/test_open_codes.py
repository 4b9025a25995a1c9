"""open_codes: every pending code says why, and every code in review says what did not stand."""

from facets_pipeline.adapters.store.open_codes import OpenCodes, Why
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.adapters.store.contents import (
    ALL,
    DAY,
    PENDING,
    REVIEWED,
    answer_all,
    load,
    numbered,
)
from facets_pipeline_tests.engine.annotators import FirstWord


def reasons(store: Store) -> dict[str, Why]:
    """Return why each pending code is pending."""
    return {code.code: code.why for code in OpenCodes(store.database).pending(ALL, 100)}


def test_a_new_text_and_a_new_code_are_told_apart(filled: Store) -> None:
    assert reasons(filled) == {"A0000": Why.DESCRIPTOR, PENDING: Why.NEW}


def test_before_anybody_was_chosen_every_code_was_never_asked(store: Store) -> None:
    load(store, "codes.csv", numbered(3))
    assert set(reasons(store).values()) == {Why.NEW}
    assert OpenCodes(store.database).review(ALL, 5) == []


def test_another_recipe_leaves_codes_pending_because_of_it(store: Store) -> None:
    load(store, "codes.csv", numbered(3))
    answer_all(store, FirstWord())
    other = FirstWord(prompt="Say the last word.")
    store.recipes.choose("HCPCS", other.recipe, reason="test")
    assert reasons(store) == {code.code: Why.RECIPE for code in numbered(3)}


def test_a_forced_code_says_so(store: Store) -> None:
    load(store, "codes.csv", numbered(2))
    annotator = FirstWord()
    answer_all(store, annotator)
    store.recipes.force("HCPCS", annotator.recipe.recipe_id)
    assert set(reasons(store).values()) == {Why.FORCED}


def test_a_claimed_code_is_being_asked(store: Store) -> None:
    load(store, "codes.csv", numbered(2))
    annotator = FirstWord()
    store.recipes.choose("HCPCS", annotator.recipe, reason="test")
    claim = store.ledger.claim(ALL, annotator.recipe.recipe_id, size=1, after="")
    assert claim is not None
    assert reasons(store) == {"A0000": Why.CLAIMED, "A0001": Why.NEW}
    store.ledger.release(claim, "test")


def test_reasons_are_counted_by_chunk_and_whole_chunks_are_left_out(filled: Store) -> None:
    found = OpenCodes(filled.database).reasons("HCPCS", DAY)
    expected: dict[str, dict[Why, int]] = {}
    expected.setdefault(chunk_of("A0000"), {})[Why.DESCRIPTOR] = 1
    expected.setdefault(chunk_of(PENDING), {})[Why.NEW] = 1
    assert found == expected


def test_a_chunk_and_a_limit_narrow_what_is_named(filled: Store) -> None:
    opened = OpenCodes(filled.database)
    scope = Scope("HCPCS", DAY, chunk_of(PENDING))
    assert PENDING in {code.code for code in opened.pending(scope, 10)}
    assert {code.chunk for code in opened.pending(scope, 10)} == {chunk_of(PENDING)}
    assert len(opened.pending(ALL, 1)) == 1


def test_a_code_in_review_says_what_did_not_stand(filled: Store) -> None:
    (found,) = OpenCodes(filled.database).review(ALL, 10)
    assert (found.code, found.attempts) == (REVIEWED, 1)
    assert found.reason.startswith("R")
    assert found.since.tzinfo is not None
