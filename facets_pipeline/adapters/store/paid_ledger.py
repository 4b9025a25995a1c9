"""The paid ledger of one process: claims, money, replies and outcomes, in commits that are shared.

Order is everything: the intent before the call, the raw reply before its use. Whatever instant a
process dies at, what it had claimed goes back, what it had sent is in doubt, and what had been
answered is read from the recorded body by whoever comes next.
"""

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from facets_pipeline.adapters.store import budgets, paid_calls, throttle
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.group_commit import GroupCommit
from facets_pipeline.adapters.store.late_replies import Asked, taken_over
from facets_pipeline.adapters.store.leases import end_call, renew, take_back_dead
from facets_pipeline.adapters.store.ledger import StoreLedger
from facets_pipeline.adapters.store.orphans import orphaned_replies
from facets_pipeline.adapters.store.owners import retire, this_owner
from facets_pipeline.adapters.store.pasts import NO_PAST, pasts
from facets_pipeline.adapters.store.verdicts import record_verdicts
from facets_pipeline.domain.outcomes import Verdict, verdict_of, verdict_on_lost
from facets_pipeline.domain.usage import Usage
from facets_pipeline.domain.wire import Reading, read_answer
from facets_pipeline.engine.calls import ClaimLostError, NotPaid, Reply
from facets_pipeline.engine.ports import Ask, Scope, Terms
from facets_pipeline.engine.throttle import Cost, Grant, Limits, limits_of

_UNSETTLED = ("claimed", "sent", "in_doubt")
"""States in which a call still has its reservation."""

_LOST = (
    "The claim of a call was given back while it waited, since its process gave no sign of life: "
    "its codes are asked by whoever holds them now."
)


