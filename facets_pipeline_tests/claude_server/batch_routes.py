"""`/v1/messages/batches`: create, list, retrieve, cancel, delete, results."""

import json

from facets_pipeline_tests.claude_server.api_errors import invalid, not_found
from facets_pipeline_tests.claude_server.batch_processing import BatchProcessor
from facets_pipeline_tests.claude_server.batches import (
    RESULTS_LIFE_SECONDS,
    Batch,
    cancel,
    check_queue,
    read_items,
)
from facets_pipeline_tests.claude_server.calls import Call, Reply
from facets_pipeline_tests.claude_server.paging import cut_page

POOL = "all models"


class BatchRoutes:
    """The handlers of the batch endpoints.

    Args:
        processor: Ends batches that are due.
    """

    def __init__(self, processor: BatchProcessor) -> None:
        self._processor = processor

    async def create(self, call: Call) -> Reply:
        """Take in a batch."""
        state, settings = call.state, call.state.settings
        items = read_items(
            await call.read_json(settings.max_batch_bytes), settings.max_batch_requests
        )
        call.begin()
        _admit(call)
        await self._processor.settle_all()
        check_queue(state.batches.queued(), len(items), settings.batch_queue)
        now = state.clock.now()
        seconds = state.clock.shortened(settings.batch_seconds)
        batch = Batch(state.new_id("msgbatch"), now, seconds, items, len(items))
        fault = call.draw("visibility")
        if fault is not None:
            batch.hidden_until = now + (fault.seconds or 0)
            batch.hidden_reads = fault.reads
            batch.hidden_in_list = fault.from_list
        state.add_batch(batch)
        call.batch_id = batch.id
        return Reply.of_json(batch.show(_base_url(call), now))

    async def list(self, call: Call) -> Reply:
        """Show a page of the batches."""
        call.begin()
        _admit(call)
        await self._processor.settle_all()
        now = call.state.clock.now()
        rows = [batch.show(_base_url(call), now) for batch in call.state.batches.listed(now)]
        return Reply.of_json(cut_page(rows, call.request.query_params))

    async def retrieve(self, call: Call) -> Reply:
        """Show one batch."""
        batch = await self._find(call)
        return Reply.of_json(batch.show(_base_url(call), call.state.clock.now()))

    async def cancel(self, call: Call) -> Reply:
        """Ask for a batch to be canceled."""
        batch = await self._find(call)
        now = call.state.clock.now()
        cancel(batch, now)
        call.state.note_cancel(batch)
        return Reply.of_json(batch.show(_base_url(call), now))

    async def delete(self, call: Call) -> Reply:
        """Delete a batch that has ended."""
        batch = await self._find(call)
        call.state.remove_batch(batch)
        return Reply.of_json({"id": batch.id, "type": "message_batch_deleted"})

    async def results(self, call: Call) -> Reply:
        """Send the results, one JSON object a line."""
        batch = await self._find(call)
        if batch.ended_at is None:
            raise invalid(f"Message batch {batch.id} has no results yet: it is still processing")
        if call.state.clock.now() - batch.created_at >= RESULTS_LIFE_SECONDS:
            raise not_found(f"The results of message batch {batch.id} are no longer available")
        lines = [json.dumps(line, separators=(",", ":")) + "\n" for line in batch.results]
        return Reply(200, "".join(lines).encode(), "application/x-jsonl")

    async def _find(self, call: Call) -> Batch:
        call.begin()
        call.batch_id = call.request.path_params["batch_id"]
        _admit(call)
        now = call.state.clock.now()
        batch = call.state.batches.find(str(call.batch_id), now)
        await self._processor.settle(batch)
        return batch


def _admit(call: Call) -> None:
    now = call.state.clock.now()
    call.state.other_limits["batches"].pool(POOL, now).admit(0, now)


def _base_url(call: Call) -> str:
    return f"http://{call.request.headers['host']}"
