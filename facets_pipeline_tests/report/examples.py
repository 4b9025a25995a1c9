"""Invented figures that the report's tests draw: a usual case, and the parts to vary it."""

from dataclasses import replace
from datetime import UTC, date, datetime

from facets_pipeline.domain.codebook import Facet
from facets_pipeline.domain.coverage import (
    CostFigures,
    CoverageFigures,
    FacetFigures,
    FindingFigures,
    ReviewItem,
    SourceFigures,
    SystemFigures,
)
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue

MADE_AT = datetime(2026, 3, 3, 14, 5, tzinfo=UTC)


def facet_figures(facet: Facet, answered: int, active: int, share: float) -> FacetFigures:
    """Return invented figures for one facet: each value takes two fifths of what is left."""
    with_value = int(answered * share)
    left, distribution = with_value, dict[FacetValue, int]()
    for value in facet.vocabulary[:-1]:
        distribution[value] = left * 2 // 5
        left -= distribution[value]
    distribution[facet.vocabulary[-1]] = left
    by_frequency = sorted(distribution.items(), key=lambda pair: -pair[1])
    return FacetFigures(
        facet=facet.name,
        with_value=with_value,
        not_applicable=answered - with_value,
        unknown=active - answered,
        distribution={value: number for value, number in by_frequency if number},
    )


def source_figures(file: str = "HCPC2026_JAN_ANWEB.txt") -> SourceFigures:
    """Return an invented source with rows left out and changes."""
    return SourceFigures(
        file=file,
        format="fixed-width HCPCS contract file",
        release="2026-01",
        loaded_at=datetime(2026, 3, 3, 13, 58, tzinfo=UTC),
        skipped={"modifier": 392, "continuation": 6120},
        refused={"code_without_descriptor": 2},
        changes={"added": 143, "changed": 61, "absent": 27, "unchanged": 8392},
    )


def system_figures(
    name: str = "HCPCS", active: int = 8623, stale: int = 0, in_review: int = 2, pending: int = 1
) -> SystemFigures:
    """Return invented figures of one code system, all that is not open being answered."""
    answered = active - stale - in_review - pending
    shares = (1.0, 0.71, 0.44, 0.06, 0.06, 0.09, 0.1, 0.38, 0.52, 0.02, 0.01)
    facets = tuple(
        facet_figures(facet, answered, active, share)
        for facet, share in zip(CODEBOOK.facets, shares, strict=True)
    )
    return SystemFigures(
        code_system=name,
        source=source_figures(),
        annotator="claude claude-sonnet-5-5",
        active=active,
        terminated=914,
        not_yet_effective=12,
        absent=27,
        answered=answered,
        stale=stale,
        in_review=in_review,
        pending=pending,
        decided=0.6312,
        facets=facets,
        findings=(
            FindingFigures("R8", "Psychiatric: no body_region.", 14, ("G0410", "G0411", "H0035")),
            FindingFigures("R2", "uses_contrast only with imaging.", 1, ("C8900",)),
        ),
        review=(
            ReviewItem("G0999", "The answer broke R12 three times.", "em_level", "level_4", "null"),
            ReviewItem("J9999", "The answer was refused twice.", "procedure_category", "null"),
        )[:in_review],
    )


def cost_figures(usd: float | None = 12.34, on: date = date(2026, 3, 3)) -> CostFigures:
    """Return an invented day of one model."""
    return CostFigures(
        day=on,
        annotator="claude-sonnet-5-5",
        calls=870,
        codes=8623,
        input_tokens=1_204_377,
        cached_tokens=7_612_500,
        output_tokens=402_118,
        usd=usd,
        in_doubt=1,
    )


def report_figures(*systems: SystemFigures) -> CoverageFigures:
    """Return a report over `systems`, with two days of cost of which one has no price."""
    return CoverageFigures(
        made_at=MADE_AT,
        codebook_version="1.2",
        systems=systems,
        costs=(cost_figures(), cost_figures(None, date(2026, 3, 2))),
    )


def empty_system(name: str = "CPT") -> SystemFigures:
    """Return a code system for which nothing was loaded."""
    nothing = system_figures(name, active=0, in_review=0, pending=0)
    facets = tuple(FacetFigures(facet.name, 0, 0, 0, {}) for facet in CODEBOOK.facets)
    return replace(
        nothing, source=None, annotator="", decided=0.0, facets=facets, findings=(), review=()
    )