class StorePaidLedger:
    """Implements the engine's `PaidLedger` on a store; close it, or use it as a context manager."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commits = GroupCommit(database)
        self._plain = StoreLedger(database)
        self._owner = this_owner()
        self._grants: dict[str, Grant] = {}
        self._limits: dict[str, Limits] = {}

    def close(self) -> None:
        """Write what is waiting, then stop; what a failure left held is free for the next run."""
        self._commits.close()
        retire(self._owner)

    def __enter__(self) -> "StorePaidLedger":
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    async def open(self, scope: Scope, terms: Terms, *, after: str, most: int) -> Ask | None:
        """Claim pending codes, reserve their worst case and their start, in one transaction."""

        def piece(connection: sa.Connection) -> Ask | None:
            chosen = paid_calls.choose(connection, scope, terms.recipe_id, after=after, most=most)
            return None if chosen is None else self._opened(connection, terms, chosen)

        ask = await self._commits.write(piece)
        if ask is not None:
            self._remember(ask, terms)
        return ask

    async def open_single(self, terms: Terms) -> Ask:
        """Reserve the worst case and the start of a call that asks about no code."""

        def piece(connection: sa.Connection) -> Ask:
            return self._opened(connection, terms, paid_calls.Chosen((), {}))

        ask = await self._commits.write(piece)
        self._remember(ask, terms)
        return ask

    async def send(self, ask: Ask, terms: Terms) -> float:
        """Record that the call is made now, unless a pause has put it off meanwhile."""

        def piece(connection: sa.Connection) -> Grant:
            grant = throttle.recheck(connection, terms.model, self._grants[ask.call_id])
            if grant.wait_seconds <= 0:
                now = self._database.now(connection)
                if not paid_calls.mark_sent(connection, ask.call_id, now):
                    raise ClaimLostError(_LOST)
            return grant

        grant = await self._commits.write(piece)
        self._grants[ask.call_id] = grant
        return grant.wait_seconds

    async def record(self, ask: Ask, terms: Terms, reply: Reply) -> int | None:
        """Make a reply durable, settle budgets and rate limits with what it really used."""
        usage = reply.used
        cost = None if usage is None else terms.cost(usage)

        def piece(connection: sa.Connection) -> None:
            now = self._database.now(connection)
            known = usage or Usage()
            if not paid_calls.record_reply(connection, ask.call_id, reply, known, cost, now):
                return
            # Of a cost that is not known the budgets keep the worst case.
            settled = ask.reserved_nano_usd if cost is None else cost
            self._settle_budgets(connection, ask, settled)
            used = ask.expected if usage is None else _used(usage)
            throttle.settle(connection, terms.model, ask.expected, used)
            self._learn(connection, terms, limits_of(reply.limits))

        await self._commits.write(piece)
        self._grants.pop(ask.call_id, None)
        return cost

    async def settle(
        self, ask: Ask, terms: Terms, readings: Sequence[Reading]
    ) -> Sequence[Verdict]:
        """Record verdicts and problems, and let go of the codes."""
        verdicts = _verdicts(readings, ask.attempts)

        def piece(connection: sa.Connection) -> None:
            now = self._database.now(connection)
            taken = set[Asked]()
            if not paid_calls.holds(connection, ask.call_id):
                codes = [question.code for question in ask.questions]
                taken = taken_over(connection, terms.recipe_id, codes)
            record_verdicts(connection, ask.call_id, terms.recipe_id, verdicts, now, taken)
            paid_calls.end_items(connection, ask.call_id, readings)

        await self._commits.write(piece)
        return verdicts

    async def refuse(self, ask: Ask, terms: Terms, error: NotPaid, *, pause: float) -> None:
        """Give codes and reservations back; everybody pauses."""

        def piece(connection: sa.Connection) -> None:
            self._end(connection, ask, terms, "refused", str(error))
            throttle.pause(connection, terms.model, pause)
            self._learn(connection, terms, limits_of(error.headers))

        await self._commits.write(piece)
        self._grants.pop(ask.call_id, None)

    async def give_back(
        self, ask: Ask, terms: Terms, error: str, *, in_doubt: bool
    ) -> Sequence[Verdict]:
        """End a call without a reply; one in doubt keeps its reservation."""

        def piece(connection: sa.Connection) -> Sequence[Verdict]:
            held = paid_calls.holds(connection, ask.call_id)
            self._end(connection, ask, terms, "in_doubt" if in_doubt else "given_back", error)
            return self._give_up(connection, ask, terms, error) if in_doubt and held else ()

        ended = await self._commits.write(piece)
        self._grants.pop(ask.call_id, None)
        return ended

    async def renew(self) -> None:
        """Renew leases, take back what the dead held, and read the answers that they left."""

        def piece(connection: sa.Connection) -> None:
            now = self._database.now(connection)
            renew(connection, self._owner, now)
            take_back_dead(connection, now)
            for left in orphaned_replies(connection, now):
                reply = Reply.of_body(left.body)
                readings = read_answer(reply.text, left.codes, stop_reason=reply.stop_reason)
                verdicts = _verdicts(readings, left.attempts)
                record_verdicts(connection, left.call_id, left.recipe_id, verdicts, now)
                paid_calls.end_items(connection, left.call_id, readings)

        await self._commits.write(piece)

    async def pending(self, scope: Scope, recipe_id: str) -> int:
        """Count the pending codes, claimed ones too, those in a live batch not."""
        return self._plain.askable(scope, recipe_id)

    def _opened(self, connection: sa.Connection, terms: Terms, chosen: paid_calls.Chosen) -> Ask:
        now = self._database.now(connection)
        reserved = terms.worst_case(chosen.questions) or 0
        budgets.reserve(connection, paid_calls.budgets_of(terms, now), reserved)
        expected = terms.expected(chosen.questions)
        grant = throttle.reserve(connection, terms.model, expected, terms.cap_rpm)
        call_id = paid_calls.open_call(
            connection, terms, chosen.questions, owner=self._owner, now=now, reserved=reserved
        )
        return Ask(call_id, chosen.questions, chosen.attempts, expected, reserved, grant)

    def _remember(self, ask: Ask, terms: Terms) -> None:
        self._grants[ask.call_id] = ask.grant
        self._limits[terms.model] = ask.grant.limits

    def _end(
        self, connection: sa.Connection, ask: Ask, terms: Terms, state: str, error: str
    ) -> None:
        # Others may have taken the call for dead: what they gave back is not given back twice.
        if paid_calls.state_of(connection, ask.call_id) not in _UNSETTLED:
            return
        end_call(connection, ask.call_id, state, self._database.now(connection), error)
        if state != "in_doubt":
            self._settle_budgets(connection, ask, 0)
            throttle.settle(connection, terms.model, ask.expected, Cost())

    def _give_up(
        self, connection: sa.Connection, ask: Ask, terms: Terms, error: str
    ) -> Sequence[Verdict]:
        """Send a code to review whose replies are lost again and again: each may have been paid."""
        if len(ask.questions) != 1:
            return ()
        code = ask.questions[0].code
        past = pasts(connection, terms.recipe_id, [code]).get(code.code, NO_PAST)
        verdict = verdict_on_lost(code, lost=past.lost, attempts=past.attempts, error=error)
        if verdict is None:
            return ()
        now = self._database.now(connection)
        record_verdicts(connection, ask.call_id, terms.recipe_id, [verdict], now)
        return (verdict,)

    def _settle_budgets(self, connection: sa.Connection, ask: Ask, cost: int) -> None:
        scopes = budgets.scopes_of_call(connection, ask.call_id)
        budgets.settle(connection, scopes, reserved=ask.reserved_nano_usd, cost=cost)

    def _learn(self, connection: sa.Connection, terms: Terms, said: Limits) -> None:
        # Written only when they differ from what this process knows: not once per reply.
        known = self._limits.get(terms.model, Limits())
        if known.updated(said) != known:
            self._limits[terms.model] = throttle.learn(connection, terms.model, said, known)


def _used(usage: Usage) -> Cost:
    return Cost(1, usage.limited_tokens, usage.output_tokens)


def _verdicts(readings: Sequence[Reading], attempts: Mapping[str, int]) -> list[Verdict]:
    verdicts = [
        verdict_of(reading, attempts=attempts.get(reading.code.code, 0) + 1) for reading in readings
    ]
    return [verdict for verdict in verdicts if verdict is not None]
