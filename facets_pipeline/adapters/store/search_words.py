"""What a person types into the search, as a condition on codes: words, and beginnings of codes.

Each word must begin a word of the descriptor, or the code; a single letter or digit among others
must be a whole word. A single one alone is the beginning of a code.
"""

import re
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from facets_pipeline.adapters.store.search_index import POSTGRES_WORDS, WORDS

_WORD = re.compile(r"[^\W_]+")

_KEY = ("code_system", "code")


def words_in(text: str) -> list[str]:
    """Return the runs of letters and digits in `text`, in lower case: all that is looked for."""
    return _WORD.findall(text.lower())


def matches(table: sa.Table, text: str, dialect: str) -> sa.ColumnElement[bool]:
    """Return the condition that a row of the flat table matches `text`.

    Args:
        table: The flat table.
        text: What was typed; empty matches all, one without a letter or digit nothing.
        dialect: "sqlite" or "postgresql".
    """
    words = words_in(text)
    if not words:
        return sa.false() if text.strip() else sa.true()
    if len(words) == 1 and len(words[0]) == 1:
        first = words[0].upper()
        return sa.and_(table.c.code >= first, table.c.code < chr(ord(first) + 1))
    hits = _sqlite_hits(words) if dialect == "sqlite" else _postgres_hits(table, words)
    return sa.tuple_(*(table.c[name] for name in _KEY)).in_(hits)


def _sqlite_hits(words: list[str]) -> sa.Select[Any, Any]:
    table = sa.table(WORDS, *(sa.column(name, sa.Text) for name in _KEY))
    asked = " AND ".join(f'"{word}"' + ("*" if len(word) > 1 else "") for word in words)
    found = sa.literal_column(WORDS).op("MATCH", is_comparison=True)(asked)
    return sa.select(table.c.code_system, table.c.code).where(found)


def _postgres_hits(table: sa.Table, words: list[str]) -> sa.Select[Any, Any]:
    asked = " & ".join(f"'{word}'" + (":*" if len(word) > 1 else "") for word in words)
    query = sa.cast(sa.literal(asked), postgresql.TSQUERY)
    found = sa.literal_column(POSTGRES_WORDS).op("@@", is_comparison=True)(query)
    hits = sa.select(table.c.code_system, table.c.code).where(found).cte("hits")
    # Apart from the rest: else the planner may walk all codes in order, making words of each text.
    apart = hits.prefix_with("MATERIALIZED", dialect="postgresql")
    return sa.select(apart.c.code_system, apart.c.code)
