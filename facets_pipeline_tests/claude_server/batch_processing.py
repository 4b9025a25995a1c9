"""What becomes of the requests of a batch whose time has come, and what they cost."""

import asyncio
import hashlib
from dataclasses import replace

from facets_pipeline_tests.claude_server.account import CallRecord
from facets_pipeline_tests.claude_server.answers import Ask
from facets_pipeline_tests.claude_server.api_errors import ApiError
from facets_pipeline_tests.claude_server.batches import Batch, BatchItem
from facets_pipeline_tests.claude_server.billing import Usage, cost_usd
from facets_pipeline_tests.claude_server.cache import CacheUse, PromptCache
from facets_pipeline_tests.claude_server.catalogue import ModelSpec, usable_model
from facets_pipeline_tests.claude_server.generation import ask_of, generate
from facets_pipeline_tests.claude_server.message_routes import fitting_prompt
from facets_pipeline_tests.claude_server.model_rules import check_message, check_prompt
from facets_pipeline_tests.claude_server.prompt import Prompt
from facets_pipeline_tests.claude_server.request_shape import MessageRequest, read_message
from facets_pipeline_tests.claude_server.state import ServerState

YIELD_EVERY = 20
STATUS = {"succeeded": 200, "errored": 400, "expired": 410, "canceled": 410}

Result = dict[str, object]


class BatchProcessor:
    """Ends the batches of a server when they are due.

    Args:
        state: The server.
    """

    def __init__(self, state: ServerState) -> None:
        self._state = state
        self._lock = asyncio.Lock()

    async def settle_all(self) -> None:
        """End every batch that is due."""
        for batch in self._state.batches.all():
            await self.settle(batch)

    async def settle(self, batch: Batch) -> None:
        """End a batch if it is due: answer or give up each request, and bill the answers."""
        async with self._lock:
            if batch.ended_at is not None or self._state.clock.now() < batch.due_at:
                return
            ended_at = batch.due_at
            processed, left_over = batch.processed, batch.left_over
            lines: list[Result] = []
            calls: list[CallRecord] = []
            for place, item in enumerate(batch.items):
                given_up = None if place < processed else left_over
                result, call = self._process(batch, item, given_up, ended_at)
                lines.append({"custom_id": item.custom_id, "result": result})
                calls.append(call)
                if place % YIELD_EVERY == 0:
                    await asyncio.sleep(0)
            batch.results = sorted(lines, key=lambda line: _digest(str(line["custom_id"])))
            batch.ended_at = ended_at
            batch.items = []
            self._state.end_batch(batch, calls)

    def _process(
        self, batch: Batch, item: BatchItem, given_up: str | None, now: float
    ) -> tuple[Result, CallRecord]:
        blank = CallRecord(
            endpoint="batch_item",
            request_id=self._state.new_id("req"),
            received_at=batch.created_at,
            finished_at=now,
            status=200,
            delivered=True,
            batch_id=batch.id,
            custom_id=item.custom_id,
        )
        if given_up is not None:
            return _given_up(blank, given_up)
        try:
            request = read_message(item.params)
            model = usable_model(request.model)
            check_prompt(request, model, self._state.settings.grammar_limit)
            check_message(request, model)
            prompt = fitting_prompt(request, model)
        except ApiError as error:
            return _errored(blank, error)
        ask = ask_of(request, model)
        known = replace(blank, model=model.id, codes=ask.codes)
        fault = self._state.faults.draw("item", "batch_item", ask.codes, model.id)
        if fault is not None:
            known = replace(known, fault=fault.kind)
            if fault.kind == "item_errored":
                return _errored(known, ApiError(500, "Internal server error"))
            return _given_up(known, fault.kind.removeprefix("item_"))
        return self._answer(known, request, model, ask, prompt)

    def _answer(
        self,
        known: CallRecord,
        request: MessageRequest,
        model: ModelSpec,
        ask: Ask,
        prompt: Prompt,
    ) -> tuple[Result, CallRecord]:
        fault = self._state.faults.draw("answer", "batch_item", ask.codes, model.id)
        generated = generate(
            request,
            model,
            ask,
            self._state.answerer,
            fault=fault.kind if fault else None,
            thinking_tokens=self._state.settings.thinking_tokens,
        )
        use = self._cache_use(str(known.custom_id), prompt, model, known.finished_at)
        usage = Usage.of(use, generated.output, generated.thinking)
        cost = cost_usd(usage, model, batch=True, geo=request.inference_geo)
        reported = usage.reported(tier="batch", geo=request.inference_geo)
        message = generated.message(self._state.new_id("msg"), model, reported)
        normal = generated.stop_reason in {"end_turn", "stop_sequence"}
        call = replace(
            known,
            usage=usage,
            cost_usd=f"{cost:f}",
            error=None if normal else generated.stop_reason,
            fault=fault.kind if fault else known.fault,
        )
        return {"type": "succeeded", "message": message}, call

    def _cache_use(self, custom_id: str, prompt: Prompt, model: ModelSpec, now: float) -> CacheUse:
        """Find the cache for some requests of a batch only: they run apart from each other."""
        cache = self._state.cache
        share = int.from_bytes(_digest(custom_id)[:4], "big") / 2**32
        finds = share < self._state.settings.batch_cache_share
        use = (cache if finds else PromptCache()).look(prompt, model.min_cacheable, now)
        cache.store(prompt, model.min_cacheable, now, now)
        return use


def _digest(custom_id: str) -> bytes:
    return hashlib.sha256(custom_id.encode()).digest()


def _given_up(call: CallRecord, kind: str) -> tuple[Result, CallRecord]:
    return {"type": kind}, replace(call, status=STATUS[kind], error=kind)


def _errored(call: CallRecord, error: ApiError) -> tuple[Result, CallRecord]:
    result: Result = {"type": "errored", "error": error.body(call.request_id)}
    return result, replace(call, status=error.status, error=error.error_type)
