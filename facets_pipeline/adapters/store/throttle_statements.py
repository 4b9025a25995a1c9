"""The statements of the shared throttle, for SQLite and Postgres; what they mean: `throttle`.

Each reads the clock once, after the row is locked, and moves the whole row on at once. They are
written for Postgres, with two words of ours: `NOW()`, the store's clock, and `CAP()`, the caller's
cap or null.
"""

from functools import cache
from typing import Final

import sqlalchemy as sa

LONGEST_STRETCH_SECONDS: Final = 60.0
"""How far a fallen limit can put off the next start: limits are per minute."""

_MOVED: Final = """
    SELECT now, requests_tat - step AS r, input_tat - step AS i, output_tat - step AS o,
           not_before - step AS pause_end
    FROM (SELECT now, GREATEST(0.0, seen_at - now) AS step FROM (SELECT NOW() AS now) AS clock)
         AS clock_step
"""
"""The row's moments on the clock as it is now. The clock is read once, after the row is locked."""

_CHOSEN: Final = """WHERE name = :name
RETURNING granted_start, seen_at, requests_per_minute, input_tokens_per_minute,
          output_tokens_per_minute, paused_seconds
"""
"""Nothing comes back where a model has no row yet."""

RESERVE: Final = f"""
UPDATE rate_limit
SET (seen_at, not_before, granted_start, requests_tat, input_tat, output_tat) = (
  SELECT now, pause_end, start,
         GREATEST(r, start) + rc, GREATEST(i, start) + ic, GREATEST(o, start) + oc
  FROM (
    SELECT now, pause_end, r, i, o, rc, ic, oc,
           GREATEST(now, pause_end, r + LEAST(rc - :burst, 0.0), i + LEAST(ic - :burst, 0.0),
                    o + LEAST(oc - :burst, 0.0)) AS start
    FROM (
      SELECT now, pause_end, r, i, o,
             COALESCE(:requests * :minute / LEAST(COALESCE(requests_per_minute, CAP()),
                                                  COALESCE(CAP(), requests_per_minute)), 0.0) AS rc,
             COALESCE(:input * :minute / input_tokens_per_minute, 0.0) AS ic,
             COALESCE(:output * :minute / output_tokens_per_minute, 0.0) AS oc
      FROM ({_MOVED}) AS moved
    ) AS priced
  ) AS planned
)
{_CHOSEN}"""  # noqa: S608 - put together from constants

SETTLE: Final = f"""
UPDATE rate_limit
SET (seen_at, not_before, requests_tat, input_tat, output_tat) = (
  SELECT now, pause_end, r,
         CASE WHEN :input > 0 THEN GREATEST(i, now) ELSE i END
           + COALESCE(:input * :minute / input_tokens_per_minute, 0.0),
         CASE WHEN :output > 0 THEN GREATEST(o, now) ELSE o END
           + COALESCE(:output * :minute / output_tokens_per_minute, 0.0)
  FROM ({_MOVED}) AS moved
)
{_CHOSEN}"""  # noqa: S608 - put together from constants

PAUSE: Final = f"""
UPDATE rate_limit
SET (seen_at, not_before, paused_seconds, requests_tat, input_tat, output_tat) = (
  SELECT now, GREATEST(pause_end, now + :seconds), paused_seconds + added,
         GREATEST(r, now) + added, GREATEST(i, now) + added, GREATEST(o, now) + added
  FROM (
    SELECT now, pause_end, r, i, o,
           GREATEST(0.0, now + :seconds - GREATEST(pause_end, now)) AS added
    FROM ({_MOVED}) AS moved
  ) AS extended
)
{_CHOSEN}"""  # noqa: S608 - put together from constants


def _stretched(tat: str, old: str, new: str) -> str:
    # A backlog is units, not seconds: at a lower limit it takes longer. At a higher limit it stays
    # as it is, for its calls have been told when to start.
    return (
        f"CASE WHEN {new} < {old} AND {tat} > now THEN now + GREATEST({tat} - now, "
        f"LEAST(({tat} - now) * {old} / {new}, :longest)) ELSE {tat} END"
    )


LEARN: Final = f"""
UPDATE rate_limit
SET (seen_at, not_before, learnt_at, limits_source, requests_per_minute, input_tokens_per_minute,
     output_tokens_per_minute, requests_tat, input_tat, output_tat) = (
  SELECT now, pause_end, now, :source, COALESCE(CAST(:requests AS FLOAT), requests_per_minute),
         COALESCE(CAST(:input AS FLOAT), input_tokens_per_minute),
         COALESCE(CAST(:output AS FLOAT), output_tokens_per_minute),
         {_stretched("r", "requests_per_minute", "CAST(:requests AS FLOAT)")},
         {_stretched("i", "input_tokens_per_minute", "CAST(:input AS FLOAT)")},
         {_stretched("o", "output_tokens_per_minute", "CAST(:output AS FLOAT)")}
  FROM ({_MOVED}) AS moved
)
{_CHOSEN}"""  # noqa: S608 - put together from constants

CREATE: Final = """
INSERT INTO rate_limit (name, limits_source, seen_at, not_before, paused_seconds, granted_start,
                        requests_tat, input_tat, output_tat)
VALUES (:name, '', 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
ON CONFLICT (name) DO NOTHING
"""


@cache
def statement(text: str, dialect: str, *, own_clock: bool) -> sa.TextClause:
    """Return a statement in the words of a dialect.

    Args:
        text: One of this module.
        dialect: sqlite or postgresql.
        own_clock: Whether the database is asked for the time; else `now` is a parameter.
    """
    now = "EXTRACT(EPOCH FROM clock_timestamp())" if own_clock else ":now"
    text = text.replace("NOW()", f"CAST({now} AS FLOAT)").replace("CAP()", "CAST(:cap AS FLOAT)")
    if dialect == "sqlite":
        text = text.replace("GREATEST(", "MAX(").replace("LEAST(", "MIN(")
    return sa.text(text)
