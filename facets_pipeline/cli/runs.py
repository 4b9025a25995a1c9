"""Running jobs of the graph in this process, on the instance that the UI shows."""

import uuid
from collections.abc import Mapping
from typing import Any

import dagster as dg

from facets_pipeline.adapters.store.flat_table import NAME as TABLE
from facets_pipeline.cli.instance import open_instance
from facets_pipeline.cli.interrupts import interrupts_kept
from facets_pipeline.cli.progress import TerminalProgress
from facets_pipeline.cli.terminal import tell
from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.dead_runs import NO_RETRY_TAG, fail_runs_of_dead_processes, process_tag
from facets_pipeline.domain.errors import FacetsError, StoreError
from facets_pipeline.settings import Settings

_QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


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
    ) -> str:
        """Run `job` to its end and return the id of the run.

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
                    tags={**process_tag(run_id), **NO_RETRY_TAG},
                )
        except dg.Failure as failure:
            if isinstance(failure.__cause__, FacetsError):
                raise failure.__cause__ from failure
            raise
        except dg.DagsterError as error:
            # The class of a failed check that stops what follows is not public, its words are.
            if "blocking asset check" not in str(error):
                raise
            raise StoreError(
                "Rows that count as valid break the codebook, so nothing was reported: drop the "
                f"table {TABLE} and run `facets generate` again, which makes it anew."
            ) from error
        finally:
            self._progress.end()
        return run_id
