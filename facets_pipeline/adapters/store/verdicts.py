"""Recording verdicts: opinions, the rules that they break, and outcomes, in one transaction."""

from collections.abc import Sequence, Set
from datetime import datetime

import sqlalchemy as sa

from facets_pipeline.adapters.store.late_replies import Asked
from facets_pipeline.adapters.store.pending import code_key
from facets_pipeline.adapters.store.schema import finding, opinion, outcome
from facets_pipeline.domain.opinions import parts_of
from facets_pipeline.domain.outcomes import Verdict


def record_verdicts(
    connection: sa.Connection,
    call_id: str,
    recipe_id: str,
    verdicts: Sequence[Verdict],
    now: datetime,
    but_not: Set[Asked] = frozenset(),
) -> None:
    """Write what became of the codes of a call; nothing for an empty sequence.

    Of what is in `but_not` only opinions and findings are kept: others settle it.
    """
    if not verdicts:
        return
    opinions = _insert_opinions(connection, call_id, recipe_id, verdicts)
    rows = [
        {
            **code_key(recipe_id, verdict.code),
            "status": verdict.outcome.value,
            "opinion_id": opinions.get(verdict.code.code),
            "call_id": call_id,
            "reason": verdict.reason,
            "attempts": verdict.attempts,
            "decided_at": now,
        }
        for verdict in verdicts
        if (verdict.code.code, verdict.code.descriptor_hash) not in but_not
    ]
    if rows:
        connection.execute(sa.insert(outcome), rows)


def _insert_opinions(
    connection: sa.Connection, call_id: str, recipe_id: str, verdicts: Sequence[Verdict]
) -> dict[str, int]:
    rows = [
        {
            "call_id": call_id,
            **code_key(recipe_id, verdict.code),
            "stated": parts_of(verdict.opinion),
        }
        for verdict in verdicts
        if verdict.opinion is not None
    ]
    if not rows:
        return {}
    query = sa.insert(opinion).returning(opinion.c.code, opinion.c.opinion_id)
    keys: dict[str, int] = dict(connection.execute(query, rows).all())
    _insert_findings(connection, verdicts, keys)
    return keys


def _insert_findings(
    connection: sa.Connection, verdicts: Sequence[Verdict], opinions: dict[str, int]
) -> None:
    rows = [
        {
            "opinion_id": opinions[verdict.code.code],
            "code_system": verdict.code.code_system,
            "code": verdict.code.code,
            "rule": broken.rule,
            "facet": broken.facet,
            "message": broken.message,
        }
        for verdict in verdicts
        for broken in verdict.findings
    ]
    if rows:
        connection.execute(sa.insert(finding), rows)
