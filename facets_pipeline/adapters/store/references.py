"""Official tables that the user loaded: one release each, one row of values per code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.schema import reference_release, reference_value
from facets_pipeline.adapters.store.turns import Turn, take_turn


@dataclass(frozen=True, slots=True)
class ReferenceReport:
    """What loading an official table did."""

    kind: str
    file: str
    release: str
    codes: int
    already_loaded: bool


class References:
    """Keeps official tables in a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def load(
        self,
        kind: str,
        file: str,
        digest: str,
        release: str,
        rows: Iterable[tuple[str, Mapping[str, str]]],
    ) -> ReferenceReport:
        """Record a table, all or nothing; a table that is the newest of its kind stays as it is.

        Args:
            kind: "pprrvu" or "rbcs".
            file: Name of the file.
            digest: SHA-256 (hex) of its bytes.
            release: Label of the release.
            rows: Code and values, one row per code.
        """
        with self._database.write() as connection:
            take_turn(connection, Turn.LOAD)
            newest = self._newest(connection, kind)
            if newest is not None and newest.digest == digest:
                codes = self._count(connection, newest.reference_id)
                return ReferenceReport(kind, file, release, codes, already_loaded=True)
            row = {
                "kind": kind,
                "file": file,
                "digest": digest,
                "release": release,
                "loaded_at": self._database.now(connection),
            }
            query = sa.insert(reference_release).values(row)
            key = connection.execute(query.returning(reference_release.c.reference_id)).scalar_one()
            codes = _insert_values(connection, key, rows)
            return ReferenceReport(kind, file, release, codes, already_loaded=False)

    def values(self, kind: str, codes: Iterable[str]) -> dict[str, Mapping[str, str]]:
        """Return what the newest table of `kind` says of each of `codes`; up to a page of them."""
        with self._database.read() as connection:
            newest = self._newest(connection, kind)
            if newest is None:
                return {}
            query = sa.select(reference_value.c.code, reference_value.c.found).where(
                reference_value.c.reference_id == newest.reference_id,
                reference_value.c.code.in_(list(codes)),
            )
            return dict(connection.execute(query).all())

    def releases(self) -> dict[str, str]:
        """Return kind and release of the newest table of each kind."""
        query = sa.select(reference_release.c.kind, reference_release.c.release).order_by(
            reference_release.c.reference_id
        )
        with self._database.read() as connection:
            return dict(connection.execute(query).all())

    def _newest(self, connection: sa.Connection, kind: str) -> sa.Row[int, str] | None:
        query = (
            sa.select(reference_release.c.reference_id, reference_release.c.digest)
            .where(reference_release.c.kind == kind)
            .order_by(reference_release.c.reference_id.desc())
            .limit(1)
        )
        return connection.execute(query).first()

    def _count(self, connection: sa.Connection, reference_id: int) -> int:
        query = sa.select(sa.func.count()).where(reference_value.c.reference_id == reference_id)
        return int(connection.execute(query).scalar_one())


def _insert_values(
    connection: sa.Connection, reference_id: int, rows: Iterable[tuple[str, Mapping[str, str]]]
) -> int:
    codes = 0
    for page in pages(rows):
        found = [
            {"reference_id": reference_id, "code": code, "found": dict(values)}
            for code, values in page
        ]
        connection.execute(sa.insert(reference_value), found)
        codes += len(page)
    return codes
