"""Batches that the API refuses, or cannot be asked about: nothing is owed, nothing stays held."""

import pytest

from facets_pipeline.adapters.annotators.claude.batching import (
    poll_batches,
)
from facets_pipeline.engine.calls import NotPaid, Stop
from facets_pipeline_tests.adapters.annotators.claude.batch_bench import (
    Bench,
    annotator_of,
)
from facets_pipeline_tests.claude_server import Fault


def test_a_refused_creation_is_tried_again(lite: Bench) -> None:
    lite.server.admin.plan(Fault("rate_limited", endpoint="batch_create", count=2, seconds=0.01))
    assert lite.submit().codes == 10
    lite.poll()
    lite.check_exact()


def test_a_creation_refused_again_and_again_gives_everything_back(lite: Bench) -> None:
    lite.server.admin.plan(Fault("rate_limited", endpoint="batch_create", seconds=0.01))
    with pytest.raises(NotPaid):
        lite.submit()
    assert (lite.states(), lite.held(), lite.pending()) == (["abandoned"], 0, 10)
    assert lite.today().reserved == 0


def test_a_reason_that_needs_a_person_gives_everything_back(lite: Bench) -> None:
    lite.server.admin.plan(Fault("spend_limit", endpoint="batch_create", count=1))
    with pytest.raises(Stop, match="spend limit"):
        lite.submit()
    assert (lite.states(), lite.held(), lite.pending()) == (["abandoned"], 0, 10)
    lite.check_exact()


def test_a_wrong_key_leaves_open_batches_as_they_are(slow: Bench) -> None:
    slow.submit()
    wrong = annotator_of(slow.server.base_url, key="another-key")
    with pytest.raises(Stop):
        poll_batches(wrong, slow.store)
    assert (slow.states(), slow.held()) == (["submitted"], 10)
    slow.server.admin.advance(3600)
    assert slow.poll().fill.answered == 10


def test_without_open_batches_a_poll_needs_no_server(lite: Bench) -> None:
    nobody = annotator_of("http://127.0.0.1:9")
    assert poll_batches(nobody, lite.store).waiting == ()


def test_an_unreachable_api_is_a_problem_to_be_tried_again(slow: Bench) -> None:
    slow.submit()
    report = poll_batches(annotator_of("http://127.0.0.1:9"), slow.store)
    assert len(report.problems) == len(report.waiting) == 1
