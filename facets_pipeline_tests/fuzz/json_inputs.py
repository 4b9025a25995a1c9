"""Strategies of JSON: any document, and a good document with some of it changed."""

import json
from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st

from facets_pipeline_tests.fuzz.mutation import EDITS, edited

TEXT = st.text(st.characters(exclude_categories=()), max_size=40)
"""Any characters, halves of pairs too: JSON can spell them."""

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=8,
)


def changed(document: Mapping[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Make a document with some of its keys set to anything, at the top and one level below."""

    def merged(top: Mapping[str, Any], below: Mapping[str, Any], chosen: str) -> dict[str, Any]:
        found = {**document, **top}
        if isinstance(found.get(chosen), dict):
            found[chosen] = {**found[chosen], **below}
        return found

    keys = st.sampled_from(sorted(document))
    nested: list[dict[str, Any]] = [each for each in document.values() if isinstance(each, dict)]
    below = sorted({key for each in nested for key in each})
    names = st.sampled_from(below) | TEXT if below else TEXT
    return st.builds(merged, st.dictionaries(keys, JSON), st.dictionaries(names, JSON), keys)


def as_bytes(document: Mapping[str, Any]) -> st.SearchStrategy[bytes]:
    """Make such a document as bytes, edited besides."""
    texts = changed(document).map(lambda each: json.dumps(each).encode())
    return st.builds(edited, texts, st.lists(EDITS, max_size=2))


def as_text(document: Mapping[str, Any]) -> st.SearchStrategy[str]:
    """Make such a document as text, edited besides."""
    return as_bytes(document).map(lambda data: data.decode("utf-8", "replace"))
