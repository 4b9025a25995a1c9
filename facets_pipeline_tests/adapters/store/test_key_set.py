"""A set of keys that takes a bit for each."""

from random import Random

from facets_pipeline.adapters.store.key_set import KeySet


def test_it_holds_what_was_added_and_nothing_else() -> None:
    random = Random(1)  # noqa: S311 - no secret
    added = {random.randrange(5_000) for _ in range(700)}
    keys = KeySet()
    for key in added:
        keys.add(key)
    assert {key for key in range(6_000) if key in keys} == added
