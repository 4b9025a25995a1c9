"""The graph as users see it: what follows what, and that nothing is left without its words."""

import subprocess
import sys

import dagster as dg

from facets_pipeline.definitions import build_defs

LINE = {
    "raw_codes": set[str](),
    "llm_facets": {"raw_codes"},
    "reference_facets": {"raw_codes"},
    "validated_facets": {"llm_facets", "reference_facets"},
}
"""Asset to what it follows directly."""

CHECKS = {
    "chunk_complete": ("llm_facets", False),
    "green_chunks_complete": ("llm_facets", False),
    "raw_answers_keep_rules": ("llm_facets", False),
    "budget_left": ("llm_facets", False),
    "codebook_rules_hold": ("validated_facets", True),
    "nothing_pending": ("validated_facets", False),
    "review_backlog": ("validated_facets", False),
    "distribution_drift": ("validated_facets", False),
    "coverage_reached": ("coverage_report", False),
}
"""Check to its asset, and whether it stops what follows."""


def _specs() -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in build_defs().resolve_all_asset_specs()}


def _checks() -> dict[str, dg.AssetCheckSpec]:
    graph = build_defs().resolve_asset_graph()
    return {key.name: graph.get_check_spec(key) for key in graph.asset_check_keys}


def test_the_assets_follow_each_other_in_a_line_with_a_second_opinion_beside_it() -> None:
    specs = _specs()
    found = {name: {dep.asset_key.to_user_string() for dep in specs[name].deps} for name in LINE}
    assert found == LINE
    ends = {dep.asset_key.to_user_string() for dep in specs["coverage_report"].deps}
    assert "validated_facets" in ends


def test_partitions_are_code_systems_and_their_chunks_with_the_system_first() -> None:
    specs = _specs()
    for name in ("raw_codes", "validated_facets"):
        partitions = specs[name].partitions_def
        assert partitions is not None
        assert list(partitions.get_partition_keys()) == ["CPT", "HCPCS"]
    cells = specs["llm_facets"].partitions_def
    assert cells is not None
    keys = list(cells.get_partition_keys())
    assert len(keys) == 64
    assert {str(keys[0]), str(keys[-1])} == {"CPT|00", "HCPCS|31"}
    assert specs["coverage_report"].partitions_def is None


def test_every_asset_says_what_it_is_who_owns_it_and_where_it_belongs() -> None:
    for name, spec in _specs().items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name
        assert spec.group_name not in (None, "default"), name


def test_checks_stand_at_their_assets_and_only_broken_rules_stop_what_follows() -> None:
    checks = _checks()
    for name, (asset, blocking) in CHECKS.items():
        assert checks[name].asset_key.to_user_string() == asset
        assert checks[name].blocking is blocking, name
    for name in CHECKS:
        assert "When red: " in (checks[name].description or ""), name


def test_every_asset_and_the_ledger_have_a_job() -> None:
    names = {job.name for job in build_defs().resolve_all_job_defs()}
    assert {"fill_ledger", *(f"materialize_{name}" for name in _specs())} <= names


def test_the_columns_of_the_table_are_shown() -> None:
    schema = _specs()["validated_facets"].metadata["dagster/column_schema"]
    assert isinstance(schema, dg.TableSchema)
    names = [column.name for column in schema.columns]
    assert names[:3] == ["code_system", "code", "descriptor"]
    assert {"procedure_category", "status", "opinions"} <= set(names)


def test_the_graph_loads_without_a_single_warning() -> None:
    script = (
        "import warnings, dagster as dg\n"
        "warnings.simplefilter('error', dg.BetaWarning)\n"
        "warnings.simplefilter('error', dg.PreviewWarning)\n"
        "warnings.filterwarnings('error', module='facets_pipeline')\n"
        "from facets_pipeline.definitions import defs\n"
        "dg.Definitions.validate_loadable(defs)\n"
        "defs.get_repository_def()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_resources_can_be_replaced_by_name() -> None:
    given = object()
    assert (build_defs({"extra": given}).resources or {})["extra"] is given
