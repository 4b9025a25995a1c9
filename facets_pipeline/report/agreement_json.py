"""A comparison of two sources as plain values for machines."""

from typing import Any

from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.agreement import Comparison, Difference
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.report.accuracy_json import tally_document


def comparison_document(comparison: Comparison) -> dict[str, Any]:
    """Return counts, and per facet agreement with interval, kappa and every pair that differs."""
    return {
        "compared": comparison.compared,
        "alike": comparison.alike,
        "only_one": comparison.only_one,
        "only_other": comparison.only_other,
        "neither": comparison.neither,
        "facets": {
            each.facet: {
                **tally_document(Tally(each.agreed, each.compared)),
                "kappa": each.kappa,
                "pairs": [
                    {"one": one, "other": other, "codes": number}
                    for (one, other), number in comparison.swaps(each.facet)
                ],
            }
            for each in comparison.agreements
        },
    }


def difference_document(each: Difference) -> dict[str, Any]:
    """Return one differing cell with what both state, and on what basis."""
    return {
        "code_system": each.code_system,
        "code": each.code,
        "facet": each.facet,
        "one": _stated(each.one),
        "other": _stated(each.other),
    }


def _stated(stated: Stated) -> dict[str, Any]:
    return {"value": stated.value, "basis": stated.basis}
