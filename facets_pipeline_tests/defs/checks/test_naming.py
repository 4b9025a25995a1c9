"""naming: the first twenty codes, and how many more."""

from facets_pipeline.defs.checks.naming import named

CODES = [f"A{number:04}" for number in range(30)]


def test_none_few_and_many() -> None:
    assert named([]) == "none"
    assert named(CODES[:2]) == "A0000, A0001"
    assert named(CODES).endswith("A0019 and 10 more")
    assert named(CODES[:20], 1234).endswith("A0019 and 1,214 more")
