"""The page of `raw_codes`: what was read, what was left out, and which codes a release changed."""

from collections.abc import Mapping, Sequence
from typing import cast

import dagster as dg

from facets_pipeline.adapters.store.release_changes import Sample, release_changes
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.metadata import Metadata
from facets_pipeline.domain.code_systems import CodeSystem, code_system
from facets_pipeline.domain.intake import RowIssue
from facets_pipeline.domain.releases import LoadReport

SHOWN_ISSUES = 50
"""Rows named on an asset's page; all of them are in the store."""

SHOWN_CHANGES = 10
"""Codes named for each kind of change."""

SHOWN_DIGITS = 12
"""Of a file's SHA-256: enough to tell two files apart."""

TITLE_CHARACTERS = 80
"""How much of a descriptor is shown."""


def load_metadata(store: Store, report: LoadReport) -> Metadata:
    """Return what is shown of a loaded release; of text that is not public, no descriptor.

    Args:
        store: Where the release is kept.
        report: What loading it did.
    """
    system = code_system(report.source.code_system)
    changes: Sample = {}
    if not report.already_loaded:
        changes = release_changes(store.database, report.release_id, SHOWN_CHANGES)
    counts = {
        "dagster/row_count": report.codes,
        "active": report.active,
        "terminated": report.terminated,
        "not_yet_effective": report.not_yet_effective,
        "skipped": sum(report.skipped.values()),
        "refused": sum(report.refused.values()),
        **report.changes,
    }
    return {
        "source": dg.MetadataValue.text(report.source.location),
        "release": dg.MetadataValue.text(report.source.release),
        "format": dg.MetadataValue.text(report.source.format),
        **{name: dg.MetadataValue.int(number) for name, number in counts.items()},
        "digest": dg.MetadataValue.text(report.source.digest[:SHOWN_DIGITS]),
        "found": dg.MetadataValue.md(_found(report.source.found)),
        "rows_left_out": dg.MetadataValue.md(_issues(store.releases.issues(report.release_id))),
        "changed_codes": dg.MetadataValue.md(_changes(changes, system)),
    }


def _found(found: Mapping[str, object]) -> str:
    rows = [(name, _in_words(value)) for name, value in found.items()]
    return markdown.table(("what the reader found", ""), rows, empty="Nothing.")


def _in_words(value: object) -> str:
    if isinstance(value, Mapping):
        pairs = cast("Mapping[str, object]", value)
        return ", ".join(f"{name}: {each}" for name, each in pairs.items())
    if isinstance(value, list):
        return " ".join(str(each) for each in cast("list[object]", value))
    return str(value)


def _issues(issues: Sequence[RowIssue]) -> str:
    rows = [
        (issue.row, issue.code, issue.kind, issue.rule, issue.message)
        for issue in issues[:SHOWN_ISSUES]
    ]
    told = markdown.table(("row", "code", "kind", "rule", "why"), rows, empty="None.")
    left = len(issues) - SHOWN_ISSUES
    return f"{told}\n\n… and {left:,} more: `facets load --json` names all." if left > 0 else told


def _changes(changes: Sample, system: CodeSystem) -> str:
    rows = [
        (change.value, code, text[:TITLE_CHARACTERS] if system.public_text else "not shown")
        for change, codes in changes.items()
        for code, text in codes
    ]
    told = f"At most {SHOWN_CHANGES} codes of each kind; the counts are beside this table."
    found = markdown.table(("change", "code", "descriptor"), rows, empty="No code changed.")
    return f"{found}\n\n{told}" if rows else found
