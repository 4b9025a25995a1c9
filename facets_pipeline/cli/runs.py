"""Running jobs of the graph in this process, on the instance that the UI shows."""

import uuid
from collections.abc import Collection, Mapping
from typing import Any

import dagster as dg

from facets_pipeline.adapters.store.cells import CellFigures
from facets_pipeline.cli.instance import open_instance
from facets_pipeline.cli.interrupts import interrupts_kept
from facets_pipeline.cli.processes import fail_runs_of_dead_processes, process_tags
from facets_pipeline.cli.progress import TerminalProgress
from facets_pipeline.cli.terminal import tell
from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.partitions import cell_key
from facets_pipeline.domain.errors import FacetsError
from facets_pipeline.engine.choice import AnnotatorName
from facets_pipeline.settings import Settings

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}

VERSION_TAG = "dagster/data_version"

EVENTS_PER_PAGE = 1000
MOST_PAGES = 10
"""How far the newest materialisation of each cell is looked for."""


class Runner:
    """Runs jobs one after another, never at once: Dagster deadlocks on threads of one process."""

    def __init__(self, settings: Settings, *, quiet: bool = False) -> None:
        self._progress = TerminalProgress(quiet=quiet)
        self._defs = build_defs({"progress": self._progress})
        self.instance = open_instance(settings)
        if (dead := fail_runs_of_dead_processes(self.instance)) and not quiet:
            tell(f"Unfinished runs of processes that no longer live are marked as failed: {dead}.")

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
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        steps = {name: {"config": dict(values)} for name, values in (config or {}).items()}
        run_id = str(uuid.uuid4())
        try:
            with interrupts_kept():
                self._defs.resolve_job_def(job).execute_in_process(
                    run_config={"ops": steps, **_QUIET},
                    instance=self.instance,
                    partition_key=partition,
                    run_id=run_id,
                    tags=dict(process_tags(run_id)),
                )
        except dg.Failure as failure:
            if isinstance(failure.__cause__, FacetsError):
                raise failure.__cause__ from failure
            raise

    def materialize_cells(self, cells: Mapping[str, CellFigures], annotator: AnnotatorName) -> int:
        """Materialise the partitions of one code system that changed; return how many."""
        known = self._cell_versions({_key(cell) for cell in cells.values()})
        changed = [cell for cell in cells.values() if known.get(_key(cell)) != cell.version]
        config = {"llm_facets": {"annotator": annotator.name}}
        title = f"{changed[0].code_system} partitions" if changed else ""
        with self._progress.counting(title, len(changed)) as count:
            for cell in changed:
                self.run("materialize_llm_facets", config, partition=_key(cell))
                count()
        return len(changed)

    def _cell_versions(self, wanted: Collection[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        cursor = None
        for _page in range(MOST_PAGES):
            events = self.instance.fetch_materializations(
                dg.AssetKey("llm_facets"), limit=EVENTS_PER_PAGE, cursor=cursor
            )
            for record in events.records:
                tags = record.asset_materialization.tags if record.asset_materialization else None
                key = record.partition_key
                if key is not None and key in wanted and tags:
                    found.setdefault(key, tags.get(VERSION_TAG, ""))
            if not events.has_more or len(found) == len(wanted):
                break
            cursor = events.cursor
        return found


def _key(cell: CellFigures) -> str:
    return str(cell_key(cell.code_system, cell.chunk))
