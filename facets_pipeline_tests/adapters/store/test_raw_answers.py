"""raw_answers: what broke a rule before repair is counted once per answer, with its rules."""

import sqlalchemy as sa

from facets_pipeline.adapters.store.raw_answers import RawAnswers, raw_answers
from facets_pipeline.adapters.store.schema import call, call_item
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.store.contents import REVIEWED, answer_all, load, numbered
from facets_pipeline_tests.engine.annotators import FirstWord


def test_without_answers_there_is_nothing_to_count(store: Store) -> None:
    assert raw_answers(store.database, "HCPCS") == RawAnswers(0, 0, {}, ())


def test_an_answer_that_went_to_review_counts_with_its_rules(filled: Store) -> None:
    found = raw_answers(filled.database, "HCPCS")
    assert (found.answers, found.broken, found.codes) == (9, 1, (REVIEWED,))
    assert list(found.rules.values()) == [1]
    assert found.share == 1 / 9
    assert raw_answers(filled.database, "CPT").answers == 0


def test_an_answer_that_was_repaired_counts_all_the_same(store: Store) -> None:
    load(store, "codes.csv", numbered(4))
    answer_all(store, FirstWord())
    with store.database.write() as connection:
        broken = sa.update(call_item).where(call_item.c.code == "A0003")
        detail = "R9: service_location is 'office', but drug is a product; R12: the form is wrong"
        connection.execute(broken.values(problem="breaks_rules", detail=detail))
    found = raw_answers(store.database, "HCPCS")
    assert (found.answers, found.broken, found.codes) == (4, 1, ("A0003",))
    assert found.rules == {"R9": 1, "R12": 1}


def test_answers_of_last_month_do_not_count(store: Store) -> None:
    load(store, "codes.csv", numbered(2))
    answer_all(store, FirstWord())
    with store.database.write() as connection:
        earlier = connection.execute(sa.select(sa.func.min(call.c.closed_at))).scalar_one()
        past = earlier.replace(year=earlier.year - 1)
        connection.execute(sa.update(call).values(closed_at=past))
    load(store, "more.csv", numbered(5))
    answer_all(store, FirstWord())
    assert raw_answers(store.database, "HCPCS").answers == 3
