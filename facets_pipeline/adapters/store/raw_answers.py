"""Answers as they came, before any repair: how many broke a rule of the codebook. Reads only."""

import re
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.schema import call, call_item, finding, opinion
from facets_pipeline.domain.rules import RULES
from facets_pipeline.domain.wire import Problem

WINDOW = timedelta(hours=24)
"""How far back from the newest answer is counted: all runs of a backfill, but not last month's."""

_ANSWERED = call.c.state == "answered"


@dataclass(frozen=True, slots=True)
class RawAnswers:
    """The newest answer of a code system and those of the time before it.

    Attributes:
        answers: Answers to one code each, repeated ones too.
        broken: Of these, answers that broke a rule before any repair.
        rules: Rule to number of answers that broke it, most frequent first.
        codes: Codes whose answers broke a rule, in order.
    """

    answers: int
    broken: int
    rules: dict[str, int]
    codes: tuple[str, ...]

    @property
    def share(self) -> float:
        """Share (0 to 1) of the answers that broke a rule; 0 without answers."""
        return self.broken / self.answers if self.answers else 0.0


def raw_answers(database: Database, code_system: str) -> RawAnswers:
    """Count the newest raw answers about `code_system` and the rules that they broke."""
    with database.read() as connection:
        answered = sa.select(sa.func.max(call.c.closed_at)).where(*_about(code_system))
        newest = connection.execute(answered).scalar_one()
        if newest is None:
            return RawAnswers(0, 0, {}, ())
        recent = call.c.closed_at > newest - WINDOW
        counted = sa.select(sa.func.sum(call.c.codes)).where(*_about(code_system), recent)
        answers = int(connection.execute(counted).scalar_one())
        found = {
            **_broken_at_last(connection, code_system, recent),
            **_broken_before_repair(connection, code_system, recent),
        }
    counted = Counter(rule for rules in found.values() for rule in rules)
    ranked = sorted(counted.items(), key=lambda item: (-item[1], _place(item[0])))
    codes = tuple(sorted({code for _, code in found}))
    return RawAnswers(answers, len(found), dict(ranked), codes)


_Answer = tuple[str, str]
"""Call and code."""


def _about(code_system: str) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a call was answered and asked about codes of a system.

    All codes of a call are of one system, so that one of its items tells.
    """
    one = sa.exists().where(
        call_item.c.call_id == call.c.call_id, call_item.c.code_system == code_system
    )
    return _ANSWERED, one


def _broken_before_repair(
    connection: sa.Connection, code_system: str, recent: sa.ColumnElement[bool]
) -> dict[_Answer, set[str]]:
    """Return the answers that were asked for again because they broke rules."""
    query = (
        sa.select(call_item.c.call_id, call_item.c.code, call_item.c.detail)
        .join(call, call.c.call_id == call_item.c.call_id)
        .where(
            call_item.c.code_system == code_system,
            call_item.c.problem == Problem.BREAKS_RULES.value,
            _ANSWERED,
            recent,
        )
    )
    return {
        (row.call_id, row.code): set(re.findall(_RULE, row.detail or ""))
        for row in connection.execute(query)
    }


def _broken_at_last(
    connection: sa.Connection, code_system: str, recent: sa.ColumnElement[bool]
) -> dict[_Answer, set[str]]:
    """Return the answers that went to review with the rules that they broke."""
    query = (
        sa.select(opinion.c.call_id, finding.c.code, finding.c.rule)
        .select_from(finding)
        .join(opinion, opinion.c.opinion_id == finding.c.opinion_id)
        .join(call, call.c.call_id == opinion.c.call_id)
        .where(finding.c.code_system == code_system, _ANSWERED, recent)
    )
    found: dict[_Answer, set[str]] = {}
    for row in connection.execute(query):
        found.setdefault((row.call_id, row.code), set()).add(row.rule)
    return found


_NAMES = [rule.name for rule in RULES]

_RULE = re.compile(rf"\b({'|'.join(sorted(_NAMES, key=len, reverse=True))}): ")
"""A rule where a problem names it, as `R3: uses_contrast is ...`."""


def _place(rule: str) -> int:
    return _NAMES.index(rule)
