"""Searching the flat table: read-only by construction, whatever the caller asks.

The file is opened `mode=ro` and `query_only`, a Postgres session starts read-only and with a time
limit; nothing here creates, migrates or writes. Which rows there are is decided in `flat_table`,
how text is looked for in `search_words`, how values are counted in `search_counts`.
"""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import sqlalchemy as sa

from facets_pipeline.adapters.store.engines import engines
from facets_pipeline.adapters.store.flat_table import flat_table, version_table
from facets_pipeline.adapters.store.schema import decision, recipe
from facets_pipeline.adapters.store.search_counts import Group, count_groups
from facets_pipeline.adapters.store.search_failures import search_failures
from facets_pipeline.adapters.store.search_shapes import (
    IN_DOUBT,
    Asked,
    Found,
    Place,
    Record,
    filters_of,
)
from facets_pipeline.adapters.store.search_words import matches
from facets_pipeline.adapters.store.urls import shown, store_url
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.errors import StoreError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue

STATEMENT_SECONDS: Final = 10
"""After which Postgres stops a search."""

_KEPT_GROUPS: Final = 32
"""Texts whose groups are kept until the data changes; a page asks for the same again and again."""

_SHOWN: Final = ("status", IN_DOUBT, "model", "updated_at")
"""Columns of a page besides key, descriptor and facets."""

_SESSION: Final = (
    f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS * 1000}"
)

Result = TypeVar("Result")


def read_only(url: sa.URL) -> sa.Engine:
    """Return an engine whose sessions cannot write; nothing is connected yet.

    Raises:
        StoreError: There is no such file.
    """
    if url.get_backend_name() == "sqlite":
        if not Path(str(url.database)).is_file():
            raise StoreError(
                f"There is no store at {shown(url)!r}: load a code file with `facets load` and run "
                "`facets generate`, or name the store with --db-url."
            )
        return engines(url).read
    session = f"{url.query.get('options', '')} {_SESSION}".strip()
    return engines(url.update_query_dict({"options": session})).read


