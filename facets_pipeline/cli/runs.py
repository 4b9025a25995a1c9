"""Running jobs of the graph in this process, on the instance that the UI shows."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures
from facets_pipeline.cli.instance import (
    fail_runs_of_dead_processes,
    open_instance,
    process_tags,
)
from facets_pipeline.cli.progress import TerminalProgress
from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.partitions import cell_key
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline.domain.errors import FacetsError
from facets_pipeline.engine.choice import AnnotatorName
from facets_pipeline.settings import Settings

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

VERSION_TAG = "dagster/data_version"

ENOUGH_EVENTS = 1000
"""Materialisations looked back through for the newest of each cell."""


class Runner:
    """Runs jobs one after another, never at once: Dagster deadlocks on threads of one process."""

    def __init__(self, settings: Settings, *, quiet: bool = False) -> None:
        self._defs = build_defs({"progress": TerminalProgress(quiet=quiet)})
        self.instance = open_instance(settings)
        self.recovered = fail_runs_of_dead_processes(self.instance)

    def run(
        self, job: str, config: Mapping[str, Any] | None = None, partition: str | None = None
    ) -> None:
        """Run `job` to its end.

        Args:
            job: Its name.
            config: Configuration of its only step, by name of the step.
            partition: The partition to materialise.

        Raises:
            FacetsError: What the step raised for people.
        """
        steps = {name: {"config": dict(values)} for name, values in (config or {}).items()}
        try:
            self._defs.resolve_job_def(job).execute_in_process(
                run_config={"ops": steps, **_QUIET},
                instance=self.instance,
                partition_key=partition,
                tags=dict(process_tags()),
            )
        except dg.Failure as failure:
            if isinstance(failure.__cause__, FacetsError):
                raise failure.__cause__ from failure
            raise

    def materialize_cells(self, cells: Mapping[str, CellFigures], annotator: AnnotatorName) -> int:
        """Materialise the partitions of one code system that changed; return how many."""
        known = self._cell_versions()
        changed = [cell for cell in cells.values() if known.get(_key(cell)) != cell.version]
        for cell in changed:
            config = {"llm_facets": {"annotator": annotator.name}}
            self.run("materialize_llm_facets", config, partition=_key(cell))
        return len(changed)

    def _cell_versions(self) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = None
        for _page in range(10):
            events = self.instance.fetch_materializations(
                dg.AssetKey("llm_facets"), limit=ENOUGH_EVENTS, cursor=cursor
            )
            for record in events.records:
                tags = record.asset_materialization.tags if record.asset_materialization else None
                if record.partition_key is not None and tags:
                    found.setdefault(record.partition_key, tags.get(VERSION_TAG, ""))
            if not events.has_more or len(found) >= 2 * len(CHUNKS):
                break
            cursor = events.cursor
        return found


def _key(cell: CellFigures) -> str:
    return str(cell_key(cell.code_system, cell.chunk))
