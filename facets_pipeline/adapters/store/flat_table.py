"""The flat table `procedure_code_facets`: one row per active code, made from the codebook.

It is derived from the append-only tables and can be dropped at any time: `FlatTable.ensure` makes
it anew when the codebook changed, `FlatTable.refresh` fills it. Migrations leave it alone. How
its rows are derived is in `flat_rows`.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.derived import count, finish, recorded
from facets_pipeline.adapters.store.flat_rows import as_columns, derive, made_from
from facets_pipeline.adapters.store.flat_spread import spread_keys
from facets_pipeline.adapters.store.moments import Utc
from facets_pipeline.adapters.store.pages import PAGE, pages
from facets_pipeline.adapters.store.schema import code_history
from facets_pipeline.adapters.store.search_index import add_search_index
from facets_pipeline.adapters.store.second_opinions import SecondOpinions
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.adapters.store.upserts import upsert
from facets_pipeline.adapters.store.weighing import Backings, weigh
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.validation import FlatRow

NAME = "procedure_code_facets"
"""The table that SQL users and the search read."""


@dataclass(frozen=True, slots=True)
class RefreshReport:
    """What a refresh did: rows that stand now, and whether anything had changed at all."""

    rows: int
    changed: bool


def flat_table(codebook: Codebook, metadata: sa.MetaData | None = None) -> sa.Table:
    """Return the flat table for `codebook`: a column per facet, in its order."""
    facets = [
        sa.Column(facet.name, sa.Boolean if facet.is_truth_value else sa.Text)
        for facet in codebook.facets
    ]
    table = sa.Table(
        NAME,
        metadata if metadata is not None else sa.MetaData(),
        sa.Column("code_system", sa.Text, primary_key=True),
        sa.Column("code", sa.Text, primary_key=True),
        sa.Column("descriptor", sa.Text, nullable=False),
        *facets,
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("opinions", sa.JSON, nullable=False),
        sa.Column("model", sa.Text, nullable=False),
        sa.Column("recipe", sa.Text, nullable=False),
        sa.Column("given", sa.Integer, nullable=False),
        sa.Column("decided", sa.Integer, nullable=False),
        sa.Column("in_doubt", sa.Integer, nullable=False),
        sa.Column("updated_at", Utc),
        sa.Index(f"ix_{NAME}_category", "procedure_category", "code_system", "code"),
    )
    add_search_index(table, [facet.name for facet in facets])
    return table


def version_table(metadata: sa.MetaData | None = None) -> sa.Table:
    """Return the table whose rows change, by code system, whenever rows of the flat table do."""
    return sa.Table(
        f"{NAME}_version",
        metadata if metadata is not None else sa.MetaData(),
        sa.Column("code_system", sa.Text, primary_key=True),
        sa.Column("version", sa.Text, nullable=False, comment="drawn anew; means nothing"),
    )


class FlatTable:
    """The flat table of one store and codebook."""

    def __init__(
        self,
        database: Database,
        codebook: Codebook = CODEBOOK,
        second: SecondOpinions | None = None,
    ) -> None:
        self._database = database
        self._codebook = codebook
        self._second = second or SecondOpinions(database, codebook)
        self._metadata = sa.MetaData()
        self.table = flat_table(codebook, self._metadata)
        self._versions = version_table(self._metadata)
        self._state = sa.Table(
            f"{NAME}_state",
            self._metadata,
            sa.Column("code_system", sa.Text, primary_key=True),
            sa.Column("made_from", sa.Text, nullable=False),
        )

    def ensure(self) -> None:
        """Create the table; make it anew if its columns are not the codebook's."""
        with self._database.read() as connection:
            if self._fits(connection):
                return
        with self._database.write() as connection:
            take_turn(connection, Turn.FLAT)
            if not self._fits(connection):
                self._metadata.drop_all(connection)
                self._metadata.create_all(connection)

    def version_on(self, connection: sa.Connection, code_system: str) -> str:
        """Return what changes whenever rows of `code_system` do; empty if there never was one."""
        versions = self._versions.c
        query = sa.select(versions.version).where(versions.code_system == code_system)
        return connection.execute(query).scalar_one_or_none() or ""

    def drop(self) -> None:
        """Drop the table; nothing is lost, `refresh` makes it again."""
        with self._database.write() as connection:
            take_turn(connection, Turn.FLAT)
            self._metadata.drop_all(connection)

    def refresh(self, code_system: str, day: date) -> RefreshReport:
        """Bring the rows of `code_system` up to date; little is read if nothing changed.

        Second opinions are brought up to date first. Each page is a transaction of its own:
        readers see old or new rows, and writers of other tables wait for a page, not for a system.
        """
        self.ensure()
        self._second.refresh(code_system, day)
        with self._database.read() as connection:
            basis = made_from(connection, self._codebook, code_system, day)
            if recorded(connection, self._state, code_system) == basis:
                known = count(connection, self.table, code_system)
                return RefreshReport(known, changed=False)
            backings = weigh(connection, self._codebook, code_system, day)
        rows, after = 0, ""
        while page := self._renew(code_system, day, backings, after):
            rows += len(page)
            after = page[-1].code.code
        with self._database.write() as connection:
            take_turn(connection, Turn.FLAT)
            finish(connection, self.table, self._state, code_system, day, basis)
            self._renew_version(connection, code_system)
        return RefreshReport(rows, changed=True)

    def backings(self, code_system: str, day: date) -> Backings:
        """Return what second opinions may do, which are brought up to date first."""
        self._second.refresh(code_system, day)
        with self._database.read() as connection:
            return weigh(connection, self._codebook, code_system, day)

    def refresh_codes(
        self,
        code_system: str,
        day: date,
        codes: Sequence[str],
        backings: Backings | None = None,
    ) -> None:
        """Bring the rows of some codes up to date, by `backings` if they are known already."""
        self.ensure()
        backings = backings or self.backings(code_system, day)
        for page in pages(sorted(codes)):
            self._renew(code_system, day, backings, "", code_history.c.code.in_(page))

    def rows(
        self, code_system: str | None = None, codes: Sequence[str] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """Yield rows as mappings of column to value, by code system and code."""
        self.ensure()
        columns = self.table.c
        query = sa.select(self.table).order_by(columns.code_system, columns.code)
        if code_system is not None:
            query = query.where(columns.code_system == code_system)
        if codes is not None:
            query = query.where(columns.code.in_(codes))
        with self._database.read() as connection:
            result = connection.execute(query.execution_options(yield_per=PAGE))
            for row in result.mappings():
                yield dict(row)

    def answers_on(
        self, connection: sa.Connection, code_system: str
    ) -> Iterator[Mapping[str, Any]]:
        """Yield state and facets of every row, in order of the codes: columns of an index alone."""
        columns = self.table.c
        names = ("code_system", "code", "status", *self._codebook.names)
        query = (
            sa.select(*(columns[name] for name in names))
            .where(columns.code_system == code_system)
            .order_by(columns.code)
        )
        result = connection.execute(query.execution_options(yield_per=PAGE))
        for row in result.mappings():
            yield dict(row)

    def spread(self, code_system: str | None, number: int) -> list[Mapping[str, Any]]:
        """Return up to `number` rows, spread evenly over the codes in their order."""
        self.ensure()
        columns = self.table.c
        order = (columns.code_system, columns.code)
        query = sa.select(self.table).order_by(*order)
        with self._database.read() as connection:
            keys = spread_keys(connection, self.table, code_system, number)
            return [
                dict(row)
                for page in pages(keys)
                for row in connection.execute(query.where(sa.tuple_(*order).in_(page))).mappings()
            ]

    def _fits(self, connection: sa.Connection) -> bool:
        inspector = sa.inspect(connection)
        if not all(inspector.has_table(name) for name in self._metadata.tables):
            return False
        found = [
            (column["name"], isinstance(column["type"], sa.Boolean))
            for column in inspector.get_columns(NAME)
        ]
        return found == [
            (column.name, isinstance(column.type, sa.Boolean)) for column in self.table.columns
        ]

    def _renew(
        self,
        code_system: str,
        day: date,
        backings: Backings,
        after: str,
        *only: sa.ColumnElement[bool],
    ) -> list[FlatRow]:
        """Derive a page of rows and write it, in one turn: an older state never comes last."""
        with self._database.write() as connection:
            take_turn(connection, Turn.FLAT)
            page = derive(connection, self._codebook, code_system, day, backings, after, *only)
            if page:
                rows = [as_columns(row) for row in page]
                connection.execute(upsert(self.table, self._database.dialect), rows)
                self._renew_version(connection, code_system)
        return page

    def _renew_version(self, connection: sa.Connection, code_system: str) -> None:
        versions = self._versions
        connection.execute(sa.delete(versions).where(versions.c.code_system == code_system))
        row = {"code_system": code_system, "version": secrets.token_hex(8)}
        connection.execute(sa.insert(versions).values(row))
