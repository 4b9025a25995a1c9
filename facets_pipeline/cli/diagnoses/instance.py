"""The Dagster instance: whose it is, whether its daemon lives, and runs that hang."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from facets_pipeline.cli.diagnoses.diagnosis import Diagnosis

if TYPE_CHECKING:
    import dagster as dg

    from facets_pipeline.settings import Settings

HEARTBEAT: Final = timedelta(minutes=5)
"""A daemon that lives shows itself every half minute."""

SILENCE: Final = timedelta(hours=1)
"""A run says how far it is every few seconds."""

BATCH_SILENCE: Final = timedelta(hours=25)
"""A run that waits for a batch may have nothing to say until the API ends it."""

QUEUED: Final = timedelta(minutes=10)

START_DAEMON: Final = "make dev, or dagster-daemon run where the web page is served apart"


def instance(settings: "Settings") -> Iterator[Diagnosis]:
    """Look at the instance; runs of processes that died are ended on the way."""
    from facets_pipeline.cli.instance import open_instance
    from facets_pipeline.defs.dead_runs import fail_runs_of_dead_processes

    with open_instance(settings) as opened:
        recovered = fail_runs_of_dead_processes(opened)
        text = f"{opened.root_directory}, {opened.get_runs_count():,} runs"
        if recovered:
            text += f"; {recovered} unfinished runs of dead processes are now marked as failed"
        yield Diagnosis("dagster instance", "ok", text)
        yield from _home(settings, opened)
        yield from _daemon(opened)
        yield from _silent_runs(opened)


def _home(settings: "Settings", opened: "dg.DagsterInstance") -> Iterator[Diagnosis]:
    stated = os.environ.get("DAGSTER_HOME")
    if not stated or settings.data_dir.resolve() in Path(opened.root_directory).resolve().parents:
        return
    if opened.root_directory == str(settings.instance_dir):
        return
    found = (
        f"DAGSTER_HOME is {stated!r}: what is started without it, or by others, shows the runs in "
        f"{str(settings.instance_dir)!r} instead"
    )
    remedy = "unset DAGSTER_HOME, or set it wherever Dagster and facets are started"
    yield Diagnosis("dagster home", "note", found, remedy)


def _daemon(opened: "dg.DagsterInstance") -> Iterator[Diagnosis]:
    import dagster as dg

    beats = [beat.timestamp for beat in opened.get_daemon_heartbeats().values()]
    silent = time.time() - max(beats, default=0.0)
    if silent < HEARTBEAT.total_seconds():
        yield Diagnosis("dagster daemon", "ok", "it lives")
        return
    since = f"has not been at work for {_words(silent)}" if beats else "was never at work"
    # Turned on by a person; what runs by default says nothing while nobody has Dagster open.
    on = sorted(
        state.instigator_name
        for state in opened.all_instigator_state()
        if state.status.value == "RUNNING"
    )
    if on:
        found = f"{', '.join(on)} is turned on, but the daemon {since}"
        yield Diagnosis("dagster daemon", "fault", found, START_DAEMON)
    waiting = opened.get_run_records(
        filters=dg.RunsFilter(statuses=[dg.DagsterRunStatus.QUEUED]), limit=1, ascending=True
    )
    for record in waiting:
        waited = time.time() - record.create_timestamp.timestamp()
        if waited > QUEUED.total_seconds():
            found = f"runs wait in the queue for {_words(waited)}, but the daemon {since}"
            yield Diagnosis("dagster queue", "fault", found, START_DAEMON)


def _silent_runs(opened: "dg.DagsterInstance") -> Iterator[Diagnosis]:
    import dagster as dg

    statuses = [
        dg.DagsterRunStatus.STARTING,
        dg.DagsterRunStatus.STARTED,
        dg.DagsterRunStatus.CANCELING,
    ]
    for record in opened.get_run_records(filters=dg.RunsFilter(statuses=statuses)):
        run = record.dagster_run
        last = opened.get_records_for_run(run.run_id, limit=1, ascending=False).records
        said_at = last[0].timestamp if last else record.create_timestamp.timestamp()
        silent = time.time() - said_at
        limit = BATCH_SILENCE if "BATCHES" in str(run.run_config) else SILENCE
        if silent > limit.total_seconds():
            found = f"the run {run.run_id} ({run.job_name}) has said nothing for {_words(silent)}"
            remedy = "terminate it on its page, then facets generate: what was answered is kept"
            yield Diagnosis("dagster run", "fault", found, remedy)


def _words(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes < 48 * 60 else f"{minutes // (24 * 60)} days"
