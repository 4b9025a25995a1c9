"""The server's own account: every call, what it used and cost, and whether the reply arrived.

It is what a ledger is compared with, so it is kept apart from what clients are told. Amounts in USD
are decimal strings, exact to the last digit.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal

from facets_pipeline_tests.claude_server.billing import Usage

WINDOW_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call, or one request of a batch.

    Attributes:
        endpoint: "messages", "batch_item", "count_tokens", "models", "batch_create" and so on.
        request_id: The id that the reply carries.
        received_at: Seconds since the epoch.
        finished_at: Seconds since the epoch.
        status: HTTP status; for a reply that was never begun, the status it would have had.
        delivered: Whether the whole reply was handed to a connection that was still open.
        model: Model that was named; None where there is none.
        usage: Tokens by kind; all zero if nothing was billed.
        cost_usd: Price as a decimal string.
        codes: Codes that were asked, in the prompt's order.
        error: Error type or stop reason that is not the normal one; None if all went well.
        fault: Kinds of the faults met, comma-separated; None if none.
        batch_id: The batch it belongs to; None for other calls.
        custom_id: Its id in the batch; None for other calls.
    """

    endpoint: str
    request_id: str
    received_at: float
    finished_at: float
    status: int
    delivered: bool
    model: str | None = None
    usage: Usage = field(default_factory=Usage)
    cost_usd: str = "0"
    codes: tuple[str, ...] = ()
    error: str | None = None
    fault: str | None = None
    batch_id: str | None = None
    custom_id: str | None = None

    @property
    def paid(self) -> bool:
        """Whether anything was billed."""
        return self.usage.prompt + self.usage.output > 0

    def row(self) -> dict[str, object]:
        """Return the record as a JSON object."""
        return asdict(self)

    @classmethod
    def from_row(cls, row: Mapping[str, object]) -> "CallRecord":
        """Return the record that `row` made."""
        values = dict(row)
        values["usage"] = Usage(**values["usage"])  # pyright: ignore[reportCallIssue]
        values["codes"] = tuple(values["codes"])  # pyright: ignore[reportArgumentType]
        return cls(**values)  # pyright: ignore[reportArgumentType]


class Account:
    """All calls so far, and their totals."""

    def __init__(self) -> None:
        self.calls: list[CallRecord] = []

    def add(self, call: CallRecord) -> None:
        """Enter a call."""
        self.calls.append(call)

    def clear(self) -> None:
        """Forget all calls."""
        self.calls.clear()

    def summary(self) -> dict[str, object]:
        """Return totals over all calls; `paid_codes` counts how often each code was paid for."""
        asked = [call for call in self.calls if call.endpoint in {"messages", "batch_item"}]
        messages = [call for call in asked if call.endpoint == "messages"]
        paid = [call for call in asked if call.paid]
        lost = [call for call in paid if not call.delivered]
        return {
            "requests": len(messages),
            "batch_items": len(asked) - len(messages),
            "paid_calls": len(paid),
            "delivered_calls": len(paid) - len(lost),
            "rate_limited": sum(call.status == 429 for call in self.calls),
            "statuses": _counts(call.status for call in messages),
            "errors": _counts(call.error for call in asked if call.error),
            "usage": _usage(paid),
            "cost_usd": _cost(paid),
            "lost_usage": _usage(lost),
            "lost_cost_usd": _cost(lost),
            "by_model": _by_model(paid),
            "paid_codes": _counts(code for call in paid for code in call.codes),
            "paid_more_than_once": sum(
                times > 1 for times in Counter(c for call in paid for c in call.codes).values()
            ),
            "first_request_at": min((call.received_at for call in messages), default=None),
            "last_request_at": max((call.received_at for call in messages), default=None),
            "worst_minute": worst_window([call.received_at for call in messages]),
            "worst_minute_answered": worst_window(
                [call.received_at for call in messages if call.status == 200]
            ),
        }


def worst_window(times: Iterable[float], seconds: float = WINDOW_SECONDS) -> int:
    """Return the most events that fall into any window of so many seconds."""
    ordered = sorted(times)
    first = worst = 0
    for last, moment in enumerate(ordered):
        while moment - ordered[first] >= seconds:
            first += 1
        worst = max(worst, last - first + 1)
    return worst


def _counts(values: Iterable[object]) -> dict[str, int]:
    return {str(value): times for value, times in sorted(Counter(values).items(), key=str)}


def _usage(calls: Sequence[CallRecord]) -> dict[str, int]:
    total: Counter[str] = Counter(dict.fromkeys(asdict(Usage()), 0))
    for call in calls:
        total.update(asdict(call.usage))
    return dict(total)


def _cost(calls: Iterable[CallRecord]) -> str:
    return f"{sum((Decimal(call.cost_usd) for call in calls), Decimal(0)):f}"


def _by_model(calls: Sequence[CallRecord]) -> dict[str, dict[str, object]]:
    models = sorted({str(call.model) for call in calls})
    return {
        model: {
            "calls": sum(call.model == model for call in calls),
            "cost_usd": _cost(call for call in calls if call.model == model),
        }
        for model in models
    }
