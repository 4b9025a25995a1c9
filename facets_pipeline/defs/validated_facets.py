"""The asset `validated_facets`: the flat table, one row per active code, rules applied."""

import dagster as dg

from facets_pipeline.adapters.store.flat_table import NAME
from facets_pipeline.defs.automation import FOLLOWS
from facets_pipeline.defs.failing import plain_failures
from facets_pipeline.defs.llm_facets import llm_facets
from facets_pipeline.defs.metadata import Result
from facets_pipeline.defs.partitions import system_partitions
from facets_pipeline.defs.resources import StoreResource, today
from facets_pipeline.domain.audit import broken_rows
from facets_pipeline.domain.facets import CODEBOOK

RULES_HOLD = dg.AssetCheckSpec(
    "codebook_rules_hold",
    asset="validated_facets",
    blocking=True,
    description="No row that counts as valid breaks a cross-field rule of the codebook.",
)

EVERY_CODE_ANSWERED = dg.AssetCheckSpec(
    "every_code_answered",
    asset="validated_facets",
    description="Every active code has an outcome under its system's active recipe.",
)

NAMED_CODES = 20
"""How many offending codes a check names."""

_COLUMNS = dg.TableSchema(
    columns=[
        dg.TableColumn("code_system", "text", "Code system"),
        dg.TableColumn("code", "text", "The code"),
        dg.TableColumn("descriptor", "text", "The text that was asked about"),
        *(
            dg.TableColumn(
                facet.name, "boolean" if facet.is_truth_value else "text", facet.definition
            )
            for facet in CODEBOOK.facets
        ),
        dg.TableColumn("status", "text", "valid, stale, in_review or pending"),
        dg.TableColumn("opinions", "json", "What was said, by whom, and on what basis"),
        dg.TableColumn("model", "text", "Who answered"),
        dg.TableColumn("recipe", "text", "Hash of what decided the answer"),
        dg.TableColumn("given", "integer", "Facets with a value"),
        dg.TableColumn("decided", "integer", "Of these, decided by an official source"),
        dg.TableColumn("updated_at", "timestamp", "When the newest part was heard"),
    ]
)


@dg.asset(
    partitions_def=system_partitions,
    deps=[llm_facets],
    check_specs=[RULES_HOLD, EVERY_CODE_ANSWERED],
    automation_condition=FOLLOWS,
    group_name="facets",
    kinds={"sql", "table"},
    owners=["team:clinical-data"],
    metadata={"dagster/column_schema": _COLUMNS, "dagster/table_name": NAME},
    description=f"The table `{NAME}`: one row per active code with its facets, what they rest on, "
    "and why a facet is empty. Derived: it can be dropped and made again.",
)
def validated_facets(context: dg.AssetExecutionContext, store: StoreResource) -> Result:
    """Bring the flat rows of one code system up to date."""
    code_system = context.partition_key
    with plain_failures(), store.open() as opened:
        refreshed = opened.flat.refresh(code_system, today())
        figures = opened.figures.of_system(code_system, today())
        broken = broken_rows(opened.flat.rows(code_system), CODEBOOK)
    return Result(
        metadata={
            "dagster/row_count": refreshed.rows,
            "active": figures.active,
            "answered": figures.answered,
            "stale": figures.stale,
            "in_review": figures.in_review,
            "pending": figures.pending,
            "coverage": figures.coverage,
            "decided_share": figures.decided,
        },
        check_results=[
            dg.AssetCheckResult(
                check_name=RULES_HOLD.name,
                passed=not broken,
                severity=dg.AssetCheckSeverity.ERROR,
                metadata={"rows": len(broken), "codes": ", ".join(broken[:NAMED_CODES]) or "none"},
            ),
            dg.AssetCheckResult(
                check_name=EVERY_CODE_ANSWERED.name,
                passed=figures.pending + figures.stale == 0,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"pending": figures.pending, "stale": figures.stale},
            ),
        ],
    )
