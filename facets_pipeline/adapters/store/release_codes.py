"""The codes as they stood at a release: what each release listed, and with which text.

What belongs here: reading two releases side by side. Loading one is in `releases`.
"""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CODE_COLUMNS
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pages import PAGE
from facets_pipeline.adapters.store.schema import code_history, source_release
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import SettingsError


class ReleaseCodes:
    """Reads codes of a store as of its releases."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def release(self, code_system: str, wanted: str) -> tuple[int, str]:
        """Return key and label of the release called `wanted`; the last of several so called.

        Raises:
            SettingsError: There is none; the message lists those there are.
        """
        columns = source_release.c
        query = (
            sa.select(columns.release_id, columns.release, columns.file)
            .where(columns.code_system == code_system)
            .order_by(columns.release_id.desc())
        )
        with self._database.read() as connection:
            known = connection.execute(query).all()
        for row in known:
            if wanted.strip() in (row.release, row.file, str(row.release_id)):
                return row.release_id, row.release
        names = ", ".join(f"{row.release} ({row.file})" for row in reversed(known))
        raise SettingsError(
            f"No release {wanted!r} of {code_system} was loaded: name one of {names or 'none yet'}."
        )

    def pairs(
        self, code_system: str, releases: tuple[int, int]
    ) -> Iterator[tuple[dict[str, Code], dict[str, Code]]]:
        """Yield the codes of both releases, page by page in the order of the codes."""
        after = ""
        while page := self._page(code_system, after):
            before_and_after = self._at(code_system, page, releases)
            yield before_and_after
            after = page[-1]

    def _page(self, code_system: str, after: str) -> list[str]:
        query = (
            sa.select(code_history.c.code)
            .distinct()
            .where(code_history.c.code_system == code_system, code_history.c.code > after)
            .order_by(code_history.c.code)
            .limit(PAGE)
        )
        with self._database.read() as connection:
            return list(connection.execute(query).scalars())

    def _at(
        self, code_system: str, codes: list[str], releases: tuple[int, int]
    ) -> tuple[dict[str, Code], dict[str, Code]]:
        query = sa.select(
            *CODE_COLUMNS, code_history.c.from_release, code_history.c.until_release
        ).where(
            code_history.c.code_system == code_system,
            code_history.c.code.in_(codes),
            code_history.c.absent.is_(False),
        )
        with self._database.read() as connection:
            rows: list[Any] = list(connection.execute(query))
        first, second = (
            {
                row.code: Code(*row[: len(CODE_COLUMNS)])
                for row in rows
                if row.from_release <= release
                and (row.until_release is None or row.until_release > release)
            }
            for release in releases
        )
        return first, second
