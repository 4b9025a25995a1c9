"""Where the time of a backfill went follows from the moments of its runs."""

from facets_pipeline_tests.bench.backfill import Parts, parts_of


def test_the_parts_are_counted_from_the_click() -> None:
    runs = [
        {"creationTime": 110.0, "startTime": 120.0, "endTime": 124.0},
        {"creationTime": 112.0, "startTime": 121.0, "endTime": 123.0},
    ]
    assert parts_of(runs, 100.0) == Parts(
        submitted=12.0, first_started=20.0, last_started=21.0, green=24.0, work=6.0
    )
