"""A store, a strict server and the batch functions of one annotator; no test belongs here."""

from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.claude.batching import poll_batches, submit_batches
from facets_pipeline.adapters.store.budgets import Spent, day_scope, spent
from facets_pipeline.adapters.store.schema import batch, call, call_item, outcome
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.engine.batch_submission import SubmissionReport
from facets_pipeline.engine.batches import BatchReport
from facets_pipeline_tests.adapters.store.contents import ALL, load, numbered
from facets_pipeline_tests.claude_server import RunningServer

MODEL = "claude-haiku-5-5"
NANO = 1_000_000_000
LIMIT_USD = 20.0


def annotator_of(base_url: str, key: str = "test-key") -> ClaudeAnnotator:
    """Return the annotator that asks the server at `base_url`."""
    facts = shipped_models().known_model(MODEL)
    assert facts is not None
    return ClaudeAnnotator(facts, SecretStr(key), base_url=base_url)


def options(**changes: Any) -> ClaudeOptions:  # noqa: ANN401 - any field
    """Return options with two codes to a request and a budget, changed as wanted."""
    usual = ClaudeOptions(codes_per_request=2, budget_usd_per_day=LIMIT_USD, run_id="run")
    return replace(usual, **changes)


def fill_store(store: Store, server: RunningServer, count: int) -> None:
    """Load codes that the server answers well, make Claude the active annotator."""
    codes = numbered(count)
    load(store, "codes.csv", codes)
    knows(server, [code.code for code in codes])
    store.recipes.choose("HCPCS", annotator_of(server.base_url).recipe, reason="test")


def knows(server: RunningServer, codes: list[str]) -> None:
    """Let the server answer codes with a drug, which breaks no rule."""
    server.admin.answer_with({code: {"procedure_category": "drug"} for code in codes})


def put_back(server: RunningServer) -> None:
    """End the batches that other tests left, plan nothing, forget what was paid."""
    server.admin.clear_faults()
    server.admin.advance(24 * 3600)
    server.admin.batches()
    server.admin.forget()


@dataclass(frozen=True, slots=True)
class Bench:
    """What most tests need.

    Attributes:
        store: Where codes and batches are kept.
        server: Who is asked.
    """

    store: Store
    server: RunningServer

    @property
    def annotator(self) -> ClaudeAnnotator:
        """The annotator that asks the server."""
        return annotator_of(self.server.base_url)

    def submit(self, limit: int | None = None, **changes: Any) -> SubmissionReport:  # noqa: ANN401
        """Send what is pending."""
        return submit_batches(self.annotator, self.store, ALL, options(**changes), limit=limit)

    def poll(self, settle_seconds: float = 3600.0) -> BatchReport:
        """Look at the open batches once."""
        return poll_batches(self.annotator, self.store, settle_seconds=settle_seconds)

    def pending(self) -> int:
        """Return how many codes have no outcome."""
        return self.store.ledger.pending(ALL, self.annotator.recipe.recipe_id)

    def held(self) -> int:
        """Return how many codes some call holds."""
        with self.store.database.read() as connection:
            query = sa.select(sa.func.count()).select_from(call_item).where(call_item.c.open)
            return int(connection.execute(query).scalar_one())

    def states(self) -> list[str]:
        """Return the states of all batches, in order of their opening."""
        with self.store.database.read() as connection:
            query = sa.select(batch.c.state).order_by(batch.c.opened_at)
            return list(connection.execute(query).scalars())

    def calls(self) -> Counter[str]:
        """Return how many calls of batches are in which state."""
        with self.store.database.read() as connection:
            query = sa.select(call.c.state).where(call.c.mode == "batches")
            return Counter(connection.execute(query).scalars())

    def today(self) -> Spent:
        """Return what the budget of the day holds."""
        with self.store.database.read() as connection:
            return spent(connection, day_scope(datetime.now(UTC)))

    def outcomes(self) -> dict[str, str]:
        """Return code to status; fails if a code has two outcomes."""
        with self.store.database.read() as connection:
            rows = connection.execute(sa.select(outcome.c.code, outcome.c.status)).all()
        assert len(rows) == len({row.code for row in rows}), "a code has two outcomes"
        return {row.code: row.status for row in rows}

    def ledger_nano(self) -> int:
        """Return what the ledger says was paid."""
        with self.store.database.read() as connection:
            query = sa.select(sa.func.sum(call.c.cost_nano_usd)).where(call.c.state == "answered")
            return int(connection.execute(query).scalar_one() or 0)

    def server_nano(self) -> Decimal:
        """Return what the server says was paid."""
        return self.server.admin.cost_usd() * NANO

    def check_exact(self) -> None:
        """Check that ledger, budgets and the server's account are equal, and nothing is held."""
        assert self.server.admin.account()["paid_more_than_once"] == 0
        assert self.ledger_nano() == self.server_nano()
        assert self.today() == Spent(self.ledger_nano(), 0)
        assert self.held() == 0
