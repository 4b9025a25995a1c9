"""Code history: what is known of each code, and since which release.

A row of `code_history` never changes but for its end: a release that says otherwise closes it and
opens another. Loading a release is in `releases`.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.kept_figures import kept
from facets_pipeline.adapters.store.newest_rows import newest_row
from facets_pipeline.adapters.store.pages import PAGE
from facets_pipeline.adapters.store.schema import code_history, source_release
from facets_pipeline.domain.codes import Code

CODE_COLUMNS = (
    code_history.c.code_system,
    code_history.c.code,
    code_history.c.short_descriptor,
    code_history.c.long_descriptor,
    code_history.c.plain_descriptor,
    code_history.c.category,
    code_history.c.effective_on,
    code_history.c.terminated_on,
)
"""The columns that make a `Code`, in the order of its fields."""


def in_force(code_system: str, day: date) -> tuple[sa.ColumnElement[bool], ...]:
    """Return the conditions under which a row of `code_history` is an active code on `day`."""
    history = code_history.c
    return (
        history.code_system == code_system,
        history.until_release.is_(None),
        history.absent.is_(False),
        sa.or_(history.effective_on.is_(None), history.effective_on <= day),
        sa.or_(history.terminated_on.is_(None), history.terminated_on >= day),
    )


def last_turnover(connection: sa.Connection, code_system: str, day: date) -> list[str | None]:
    """Return the last days up to `day` on which codes took effect and after which codes ended.

    Between two days for which they are the same, the same codes are active: what was made from
    the active codes need not be made anew every midnight.
    """
    history = code_history.c
    ways = (
        (history.effective_on, history.effective_on <= day),
        (history.terminated_on, history.terminated_on < day),
    )
    found = [
        connection.execute(
            sa.select(sa.func.max(column)).where(history.code_system == code_system, past)
        ).scalar_one()
        for column, past in ways
    ]
    return [None if last is None else last.isoformat() for last in found]


def page_of_codes(
    connection: sa.Connection,
    conditions: Iterable[sa.ColumnElement[bool]],
    after: str,
    most: int = PAGE,
) -> list[Code]:
    """Return up to `most` codes that sort after `after` and meet `conditions`, in order.

    Args:
        connection: A transaction.
        conditions: On rows of `code_history`, of one system; `in_force` for its active codes.
        after: The code after which the page begins; empty for the first.
        most: Codes on the page.
    """
    query = (
        sa.select(*CODE_COLUMNS)
        .where(*conditions, code_history.c.code > after)
        .order_by(code_history.c.code)
        .limit(most)
    )
    return [Code(*row) for row in connection.execute(query)]


@dataclass(frozen=True, slots=True)
class CodeCounts:
    """How many codes of a system are in which state on a day."""

    active: int
    terminated: int
    not_yet_effective: int
    absent: int


class CodeHistory:
    """Reads the codes of a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self, code_system: str, day: date) -> CodeCounts:
        """Count the codes of `code_system` by their state on `day`."""

        def state(connection: sa.Connection) -> str:
            newest = newest_row(connection, source_release.c.release_id, code_system)
            return json.dumps([newest, last_turnover(connection, code_system, day)])

        def count(connection: sa.Connection) -> dict[str, int]:
            return asdict(counts_on(connection, code_system, day))

        return CodeCounts(**kept(self._database, code_system, "codes", state, count))

    def active(self, code_system: str, day: date, *, chunk: str | None = None) -> Iterator[Code]:
        """Yield the active codes in the order of their text, a page at a time."""
        conditions, after = in_force(code_system, day), ""
        if chunk is not None:
            conditions = (*conditions, code_history.c.chunk == chunk)
        while page := self._page(conditions, after):
            yield from page
            after = page[-1].code

    def _page(self, conditions: Iterable[sa.ColumnElement[bool]], after: str) -> list[Code]:
        with self._database.read() as connection:
            return page_of_codes(connection, conditions, after)


def counts_on(connection: sa.Connection, code_system: str, day: date) -> CodeCounts:
    """Count the codes of `code_system` by their state on `day`, within a transaction."""
    history = code_history.c
    state = sa.case(
        (history.absent, "absent"),
        (history.terminated_on < day, "terminated"),
        (history.effective_on > day, "not_yet_effective"),
        else_="active",
    )
    query = (
        sa.select(state, sa.func.count())
        .where(history.code_system == code_system, history.until_release.is_(None))
        .group_by(state)
    )
    found: dict[str, int] = dict(connection.execute(query).all())
    return CodeCounts(
        active=found.get("active", 0),
        terminated=found.get("terminated", 0),
        not_yet_effective=found.get("not_yet_effective", 0),
        absent=found.get("absent", 0),
    )
