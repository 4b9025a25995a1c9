"""The ledger against the server's account, call by call and code by code.

Every reply that arrived is in the ledger with its tokens and its cost; what else was paid lies
within the bounds of calls in doubt; and no code was paid for again without a reason that the ledger
names: a call in doubt, or an answer that did not stand.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from facets_pipeline.adapters.store.budgets import Spent, day_scope, spent
from facets_pipeline.adapters.store.schema import call, call_item
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.money import NANO
from facets_pipeline_tests.adapters.annotators.claude.both_accounts import (
    ledger_tokens,
    let_finish,
    server_tokens,
)
from facets_pipeline_tests.claude_server import RunningServer

LONGEST_CALL_SECONDS: Final = 1.5
"""A call whose client died before all of it was sent never ends at the server: nobody waits."""

Row = Any
"""A row of the ledger."""


@dataclass(slots=True)
class Balance:
    """How the two accounts stand to each other.

    Attributes:
        again: Codes that were paid for again without a reason, each as often as it was.
        in_flight: Codes that were paid for again because a call of theirs is in doubt.
        late: Codes with an answer that came when others had gone on with them.
        breaches: What differs that must not, in sentences.
    """

    again: Counter[str] = field(default_factory=Counter[str])
    in_flight: int = 0
    late: int = 0
    breaches: list[str] = field(default_factory=list[str])


def balance(
    store: Store,
    server: RunningServer,
    *,
    killed: Collection[int] | None = None,
    late_allowed: bool = False,
) -> Balance:
    """Compare the ledger of a store at rest with the account of the server that it asked.

    Args:
        store: The store.
        server: The server.
        killed: Processes that were killed: only calls of theirs may be in doubt; None if replies
            were lost as well.
        late_allowed: Whether claims may have ended in the midst of a call, as when clocks jump: a
            reply that came after that is paid, kept, and not current.
    """
    let_finish(server, LONGEST_CALL_SECONDS)
    paid = {_server_key(row): row for row in server.admin.requests() if server_tokens(row)}
    with store.database.read() as connection:
        calls = connection.execute(sa.select(call).where(call.c.mode != "local")).all()
        items = connection.execute(sa.select(call_item)).all()
        today = spent(connection, day_scope(datetime.now(UTC)))
    found = Balance()
    _compare_calls(found, calls, paid)
    _compare_sums(found, calls, paid, today)
    _compare_codes(found, calls, items, paid, late_allowed=late_allowed)
    for row in calls if killed is not None else ():
        if row.state == "in_doubt" and int(row.owner.split(":")[1]) not in (killed or ()):
            found.breaches.append(
                f"The call {row.call_id} is in doubt, its process was not killed."
            )
    return found


def _compare_calls(found: Balance, calls: Sequence[Row], paid: dict[str, dict[str, Any]]) -> None:
    answered = {_ledger_key(row): row for row in calls if row.state == "answered"}
    for key, row in answered.items():
        record = paid.get(key)
        if record is None:
            found.breaches.append(f"The ledger has the reply {key}, the server has not.")
        elif ledger_tokens(row) != server_tokens(record):
            found.breaches.append(f"The tokens of the reply {key} differ.")
        elif row.cost_nano_usd != Decimal(record["cost_usd"]) * NANO:
            found.breaches.append(f"The cost of the reply {key} differs.")
    lost = set(paid) - set(answered)
    in_doubt = sum(row.state == "in_doubt" for row in calls)
    if len(lost) > in_doubt:
        found.breaches.append(f"{len(lost)} paid replies are not in the ledger, {in_doubt} doubts.")


def _compare_sums(
    found: Balance, calls: Sequence[Row], paid: dict[str, dict[str, Any]], today: Spent
) -> None:
    ledger = sum(row.cost_nano_usd for row in calls if row.state == "answered")
    bounds = sum(row.reserved_nano_usd for row in calls if row.state == "in_doubt")
    billed = int(sum(Decimal(row["cost_usd"]) for row in paid.values()) * NANO)
    if not ledger <= billed <= ledger + bounds:
        found.breaches.append(f"Ledger {ledger}, billed {billed}, bounds {bounds} nano-dollars.")
    if today != Spent(ledger, bounds):
        found.breaches.append(f"The day's budget holds {today}, not {ledger} and {bounds}.")


def _compare_codes(
    found: Balance,
    calls: Sequence[Row],
    items: Sequence[Row],
    paid: dict[str, dict[str, Any]],
    *,
    late_allowed: bool,
) -> None:
    """Find a reason in the ledger for every time that a code was paid for, but one."""
    states = {row.call_id: row for row in calls}
    keys = {row.call_id: _ledger_key(row) for row in calls}
    reasons: dict[str, Counter[str]] = defaultdict(Counter[str])
    good = Counter[str]()
    for item in items:
        made = states.get(item.call_id)
        if made is None:
            continue
        if made.state == "in_doubt":
            reasons[item.code]["in doubt"] += 1
        elif made.state == "answered" and item.problem is not None:
            reasons[item.code]["did not stand"] += 1
        elif made.state == "answered" and keys[item.call_id] in paid:
            good[item.code] += 1
    times = Counter(code for record in paid.values() for code in record["codes"])
    for code, count in times.items():
        late = max(0, good[code] - 1)
        found.late += late
        known = reasons[code].total() + min(1, good[code]) + (late if late_allowed else 0)
        if count > known:
            found.again[code] = count - known
        found.in_flight += max(0, count - good[code] - reasons[code]["did not stand"])


def _server_key(record: dict[str, Any]) -> str:
    custom_id = record["custom_id"]
    return str(custom_id).rpartition("-")[2] if custom_id else str(record["request_id"])


def _ledger_key(row: Row) -> str:
    return str(row.call_id if row.mode == "batches" else row.request_id)
