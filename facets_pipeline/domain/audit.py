"""Checking finished rows once more: what stands as valid must satisfy rules and codebook."""

from collections.abc import Iterable, Mapping
from typing import Any

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.rules import broken_rules
from facets_pipeline.domain.validation import Status


def broken_rows(rows: Iterable[Mapping[str, Any]], codebook: Codebook) -> list[str]:
    """Return the codes of valid rows that break a rule, misfit the codebook or lack the category.

    Args:
        rows: Rows of the flat table, column to value.
        codebook: The facets that they have.
    """
    broken: list[str] = []
    for row in rows:
        if row["status"] != Status.VALID.value:
            continue
        answer = {facet: row[facet] for facet in codebook.names}
        lacks_category = answer[codebook.category.name] is None
        misfits = lacks_category or codebook.misfits(answer)
        if misfits or broken_rules(row["code_system"], row["code"], answer):
            broken.append(row["code"])
    return broken
