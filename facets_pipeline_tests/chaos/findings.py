"""What must hold when everything has come to rest: each breach is counted and said in a sentence.

Compared are four witnesses: the ledger, the server's own account (see `accounts`), Dagster's
history, and what is left on the disk and among the processes.
"""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import dagster as dg
import sqlalchemy as sa

from facets_pipeline.adapters.store.batches import stored_batches
from facets_pipeline.adapters.store.flat_table import NAME as TABLE
from facets_pipeline.adapters.store.leases import HELD
from facets_pipeline.adapters.store.schema import call, call_item, outcome
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.coverage_files import HTML_NAME, MARKDOWN_NAME
from facets_pipeline.defs.llm_facets import llm_facets
from facets_pipeline.defs.partitions import cell_key, chunk_partitions
from facets_pipeline.domain.chunks import CHUNKS
from facets_pipeline_tests.chaos.accounts import balance
from facets_pipeline_tests.chaos.scene import Scene
from facets_pipeline_tests.daemon.drug_codes import SYSTEM

_UNFINISHED: Final = [
    status
    for status in dg.DagsterRunStatus
    if status
    not in {
        dg.DagsterRunStatus.SUCCESS,
        dg.DagsterRunStatus.FAILURE,
        dg.DagsterRunStatus.CANCELED,
    }
]

_OF_DATA: Final = {"facets.db", "facets.db-wal", "facets.db-shm", "facets.db.lock"}
_KEPT: Final = _OF_DATA | {"dagster", "reports"}


@dataclass(slots=True)
class Findings:
    """What was found of one scene; all but the first four must be 0.

    Attributes:
        codes: Codes that were asked.
        in_review: Of these, codes whose outcome is that a person looks at them.
        in_flight: Codes that were paid for again since a call of theirs is in doubt: allowed.
        late: Codes whose reply came when others had gone on with them: paid, kept, not current.
        lost: Codes without exactly one outcome.
        twice: Codes that were paid for again without a call in flight.
        account: Other differences between ledger and server.
        stuck: Claims, batches, runs and partitions that did not come to an end.
        orphans: Processes that live on.
        files: Files that nobody will ever remove.
        rows: Rows of the flat table that differ when it is made anew, or are missing.
        notes: Each breach in a sentence.
    """

    codes: int = 0
    in_review: int = 0
    in_flight: int = 0
    late: int = 0
    lost: int = 0
    twice: int = 0
    account: int = 0
    stuck: int = 0
    orphans: int = 0
    files: int = 0
    rows: int = 0
    notes: list[str] = field(default_factory=list[str])


def examine(
    scene: Scene,
    *,
    only_killed: bool = True,
    review_allowed: bool = False,
    late_allowed: bool = False,
) -> Findings:
    """Look at a scene on which everything has ended.

    Args:
        scene: The scene.
        only_killed: Whether no reply was lost but those of killed processes.
        review_allowed: Whether answers were bad, so that codes may be in review.
        late_allowed: Whether claims may have ended in the midst of a call, see `accounts`.
    """
    found = Findings(codes=scene.codes)
    with scene.open() as store:
        _outcomes(found, scene, store, review_allowed=review_allowed)
        killed = set(scene.dead) if only_killed else None
        accounts = balance(store, scene.server, killed=killed, late_allowed=late_allowed)
        found.twice = accounts.again.total()
        found.in_flight, found.late = accounts.in_flight, accounts.late
        found.account = len(accounts.breaches)
        found.notes += [*accounts.breaches, *(f"{code} was paid again." for code in accounts.again)]
        _claims(found, store)
        _flat_rows(found, scene, store)
    _history(found, scene)
    _left_behind(found, scene)
    return found


def _outcomes(found: Findings, scene: Scene, store: Store, *, review_allowed: bool) -> None:
    with store.database.read() as connection:
        rows = connection.execute(sa.select(outcome.c.code, outcome.c.status)).all()
    times = Counter(row.code for row in rows)
    found.in_review = sum(row.status == "in_review" for row in rows)
    wrong = {code: times[code] for code in {*times, *scene.names()} if times[code] != 1}
    if not review_allowed:
        wrong |= {row.code: 1 for row in rows if row.status == "in_review"}
    found.lost = len(wrong)
    found.notes += [
        f"{code} has {number} outcomes, or is in review." for code, number in wrong.items()
    ]


def _claims(found: Findings, store: Store) -> None:
    with store.database.read() as connection:
        held = connection.execute(sa.select(call.c.call_id).where(call.c.state.in_(HELD))).all()
        items = connection.execute(sa.select(call_item.c.code).where(call_item.c.open)).all()
    batches = stored_batches(store.database, open_only=True)
    found.notes += [f"The call {row.call_id} is open." for row in held]
    found.notes += [f"The code {row.code} is held." for row in items]
    found.notes += [f"The batch {one.batch_id} is open." for one in batches]
    found.stuck += len(held) + len(items) + len(batches)


def _flat_rows(found: Findings, scene: Scene, store: Store) -> None:
    before = _stored_rows(store)
    store.flat.drop()
    store.flat.refresh(SYSTEM, store.today())
    after = _stored_rows(store)
    differing = set(before.items()) ^ set(after.items())
    missing = set(scene.names()) - set(after)
    found.rows = len({code for code, _ in differing} | missing)
    found.notes += [f"The rows of {code} differ." for code in {code for code, _ in differing}]


def _stored_rows(store: Store) -> dict[str, tuple[str, ...]]:
    """Return every cell as the text that the database holds, by code."""
    store.flat.ensure()
    names = ", ".join(f"CAST({column.name} AS TEXT)" for column in store.flat.table.columns)
    with store.database.read() as connection:
        rows = connection.execute(sa.text(f"SELECT code, {names} FROM {TABLE}"))  # noqa: S608
        return {row[0]: tuple(row[1:]) for row in rows}


def _history(found: Findings, scene: Scene) -> None:
    keys = [str(cell_key(SYSTEM, chunk)) for chunk in CHUNKS]
    with scene.instance() as instance:
        runs = instance.get_runs(dg.RunsFilter(statuses=_UNFINISHED))
        known = instance.get_status_by_partition(llm_facets.key, keys, chunk_partitions) or {}
    cells = [
        key for key in keys if (status := known.get(key)) is None or status.value != "MATERIALIZED"
    ]
    found.stuck += len(runs) + len(cells)
    found.notes += [f"The run {run.run_id} ({run.job_name}) is {run.status.value}." for run in runs]
    found.notes += [f"The partition {key} is {known.get(key)}." for key in cells]


def _left_behind(found: Findings, scene: Scene) -> None:
    orphans = scene.orphans()
    found.orphans = len(orphans)
    found.notes += [f"The process {pid} lives on: {name}." for pid, name in orphans.items()]
    data = scene.folder / ".facets"
    left = [path for path in data.iterdir() if path.name not in _KEPT]
    left += [
        path for path in _listing(data / "reports") if path.name not in (HTML_NAME, MARKDOWN_NAME)
    ]
    left += _listing(Path(scene.environment["TMPDIR"]))
    found.files = len(left)
    found.notes += [f"Left behind: {path.relative_to(scene.folder.parent)}." for path in left]


def _listing(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []
