"""What goes wrong on demand: which fault, where, how often, for which codes.

A call meets at most one fault of each stage:
    before   nothing is done and nothing billed    refusals, outages, proxies, lost connections
    answer   the answer itself is bad, and billed  cut, refused, wrong codes, broken JSON
    reply    done and billed, then the reply fails lost, cut in the middle, late
    item     one request of a batch is not answered
What each does to a reply is in `replies`, to an answer in `spoilers`, to a batch in `batches`.
"""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import cast

STAGES: Mapping[str, frozenset[str]] = {
    "before": frozenset(
        {
            *("rate_limited", "overloaded", "server_error", "unauthorized", "billing"),
            *("spend_limit", "tier_spend_limit", "contract_spend_limit", "html", "not_found"),
            *("drop_before_work", "limit_change"),
        }
    ),
    "answer": frozenset(
        {
            *("truncated", "refused", "wrong_code", "swapped_codes", "missing_code", "extra_code"),
            *("malformed_json", "invalid_enum", "empty_answer", "upper_case"),
        }
    ),
    "reply": frozenset({"drop_before_reply", "drop_mid_body", "slow"}),
    "item": frozenset({"item_errored", "item_expired", "item_canceled"}),
    "visibility": frozenset({"batch_hidden"}),
}
ENDPOINTS = frozenset(
    {
        *("messages", "count_tokens", "models", "batch_create", "batch_list", "batch_retrieve"),
        *("batch_cancel", "batch_delete", "batch_results", "batch_item"),
    }
)


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: What happens, one of `STAGES`.
        endpoint: Where; None means message requests and, for answers, also batch items.
        count: How many times it happens; None for no end.
        after: How many calls that it would meet pass first.
        probability: Share of the calls that it meets, drawn with the server's seed.
        codes: Only calls that ask for one of these codes; empty for all.
        model: Only calls to this model; None for all.
        seconds: For `slow` the delay; for `rate_limited` and `overloaded` the `retry-after`; for
            `batch_hidden` how long.
        reads: For `batch_hidden`: how many looks fail.
        from_list: For `batch_hidden`: whether the list omits the batch as well.
        status: For `html`: the HTTP status of the page.
        rpm: For `limit_change`: the new requests per minute.
        itpm: For `limit_change`: the new input tokens per minute.
        otpm: For `limit_change`: the new output tokens per minute.
    """

    kind: str
    endpoint: str | None = None
    count: int | None = None
    after: int = 0
    probability: float = 1.0
    codes: tuple[str, ...] = ()
    model: str | None = None
    seconds: float | None = None
    reads: int = 0
    from_list: bool = False
    status: int = 200
    rpm: float | None = None
    itpm: float | None = None
    otpm: float | None = None

    def __post_init__(self) -> None:
        known = {kind for kinds in STAGES.values() for kind in kinds}
        if self.kind not in known:
            raise ValueError(f"The fault {self.kind!r} is unknown, use one of {sorted(known)}.")
        if self.endpoint is not None and self.endpoint not in ENDPOINTS:
            raise ValueError(
                f"The endpoint {self.endpoint!r} is unknown, use one of {sorted(ENDPOINTS)}."
            )

    @classmethod
    def read(cls, row: Mapping[str, object]) -> "Fault":
        """Return the fault that a JSON object describes; raises ValueError on unknown fields."""
        unknown = sorted(set(row) - {one.name for one in fields(cls)})
        if unknown:
            raise ValueError(f"A fault has no field {unknown[0]!r}.")
        fault = cls(**cast("dict[str, str]", dict(row)))  # pyright: ignore[reportArgumentType]
        return replace(fault, codes=tuple(fault.codes))

    @property
    def stage(self) -> str:
        """When in a call it happens."""
        return next(stage for stage, kinds in STAGES.items() if self.kind in kinds)

    def meets(self, endpoint: str, codes: Iterable[str], model: str | None) -> bool:
        """Tell whether a call is one that this fault is for."""
        if self.model is not None and self.model != model:
            return False
        if self.codes and set(self.codes).isdisjoint(codes):
            return False
        return endpoint in self._endpoints()

    def _endpoints(self) -> frozenset[str]:
        if self.endpoint is not None:
            return frozenset({self.endpoint})
        usual = {"item": {"batch_item"}, "visibility": {"batch_create"}}
        usual["answer"] = {"messages", "batch_item"}
        return frozenset(usual.get(self.stage, {"messages"}))


@dataclass(slots=True)
class _Planned:
    fault: Fault
    to_pass: int
    left: int | None
    fired: int = field(default=0)


class FaultBook:
    """The faults still to happen, in the order in which they were planned.

    Args:
        faults: What is planned from the start.
        seed: Seed of the draws by probability.
    """

    def __init__(self, faults: Sequence[Fault], seed: int) -> None:
        self._random = random.Random(seed)  # noqa: S311 - repeatable draws, no secrets
        self._planned: list[_Planned] = []
        for fault in faults:
            self.plan(fault)

    def plan(self, fault: Fault) -> None:
        """Add a fault."""
        self._planned.append(_Planned(fault, fault.after, fault.count))

    def clear(self) -> None:
        """Let nothing go wrong any more."""
        self._planned.clear()

    def draw(
        self, stage: str, endpoint: str, codes: Sequence[str], model: str | None
    ) -> Fault | None:
        """Return the fault that happens to a call at a stage, counting it; None if it goes well."""
        for planned in self._planned:
            fault = planned.fault
            if fault.stage != stage or planned.left == 0:
                continue
            if not fault.meets(endpoint, codes, model):
                continue
            if planned.to_pass > 0:
                planned.to_pass -= 1
                continue
            if fault.probability < 1 and self._random.random() >= fault.probability:
                continue
            planned.fired += 1
            planned.left = None if planned.left is None else planned.left - 1
            return fault
        return None

    def listing(self) -> list[dict[str, object]]:
        """Return every planned fault with how often it happened and may still happen."""
        return [
            {"kind": one.fault.kind, "fired": one.fired, "left": one.left} for one in self._planned
        ]
