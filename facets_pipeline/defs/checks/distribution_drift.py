"""The check `distribution_drift`: are the values of a facet spread as they were before?

The spread of each materialisation of `validated_facets` stands in its metadata: that is what later
ones are compared with, so that the check needs no table of its own.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

import dagster as dg

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.domain.coverage import SystemFigures
from facets_pipeline.domain.drift import (
    LIMIT,
    Distribution,
    FacetDrift,
    distribution_of,
    drift_of,
    is_comparable,
)

BASELINE_AGE = timedelta(hours=24)
"""How old the materialisation is that counts as "before". The table follows its inputs many times
a day: against the one of ten minutes ago, a shift would be red for ten minutes only."""

LOOKED_AT = 50
"""Materialisations of the last day that are looked at where there is none from before it."""

DISTRIBUTION = "distribution"
"""Name of the metadata with the spread of values: facet to value to number of codes."""

DISTRIBUTION_DRIFT = dg.AssetCheckSpec(
    "distribution_drift",
    asset="validated_facets",
    description=f"No facet's values are spread otherwise than a day before by more than {LIMIT:.0%}"
    " of the codes and more than chance explains. When red: the metadata says which values moved; "
    "if a new release, model or prompt was meant to do that, nothing is to be done.",
)


@dataclass(frozen=True, slots=True)
class _Compared:
    code_system: str
    since: str
    facets: tuple[FacetDrift, ...]


def distribution_drift(store: Store, instance: dg.DagsterInstance) -> dg.AssetCheckResult:
    """Compare every loaded code system with its materialisation of a day before.

    A warning: the values may well be right; but nobody should find out from a user that a quarter
    of the codes changed its category.
    """
    day = store.today()
    compared = [
        _compare(store.figures.of_system(name, day, with_examples=False), instance)
        for name in store.releases.loaded()
    ]
    found = [each for each in compared if each is not None]
    alarming = [
        (each.code_system, facet) for each in found for facet in each.facets if facet.is_alarming
    ]
    told = ", ".join(f"{facet.facet} of {name}" for name, facet in alarming)
    passed = f"{sum(len(each.facets) for each in found)} facets are spread as before."
    first = "There is no earlier materialisation to compare with yet."
    return dg.AssetCheckResult(
        check_name=DISTRIBUTION_DRIFT.name,
        passed=not alarming,
        severity=dg.AssetCheckSeverity.WARN,
        description=f"Moved: {told}." if alarming else (passed if found else first),
        metadata={
            "limit": LIMIT,
            **{
                f"largest_distance_{each.code_system}": max(f.distance for f in each.facets)
                for each in found
            },
            "compared_with": ", ".join(f"{each.code_system}: {each.since}" for each in found)
            or "none",
            "moved": dg.MetadataValue.md(_table(alarming)),
        },
    )


def _compare(figures: SystemFigures, instance: dg.DagsterInstance) -> _Compared | None:
    now = distribution_of(figures)
    baseline = _baseline(figures.code_system, now, instance)
    if baseline is None:
        return None
    since, before = baseline
    facets = tuple(drift_of(facet, before[facet], now[facet]) for facet in now if facet in before)
    return _Compared(figures.code_system, since, facets)


def _baseline(
    code_system: str, now: Distribution, instance: dg.DagsterInstance
) -> tuple[str, Distribution] | None:
    """Return when the earlier spread was recorded, and the spread; None if none is comparable."""
    cutoff = datetime.now(UTC) - BASELINE_AGE
    asset, partitions = DISTRIBUTION_DRIFT.asset_key, [code_system]
    old = dg.AssetRecordsFilter(asset, partitions, before_timestamp=cutoff.timestamp())
    new = dg.AssetRecordsFilter(asset, partitions, after_timestamp=cutoff.timestamp())
    records = [
        *instance.fetch_materializations(old, limit=1).records,
        *reversed(instance.fetch_materializations(new, limit=LOOKED_AT).records),
    ]
    for record in records:
        event = record.asset_materialization
        entry = event.metadata.get(DISTRIBUTION) if event is not None else None
        if entry is None:
            continue
        before = cast("Distribution", entry.value)
        if _is_comparable(before, now):
            return datetime.fromtimestamp(record.timestamp, UTC).isoformat("T", "minutes"), before
    return None


def _is_comparable(before: Distribution, now: Distribution) -> bool:
    shared = [facet for facet in now if facet in before]
    return bool(shared) and all(is_comparable(before[facet], now[facet]) for facet in shared)


def _table(alarming: list[tuple[str, FacetDrift]]) -> str:
    rows = [
        (
            name,
            facet.facet,
            f"{facet.distance:.1%}",
            f"{facet.by_chance:.1%}",
            "; ".join(f"{value}: {before:.1%} to {now:.1%}" for value, before, now in facet.moved),
        )
        for name, facet in alarming
    ]
    headings = ("code system", "facet", "distance", "by chance", "moved")
    return markdown.table(headings, rows, empty="Nothing moved.")
