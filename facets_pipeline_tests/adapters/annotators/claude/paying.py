"""A store with codes, an annotator that pays a local server, and the comparison of both accounts.

No test belongs here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.annotators.claude.client import ClaudeClient
from facets_pipeline.adapters.store.budgets import Spent, day_scope, spent
from facets_pipeline.adapters.store.schema import call, call_item, outcome
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.money import NANO
from facets_pipeline.engine.fill import FillReport
from facets_pipeline_tests.adapters.annotators.claude.both_accounts import (
    ledger_tokens,
    let_finish,
    server_tokens,
)
from facets_pipeline_tests.adapters.store.contents import ALL, load, numbered
from facets_pipeline_tests.claude_server import AdminClient, RunningServer

MODEL = "claude-haiku-5-5"
PATIENCE_SECONDS = 60.0
"""How long these tests wait for a reply: longer than a busy machine may stand still, for a reply
that is given up was delivered all the same, and the accounts then differ."""

LONGEST_CALL_SECONDS = 0.7
"""Longer than any call that is in flight when a process dies."""


class WaitingAnnotator(ClaudeAnnotator):
    """The annotator with a client that gives up on a reply after `patience` seconds."""

    patience = PATIENCE_SECONDS

    def client(self) -> ClaudeClient:
        """Return the client."""
        return ClaudeClient(self._key, base_url=self._base_url, timeout=self.patience)


def annotator_at(base_url: str, key: str = "test-key", model: str = MODEL) -> WaitingAnnotator:
    """Return an annotator that asks the server at `base_url`."""
    facts = shipped_models().known_model(model)
    assert facts is not None
    return WaitingAnnotator(facts, SecretStr(key), base_url=base_url)


def fill_from(url: str, base_url: str, **options: Any) -> FillReport:  # noqa: ANN401 - see _options
    """Open the store at `url` and fill it from the server at `base_url`."""
    with Store.open(url) as store:
        return fill_store(store, base_url, **options)


def fill_store(store: Store, base_url: str, **options: Any) -> FillReport:  # noqa: ANN401
    """Fill a store from the server at `base_url`.

    Args:
        store: The store.
        base_url: The server's address.
        options: Those of `ClaudeOptions`; `limit` of the fill; `patience` with a reply, in seconds.
    """
    annotator = annotator_at(base_url)
    annotator.patience = options.pop("patience", PATIENCE_SECONDS)
    store.recipes.choose("HCPCS", annotator.recipe, reason="test")
    limit = options.pop("limit", None)
    chosen = replace(ClaudeOptions(run_id="run", codes_per_request=5), **options)
    return annotator.fill(store, ALL, chosen, limit=limit)


def with_codes(store: Store, count: int, admin: AdminClient, name: str = "codes.csv") -> list[Code]:
    """Load that many codes, to each of which the server knows a valid answer."""
    codes = numbered(count)
    load(store, name, codes)
    knows(admin, codes)
    return codes


def in_order(count: int) -> list[str]:
    """Return the first of the numbered codes in the order in which they are asked."""
    return sorted((code.code for code in numbered(count)), key=lambda code: (chunk_of(code), code))


def knows(admin: AdminClient, codes: Sequence[Code]) -> None:
    """Let the server give codes an answer that breaks no rule."""
    admin.answer_with({code.code: {"procedure_category": "drug"} for code in codes})


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a store says of its codes.

    Attributes:
        answered: Codes with a valid answer.
        reasons: Code in review to the reason.
        open_items: Codes that some call still holds.
    """

    answered: list[str]
    reasons: dict[str, str]
    open_items: int


def outcomes_of(store: Store) -> Outcomes:
    """Return every outcome of a store."""
    with store.database.read() as connection:
        columns = (outcome.c.code, outcome.c.status, outcome.c.reason)
        rows = connection.execute(sa.select(*columns).order_by(outcome.c.code)).all()
        is_open = sa.select(sa.func.count()).select_from(call_item).where(call_item.c.open)
        held = connection.execute(is_open).scalar_one()
    answered = [row.code for row in rows if row.status == "answered"]
    reasons = {row.code: row.reason for row in rows if row.status == "in_review"}
    assert len(rows) == len(answered) + len(reasons), "one outcome per code"
    return Outcomes(answered, reasons, held)


def states_of(store: Store) -> Counter[str]:
    """Return how many calls are in which state."""
    with store.database.read() as connection:
        return Counter(connection.execute(sa.select(call.c.state)).scalars())


def spent_today(store: Store) -> Spent:
    """Return what the budget of the day holds."""
    with store.database.read() as connection:
        return spent(connection, day_scope(datetime.now(UTC)))


def check_exact(store: Store, server: RunningServer, *, with_dead: bool = False) -> int:
    """Compare ledger and server, call by call; return how many calls were paid but not delivered.

    Every reply that arrived is in the ledger with its tokens and its cost; what else was paid lies
    within the bounds of calls in doubt. The budgets hold the same sums.

    Args:
        store: The ledger's store, with no run in progress.
        server: Who was paid.
        with_dead: Whether processes died: the server then cannot tell whose reply arrived.
    """
    if with_dead:
        let_finish(server, LONGEST_CALL_SECONDS)
    else:
        server.admin.wait_until_idle()
    paid = {
        row["request_id"]: row for row in server.admin.requests("messages") if server_tokens(row)
    }
    with store.database.read() as connection:
        calls = connection.execute(sa.select(call)).all()
    answered = {row.request_id: row for row in calls if row.state == "answered"}
    in_doubt = [row for row in calls if row.state == "in_doubt"]
    for request_id, row in answered.items():
        record = paid[request_id]
        assert ledger_tokens(row) == server_tokens(record)
        assert row.cost_nano_usd == Decimal(record["cost_usd"]) * NANO
    lost = [record for key, record in paid.items() if key not in answered]
    if not with_dead:
        assert [record for record in lost if record["delivered"]] == []
    assert len(lost) <= len(in_doubt)
    ledger = sum(row.cost_nano_usd for row in answered.values())
    billed = int(server.admin.cost_usd() * NANO)
    bounds = sum(row.reserved_nano_usd for row in in_doubt)
    assert ledger <= billed <= ledger + bounds
    assert spent_today(store) == Spent(ledger, bounds)
    return len(lost)
