"""review_backlog: what waits for a person, and for how long."""

from facets_pipeline.adapters.store.review_backlog import review_backlog
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.store.contents import REVIEWED


def test_codes_in_review_are_counted_named_and_dated(filled: Store) -> None:
    found = review_backlog(filled.database, filled.flat, "HCPCS", 5)
    assert (found.rows, found.in_review, found.in_doubt, found.codes) == (10, 1, 0, (REVIEWED,))
    assert found.share == 0.1
    assert found.oldest is not None
    assert found.oldest.tzinfo is not None


def test_codes_with_a_facet_in_doubt_wait_too(filled: Store) -> None:
    columns = filled.flat.table.c
    with filled.database.write() as connection:
        doubted = filled.flat.table.update().where(columns.code == "A0001")
        connection.execute(doubted.values(in_doubt=2))
    found = review_backlog(filled.database, filled.flat, "HCPCS", 5)
    assert (found.in_review, found.in_doubt, found.waiting) == (1, 1, 2)
    assert found.codes == ("A0001", REVIEWED)


def test_a_system_without_codes_has_no_backlog(filled: Store) -> None:
    found = review_backlog(filled.database, filled.flat, "CPT", 5)
    assert (found.rows, found.waiting, found.share, found.oldest) == (0, 0, 0.0, None)
