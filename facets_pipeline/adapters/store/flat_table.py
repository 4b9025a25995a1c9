"""The flat table `procedure_code_facets`: one row per active code, made from the codebook.

It is derived from the append-only tables and can be dropped at any time: `FlatTable.ensure` makes
it anew when the codebook changed, `FlatTable.refresh` fills it. Migrations leave it alone.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from facets_pipeline.adapters.store.codes import CODE_COLUMNS, in_force
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.hearings import hear
from facets_pipeline.adapters.store.moments import Utc
from facets_pipeline.adapters.store.pages import PAGE
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.schema import (
    active_recipe,
    code_history,
    decision,
    force_request,
    outcome,
    source_release,
)
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.validation import FlatRow, flat_row

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
    return sa.Table(
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
        sa.Column("updated_at", Utc),
        sa.Index(f"ix_{NAME}_category", "procedure_category", "code_system", "code"),
    )


class FlatTable:
    """The flat table of one store and codebook."""

    def __init__(self, database: Database, codebook: Codebook = CODEBOOK) -> None:
        self._database = database
        self._codebook = codebook
        self._metadata = sa.MetaData()
        self.table = flat_table(codebook, self._metadata)
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
            if not self._fits(connection):
                self._metadata.drop_all(connection)
                self._metadata.create_all(connection)

    def drop(self) -> None:
        """Drop the table; nothing is lost, `refresh` makes it again."""
        with self._database.write() as connection:
            self._metadata.drop_all(connection)

    def refresh(self, code_system: str, day: date) -> RefreshReport:
        """Bring the rows of `code_system` up to date; seconds if nothing changed.

        Each page is a transaction of its own: readers see old or new rows, and writers of other
        tables wait for a page, not for a system.
        """
        self.ensure()
        with self._database.read() as connection:
            made_from = self._made_from(connection, code_system, day)
            if self._recorded(connection, code_system) == made_from:
                return RefreshReport(self._count(connection, code_system), changed=False)
        rows, after = 0, ""
        while page := self._derive(code_system, day, after):
            self._write(page)
            rows += len(page)
            after = page[-1].code.code
        self._finish(code_system, day, made_from)
        return RefreshReport(rows, changed=True)

    def refresh_codes(self, code_system: str, day: date, codes: Sequence[str]) -> None:
        """Bring the rows of some codes up to date."""
        self.ensure()
        only = code_history.c.code.in_(codes)
        if page := self._derive(code_system, day, "", only):
            self._write(page)

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

    def spread(self, code_system: str | None, number: int) -> list[Mapping[str, Any]]:
        """Return up to `number` rows, spread evenly over the codes in their order."""
        self.ensure()
        columns = self.table.c
        place = sa.func.row_number().over(order_by=(columns.code_system, columns.code))
        ranked = sa.select(self.table, place.label("place"), sa.func.count().over().label("total"))
        if code_system is not None:
            ranked = ranked.where(columns.code_system == code_system)
        found = ranked.subquery()
        step = sa.case((found.c.total < number, 1), else_=found.c.total // number)
        query = (
            sa.select(*(found.c[column.name] for column in self.table.columns))
            .where((found.c.place - 1) % step == 0)
            .order_by(found.c.place)
            .limit(number)
        )
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def _fits(self, connection: sa.Connection) -> bool:
        inspector = sa.inspect(connection)
        if not inspector.has_table(NAME) or not inspector.has_table(self._state.name):
            return False
        found = [column["name"] for column in inspector.get_columns(NAME)]
        return found == [column.name for column in self.table.columns]

    def _derive(
        self, code_system: str, day: date, after: str, *only: sa.ColumnElement[bool]
    ) -> list[FlatRow]:
        query = (
            sa.select(*CODE_COLUMNS)
            .where(*in_force(code_system, day), code_history.c.code > after, *only)
            .order_by(code_history.c.code)
            .limit(PAGE)
        )
        with self._database.read() as connection:
            codes = [Code(*row) for row in connection.execute(query)]
            heard = hear(connection, code_system, codes, active_on(connection, code_system))
        return [flat_row(code, *heard[code.code], self._codebook) for code in codes]

    def _write(self, page: Sequence[FlatRow]) -> None:
        dialects = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
        query = dialects[self._database.dialect](self.table)
        updated = {
            column.name: query.excluded[column.name]
            for column in self.table.columns
            if not column.primary_key
        }
        query = query.on_conflict_do_update(index_elements=["code_system", "code"], set_=updated)
        with self._database.write() as connection:
            connection.execute(query, [_as_columns(row) for row in page])

    def _finish(self, code_system: str, day: date, made_from: str) -> None:
        columns = self.table.c
        conditions = in_force(code_system, day)
        active = sa.exists().where(*conditions, code_history.c.code == columns.code)
        state = self._state
        with self._database.write() as connection:
            gone = sa.delete(self.table).where(columns.code_system == code_system, ~active)
            connection.execute(gone)
            connection.execute(sa.delete(state).where(state.c.code_system == code_system))
            row = {"code_system": code_system, "made_from": made_from}
            connection.execute(sa.insert(state).values(row))

    def _count(self, connection: sa.Connection, code_system: str) -> int:
        query = sa.select(sa.func.count()).where(self.table.c.code_system == code_system)
        return int(connection.execute(query).scalar_one())

    def _recorded(self, connection: sa.Connection, code_system: str) -> str | None:
        state = self._state
        query = sa.select(state.c.made_from).where(state.c.code_system == code_system)
        return connection.execute(query).scalar_one_or_none()

    def _made_from(self, connection: sa.Connection, code_system: str, day: date) -> str:
        keys = (
            source_release.c.release_id,
            outcome.c.outcome_id,
            decision.c.decision_id,
            active_recipe.c.choice_id,
            force_request.c.force_id,
        )
        newest = [
            connection.execute(
                sa.select(sa.func.max(key)).where(key.table.c.code_system == code_system)
            ).scalar_one()
            for key in keys
        ]
        return json.dumps([*newest, day.isoformat(), self._codebook.digest])


def _as_columns(row: FlatRow) -> dict[str, object]:
    return {
        "code_system": row.code.code_system,
        "code": row.code.code,
        "descriptor": row.code.descriptor,
        **row.answer,
        "status": row.status.value,
        "opinions": row.provenance,
        "model": row.model,
        "recipe": row.recipe_id,
        "given": row.given,
        "decided": row.decided,
        "updated_at": row.updated_at,
    }