class Search:
    """The search over one store; several threads may share it."""

    def __init__(self, url: sa.URL, engine: sa.Engine, codebook: Codebook) -> None:
        """Take over an engine that only reads; see `open`."""
        self.codebook: Final = codebook
        self._url = url
        self._engine = engine
        self._table = flat_table(codebook)
        self._versions = version_table()
        # Another codebook gives the same rows another meaning.
        self._digest = codebook.digest
        self._filters = filters_of(codebook)
        self._groups: OrderedDict[tuple[str, str], list[Group]] = OrderedDict()
        self._lock = threading.Lock()

    @classmethod
    def open(cls, url: str, codebook: Codebook = CODEBOOK) -> Self:
        """Open the search over the store at `url`, which must be there.

        Raises:
            SettingsError: The address cannot be understood.
            StoreError: There is no store, it cannot be reached, or it holds no table of facets.
        """
        address = store_url(url)
        search = cls(address, read_only(address), codebook)
        try:
            search.version()
            search.find(Asked(limit=1))
        except BaseException:
            search.close()
            raise
        return search

    def version(self) -> str:
        """Return the state of the data: a text that changes whenever an answer might.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._read(self._version_on)

    def find(self, asked: Asked) -> Found:
        """Return one page of the codes that pass every filter, in the order of their codes.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._read(lambda connection: self._page(connection, asked))

    def record(self, code_system: str, code: str) -> Record | None:
        """Return all that is known of a code, or None if it is not among the active ones.

        Raises:
            StoreError: The store cannot be read.
        """
        return self._read(lambda connection: self._record_on(connection, code_system, code))

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def _read(self, work: Callable[[sa.Connection], Result]) -> Result:
        """Do `work` on one unchanging state; once more if the table was just being made anew."""
        return search_failures(self._url, lambda: self._once(work))

    def _once(self, work: Callable[[sa.Connection], Result]) -> Result:
        with self._engine.begin() as connection:
            return work(connection)

    def _version_on(self, connection: sa.Connection) -> str:
        columns = self._versions.c
        query = sa.select(columns.code_system, columns.version).order_by(columns.code_system)
        state = [list(row) for row in connection.execute(query)]
        return hashlib.sha256(f"{state} {self._digest}".encode()).hexdigest()[:16]

    def _page(self, connection: sa.Connection, asked: Asked) -> Found:
        version = self._version_on(connection)
        rows = [dict(row) for row in connection.execute(self._page_query(asked)).mappings()]
        more = len(rows) > asked.limit
        page = rows[: asked.limit]
        last = Place(page[-1]["code_system"], page[-1]["code"]) if more else None
        counts = None
        if asked.counted:
            groups = self._groups_of(connection, version, asked.text)
            counts = count_groups(self._filters, groups, asked.chosen)
        return Found(version, page, last, counts)

    def _page_query(self, asked: Asked) -> sa.Select[Any]:
        columns = self._table.c
        order = (columns.code_system, columns.code)
        conditions = [self._holds(name, values) for name, values in asked.chosen.items() if values]
        if asked.text:
            conditions.append(self._matches(asked.text))
        if asked.after is not None:
            conditions.append(sa.tuple_(*order) > sa.tuple_(*asked.after))
        # First the keys alone, from an index that holds all filters: rows are wide.
        keys = sa.select(*order).where(*conditions).order_by(*order).limit(asked.limit + 1)
        page = keys.subquery("page")
        shown_columns = [*order, columns.descriptor, *(columns[n] for n in self.codebook.names)]
        return (
            sa.select(*shown_columns, *(columns[name] for name in _SHOWN))
            .join(page, sa.and_(*(column == page.c[column.name] for column in order)))
            .order_by(*order)
        )

    def _groups_of(self, connection: sa.Connection, version: str, text: str) -> list[Group]:
        key = (version, " ".join(text.split()))
        with self._lock:
            if key in self._groups:
                self._groups.move_to_end(key)
                return self._groups[key]
        filters = [self._table.c[name] for name in self._filters]
        query = sa.select(*filters, sa.func.count()).group_by(*filters)
        if text:
            query = query.where(self._matches(text))
        doubtful = self._filters.index(IN_DOUBT)
        groups = [
            # How many facets are in doubt does not matter here, only whether any is.
            ((*row[:doubtful], row[doubtful] > 0, *row[doubtful + 1 : -1]), int(row[-1]))
            for row in connection.execute(query)
        ]
        with self._lock:
            self._groups[key] = groups
            while len(self._groups) > _KEPT_GROUPS:
                self._groups.popitem(last=False)
        return groups

    def _holds(self, name: str, values: tuple[FacetValue, ...]) -> sa.ColumnElement[bool]:
        column = self._table.c[name]
        if name == IN_DOUBT:
            return sa.or_(*(column > 0 if value else column == 0 for value in values))
        return column.in_(values)

    def _matches(self, text: str) -> sa.ColumnElement[bool]:
        return matches(self._table, text, self._url.get_backend_name())

    def _record_on(self, connection: sa.Connection, code_system: str, code: str) -> Record | None:
        columns = self._table.c
        query = sa.select(self._table).where(
            columns.code_system == code_system, columns.code == code
        )
        row = connection.execute(query).mappings().first()
        if row is None:
            return None
        made_by = sa.select(recipe.c.annotator, recipe.c.model, recipe.c.label).where(
            recipe.c.recipe_id == row["recipe"]
        )
        made = (
            sa.select(decision)
            .where(decision.c.code_system == code_system, decision.c.code == code)
            .order_by(decision.c.decision_id)
        )
        by = connection.execute(made_by).mappings().first()
        return Record(
            version=self._version_on(connection),
            row=dict(row),
            recipe=dict(by) if by is not None else None,
            decisions=[dict(each) for each in connection.execute(made).mappings()],
        )
