"""Checking finished rows once more: what stands as valid must satisfy rules and codebook."""

from collections.abc import Iterable, Mapping
from typing import Any

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.opinions import Answer
from facets_pipeline.domain.rules import broken_rules, form_of
from facets_pipeline.domain.validation import Status


def broken_rows(rows: Iterable[Mapping[str, Any]], codebook: Codebook) -> list[str]:
    """Return the codes of valid rows that break a rule, misfit the codebook or lack the category.

    Args:
        rows: Rows of the flat table, column to value.
        codebook: The facets that they have.
    """
    names = codebook.names
    # Rows say the same few things again and again: each is looked at once.
    verdicts: dict[tuple[object, ...], bool] = {}
    broken: list[str] = []
    for row in rows:
        if row["status"] != Status.VALID.value:
            continue
        values = tuple(row[facet] for facet in names)
        system, code = row["code_system"], row["code"]
        said = (*values, *form_of(system, code))
        if said not in verdicts:
            answer = dict(zip(names, values, strict=True))
            verdicts[said] = _is_broken(system, code, answer, codebook)
        if verdicts[said]:
            broken.append(code)
    return broken


def _is_broken(code_system: str, code: str, answer: Answer, codebook: Codebook) -> bool:
    lacks_category = answer[codebook.category.name] is None
    misfits = lacks_category or codebook.misfits(answer)
    return bool(misfits or broken_rules(code_system, code, answer))
