"""The column schemas that Dagster shows: what stands in each column of our tables.

Names and types come from the tables themselves, so that a new column is shown by itself; only the
words for people are here.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from facets_pipeline.adapters.store.flat_table import flat_table
from facets_pipeline.adapters.store.schema import code_history, outcome, second_opinion
from facets_pipeline.domain.facets import CODEBOOK

_CODES = {
    "history_id": "Key of this state of the code",
    "code_system": "Code system",
    "code": "The code",
    "chunk": "Its partition: a hash of the code alone",
    "short_descriptor": "Short descriptor; empty if no source gave one",
    "long_descriptor": "Long descriptor; empty if no source gave one",
    "plain_descriptor": "Descriptor for lay readers; empty if no source gave one",
    "category": "Heading under which the source lists it",
    "descriptor_hash": "Hash of the text that is asked about: when it changes, the code is pending",
    "effective_on": "First day in force; null if no source said",
    "terminated_on": "Last day in force; null if none is known",
    "absent": "Whether a complete release no longer lists it",
    "from_release": "The release since which this holds",
    "until_release": "The release that ended it; null if it still holds",
}

_OUTCOMES = {
    "outcome_id": "Key; the newest of a code, recipe and text counts",
    "recipe_id": "Hash of what decided the answer: annotator, model, prompt, schema",
    "code_system": "Code system",
    "code": "The code",
    "descriptor_hash": "Hash of the text that was asked about",
    "status": "answered, or in_review",
    "opinion_id": "What was said of the code; null if nothing usable was",
    "call_id": "The call that brought it, with its tokens and cost",
    "reason": "Why it is in review; empty if answered",
    "attempts": "How often the code was answered",
    "decided_at": "When, in UTC",
}

_SECOND = {
    "code_system": "Code system",
    "code": "The code",
    "descriptor_hash": "Hash of the text that the opinion is about",
    "stated": "Facet to its value, what that rests on, and whether it is decided",
    "open_facets": "Facets left open; 0 where nobody needs to be asked",
}

_ROWS = {
    "code_system": "Code system",
    "code": "The code",
    "descriptor": "The text that was asked about",
    # The first sentence: whole definitions would push everything else off the page.
    **{facet.name: f"{facet.definition.partition('. ')[0]}." for facet in CODEBOOK.facets},
    "status": "valid, stale, in_review or pending",
    "opinions": "What was said, by whom, and on what basis",
    "model": "Who answered",
    "recipe": "Hash of what decided the answer",
    "given": "Facets with a value",
    "decided": "Of these, decided by an official source",
    "in_doubt": "Of these, facets that a person should look at",
    "updated_at": "When the newest part was heard",
}


def _schema(columns: Iterable[object], words: Mapping[str, str]) -> dg.TableSchema:
    described: list[dg.TableColumn] = []
    for column in columns:
        name = str(getattr(column, "name", ""))
        kind = str(getattr(column, "type", "")).lower()
        said = words.get(name) or str(getattr(column, "comment", None) or "")
        described.append(dg.TableColumn(name, kind, said))
    return dg.TableSchema(columns=described)


CODE_COLUMNS = _schema(code_history.columns, _CODES)
"""The table of what is known of each code."""

OUTCOME_COLUMNS = _schema(outcome.columns, _OUTCOMES)
"""The table of what became of asking about each code."""

SECOND_COLUMNS = _schema(second_opinion.columns, _SECOND)
"""The table of second opinions."""

ROW_COLUMNS = _schema(flat_table(CODEBOOK).columns, _ROWS)
"""The flat table."""
