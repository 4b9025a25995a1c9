"""Runs jobs of the graph as the UI would, and reads what the instance then knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.definitions import build_defs
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.settings import Settings

HCPCS = {
    "G0008": "Giving a flu vaccine",
    "G0009": "Giving a pneumonia vaccine",
    "A0021": "Ambulance ride per mile",
    "J0120": "Injection of an antibiotic up to 250 mg",
}
"""Invented descriptors of a few codes."""

CELL = f"HCPCS|{chunk_of('G0008')}"
"""The partition in which `G0008` stands."""


@dataclass(frozen=True, slots=True)
class GraphRuns:
    """The graph on one instance and one data folder."""

    folder: Path
    instance: dg.DagsterInstance

    def codes_file(self, codes: Mapping[str, str], name: str = "codes.csv") -> Path:
        """Write a code file."""
        path = self.folder.parent / name
        rows = "".join(f"{code},{text}\n" for code, text in codes.items())
        path.write_text(f"code,description\n{rows}", encoding="utf-8")
        return path

    def load(self, codes: Mapping[str, str], system: str = "HCPCS") -> dg.ExecuteInProcessResult:
        """Materialise raw_codes from a file of its own."""
        config = {"path": str(self.codes_file(codes)), "mode": "FULL"}
        return self.materialize("raw_codes", system, config)

    def cell(self, key: str = CELL) -> dg.ExecuteInProcessResult:
        """Materialise one partition of llm_facets by rules."""
        return self.materialize("llm_facets", key, {"annotator": "RULES"})

    def fill(self, system: str = "HCPCS", annotator: str = "RULES", **more: object) -> None:
        """Answer everything that is pending, or as much as `more` of the configuration allows."""
        job = build_defs().resolve_job_def("fill_ledger")
        config = {"code_systems": [system], "annotator": annotator, **more}
        job.execute_in_process(
            run_config={"ops": {"fill_pending": {"config": config}}}, instance=self.instance
        )

    def materialize(
        self, asset: str, partition: str | None = None, config: Mapping[str, Any] | None = None
    ) -> dg.ExecuteInProcessResult:
        """Run the job of one asset; errors of its step are raised."""
        job = build_defs().resolve_job_def(f"materialize_{asset}")
        steps = {asset: {"config": dict(config)}} if config else {}
        return job.execute_in_process(
            run_config={"ops": steps}, instance=self.instance, partition_key=partition
        )

    def store(self) -> Store:
        """Open the store that the runs use."""
        return Store.open(Settings.load().store_url)


def shown(result: dg.ExecuteInProcessResult, asset: str) -> dict[str, Any]:
    """Return the metadata of the only materialisation of `asset` in a run, as plain values."""
    (materialization,) = result.asset_materializations_for_node(asset)
    return {name: entry.value for name, entry in materialization.metadata.items()}


def version(result: dg.ExecuteInProcessResult) -> str:
    """Return the data version of the only materialisation of llm_facets in a run."""
    (materialization,) = result.asset_materializations_for_node("llm_facets")
    return (materialization.tags or {})["dagster/data_version"]


def check(result: dg.ExecuteInProcessResult, name: str) -> dg.AssetCheckEvaluation:
    """Return the evaluation of a check in a run."""
    (found,) = [each for each in result.get_asset_check_evaluations() if each.check_name == name]
    return found


def latest_check(
    instance: dg.DagsterInstance, name: str, asset: str = "llm_facets"
) -> dg.AssetCheckEvaluation:
    """Return what the UI shows of a check now, also after a run that failed."""
    key = dg.AssetCheckKey(dg.AssetKey(asset), name)
    record = instance.event_log_storage.get_latest_asset_check_execution_by_key([key])[key]
    assert record.evaluation is not None, "it was evaluated, not only planned"
    return record.evaluation


def text(evaluation: dg.AssetCheckEvaluation, name: str) -> str:
    """Return an entry of a check's metadata as text."""
    return str(evaluation.metadata[name].value)


BROKEN = {"procedure_category": "drug", "service_location": "office"}
"""An answer that breaks a rule: a product has no place."""
