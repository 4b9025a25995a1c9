"""All that a running server remembers, and what of it survives a restart.

Account and batches survive if a state file is set; caches, limits and faults start afresh.
"""

import asyncio
import hashlib
import itertools
import json
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from facets_pipeline_tests.claude_server.account import Account, CallRecord
from facets_pipeline_tests.claude_server.answers import (
    Answerer,
    Facets,
    TableAnswerer,
    load_answerer,
)
from facets_pipeline_tests.claude_server.batches import Batch, BatchBook, BatchItem
from facets_pipeline_tests.claude_server.buckets import LimitBook, Ramp
from facets_pipeline_tests.claude_server.cache import PromptCache
from facets_pipeline_tests.claude_server.clock import Clock
from facets_pipeline_tests.claude_server.faults import FaultBook
from facets_pipeline_tests.claude_server.journal import Journal
from facets_pipeline_tests.claude_server.settings import LimitSettings, ServerSettings

GRAMMAR_LIFE_SECONDS = 24 * 3600.0


class ServerState:
    """The parts of a server.

    Args:
        settings: How it behaves.
        clock: Its clock; None makes one from the settings.
        answerer: What the model says; None takes the one of the settings.
    """

    def __init__(
        self,
        settings: ServerSettings,
        clock: Clock | None = None,
        answerer: Answerer | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or Clock(settings.clock_scale)
        self.account = Account()
        self.batches = BatchBook()
        self.cache = PromptCache()
        self.faults = FaultBook(settings.faults, settings.seed)
        self.limits = LimitBook(settings.limits, settings.burst_seconds, _ramp(settings))
        self.other_limits = {
            "count_tokens": LimitBook(LimitSettings(settings.count_rpm), 1.0, None),
            "batches": LimitBook(LimitSettings(settings.batch_rpm), 1.0, None),
        }
        self.table = TableAnswerer(_read_table(settings.facets_file))
        self.answerer: Answerer = answerer or (
            load_answerer(settings.answerer) if settings.answerer else self.table
        )
        self.journal = Journal(Path(settings.state_file) if settings.state_file else None)
        self.idle = asyncio.Event()
        self.idle.set()
        self._in_progress = 0
        self._grammars: dict[str, float] = {}
        self._ids = itertools.count(1)
        self._boot = secrets.token_hex(4)
        self._restore()

    def new_id(self, prefix: str) -> str:
        """Return an id that no other object of this or an earlier server has."""
        return f"{prefix}_01{self._boot}{next(self._ids):010d}"

    def begin(self) -> None:
        """Note that a call has arrived."""
        self._in_progress += 1
        self.idle.clear()

    def finish(self, call: CallRecord) -> None:
        """Enter a call that `begin` noted into the account; `idle` is set when none is left."""
        self._in_progress -= 1
        if self._in_progress == 0:
            self.idle.set()
        self.account.add(call)
        self.journal.write("call", call.row())

    def add_batch(self, batch: Batch) -> None:
        """Enter a new batch."""
        self.batches.add(batch)
        items = [{"custom_id": item.custom_id, "params": item.params} for item in batch.items]
        row = {"id": batch.id, "created_at": batch.created_at, "seconds": batch.seconds}
        self.journal.write("batch", {**row, "items": items})

    def end_batch(self, batch: Batch, calls: Sequence[CallRecord]) -> None:
        """Enter the results of a batch together with what they cost, so that neither is alone."""
        for call in calls:
            self.account.add(call)
        row = {"id": batch.id, "ended_at": batch.ended_at, "results": batch.results}
        self.journal.write("batch_ended", {**row, "calls": [call.row() for call in calls]})

    def note_cancel(self, batch: Batch) -> None:
        """Remember that a batch is to be canceled."""
        self.journal.write("batch_cancel", {"id": batch.id, "at": batch.cancel_at})

    def remove_batch(self, batch: Batch) -> None:
        """Delete a batch that has ended."""
        self.batches.remove(batch)
        self.journal.write("batch_deleted", {"id": batch.id})

    def compile_seconds(self, schema: Mapping[str, object] | None) -> float:
        """Return how long the grammar of a schema takes now: nothing if it is known."""
        if schema is None or not self.settings.compile_seconds:
            return 0.0
        digest = hashlib.sha256(json.dumps(schema).encode()).hexdigest()
        now = self.clock.now()
        known_until = self._grammars.get(digest, 0.0)
        self._grammars[digest] = now + GRAMMAR_LIFE_SECONDS
        return 0.0 if now < known_until else self.settings.compile_seconds

    def _restore(self) -> None:
        batches: dict[str, Batch] = {}
        for kind, row in self.journal.entries():
            if kind == "call":
                self.account.add(CallRecord.from_row(row))
            elif kind == "batch":
                batch = _batch(row)
                batches[batch.id] = batch
                self.batches.add(batch)
            else:
                self._restore_change(kind, row, batches[str(row["id"])])

    def _restore_change(self, kind: str, row: Mapping[str, object], batch: Batch) -> None:
        if kind == "batch_cancel":
            batch.cancel_at = cast("float", row["at"])
        elif kind == "batch_ended":
            batch.ended_at = cast("float", row["ended_at"])
            batch.results = cast("list[dict[str, object]]", row["results"])
            batch.items = []
            for call in cast("list[Mapping[str, object]]", row["calls"]):
                self.account.add(CallRecord.from_row(call))
        elif kind == "batch_deleted":
            self.batches.remove(batch)
        else:
            raise ValueError(f"The state file holds {kind!r}, which this server did not write.")


def _batch(row: Mapping[str, object]) -> Batch:
    rows = cast("list[Mapping[str, object]]", row["items"])
    items = [
        BatchItem(str(one["custom_id"]), cast("Mapping[str, object]", one["params"]))
        for one in rows
    ]
    return Batch(
        id=str(row["id"]),
        created_at=cast("float", row["created_at"]),
        seconds=cast("float", row["seconds"]),
        items=items,
        size=len(items),
    )


def _ramp(settings: ServerSettings) -> Ramp | None:
    if settings.ramp_rpm is None:
        return None
    return Ramp(settings.ramp_rpm, settings.ramp_doubling_seconds)


def _read_table(path: str | None) -> Mapping[str, Facets]:
    if path is None:
        return {}
    return cast("Mapping[str, Facets]", json.loads(Path(path).read_text(encoding="utf-8")))
