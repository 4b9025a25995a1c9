"""The exponent, and the table that it stands in."""

import pytest

from facets_pipeline_tests.growth.measured import Measured
from facets_pipeline_tests.growth.table import Stage, exponent, table


@pytest.mark.parametrize(("power", "figure"), [(0, 3.0), (1, 30.0), (2, 300.0)])
def test_the_exponent_is_the_power_of_the_number_of_codes(power: int, figure: float) -> None:
    assert exponent((20_000, 3.0), (200_000, figure)) == pytest.approx(power)


def test_a_row_shows_every_size_and_the_growth_of_processor_time_between_the_largest() -> None:
    stages = [
        Stage("load", 10, Measured(9.0, 1.0, 100.0), 50.0),
        Stage("load", 100, Measured(9.0, 2.0, 110.0), 51.0),
        Stage("load", 1_000, Measured(9.0, 20.0, 120.0), 52.0),
        Stage("status", 1_000, Measured(2.0, 0.0, 0.0)),
    ]
    head, _, load, status = table(stages).splitlines()
    assert head.startswith("| stage | 10: s (CPU s), MB, B/code | 100:")
    assert load == "| load | 9.0 (1.0), 100, 50 | 9.0 (2.0), 110, 51 | 9.0 (20.0), 120, 52 | 1.00 |"
    assert status == "| status |  |  | 2.0 |  |"
