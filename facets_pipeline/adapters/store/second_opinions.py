"""Second opinions of the active codes: a derived table, a row per code, free to make again.

Belongs here: keeping what rules and official tables say, up to date, so that rows are reconciled
and codes counted without working it out again. What they say is decided by the rules annotator
and `domain/official`. Nothing is lost by emptying the table: `refresh` fills it.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from facets_pipeline.adapters.annotators.rules import rules_content_hash, rules_opinion
from facets_pipeline.adapters.store.codes import in_force, last_turnover, page_of_codes
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.derived import count, finish, recorded
from facets_pipeline.adapters.store.kept_figures import kept
from facets_pipeline.adapters.store.newest_rows import newest_row
from facets_pipeline.adapters.store.schema import (
    reference_release,
    reference_value,
    second_opinion,
    second_opinion_state,
    source_release,
)
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.adapters.store.upserts import upsert
from facets_pipeline.domain.bases import BasisKind, kind_of, open_facets
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.official import OfficialValues, sharpened
from facets_pipeline.domain.opinions import Opinion, opinion_of, parts_of

MADE_BY = "1"
"""Version of the code that makes the rows; raise it when a row can change by code."""

Counts = Mapping[str, Mapping[BasisKind, int]]
"""Facet to how many values rest on which kind of basis."""


@dataclass(frozen=True, slots=True)
class SecondReport:
    """What a refresh did: codes with a second opinion now, and whether anything had changed."""

    codes: int
    changed: bool


class SecondOpinions:
    """The second opinions of one store."""

    def __init__(self, database: Database, codebook: Codebook = CODEBOOK) -> None:
        self._database = database
        self._codebook = codebook

    def refresh(self, code_system: str, day: date) -> SecondReport:
        """Bring the second opinions of `code_system` up to date, a page a transaction."""
        with self._database.read() as connection:
            basis = made_from(connection, self._codebook, code_system, day)
            if recorded(connection, second_opinion_state, code_system) == basis:
                known = count(connection, second_opinion, code_system)
                return SecondReport(known, changed=False)
        codes, after = 0, ""
        counts: dict[str, Counter[BasisKind]] = {}
        while page := self._renew(code_system, day, after, counts):
            codes += len(page)
            after = page[-1].code
        with self._database.write() as connection:
            take_turn(connection, Turn.SECOND)
            state = second_opinion_state
            found = {"counts": counts}
            finish(connection, second_opinion, state, code_system, day, basis, found)
        return SecondReport(codes, changed=True)

    def clear(self) -> None:
        """Empty the table; nothing is lost, `refresh` makes it again."""
        with self._database.write() as connection:
            take_turn(connection, Turn.SECOND)
            connection.execute(sa.delete(second_opinion))
            connection.execute(sa.delete(second_opinion_state))

    def of(self, code_system: str, codes: Sequence[str]) -> dict[str, Opinion]:
        """Return the second opinions on `codes`, up to a page of them; they must be fresh."""
        with self._database.read() as connection:
            return opinions_on(connection, code_system, codes)

    def counts(self, code_system: str) -> Counts:
        """Return by facet what the values of `code_system` rest on, as counted by `refresh`."""
        query = sa.select(second_opinion_state.c.counts).where(
            second_opinion_state.c.code_system == code_system
        )
        with self._database.read() as connection:
            counts: Mapping[str, Mapping[str, int]]
            counts = connection.execute(query).scalar_one_or_none() or {}
        return {
            facet: {BasisKind(kind): number for kind, number in kinds.items()}
            for facet, kinds in counts.items()
        }

    def enough(self, code_system: str) -> int:
        """Count the codes of `code_system` whose second opinion leaves nothing open."""

        def state(connection: sa.Connection) -> str:
            return recorded(connection, second_opinion_state, code_system) or ""

        def counted(connection: sa.Connection) -> int:
            query = sa.select(sa.func.count()).where(
                second_opinion.c.code_system == code_system, second_opinion.c.open_facets == 0
            )
            return connection.execute(query).scalar_one()

        return int(kept(self._database, code_system, "enough", state, counted))

    def _renew(
        self, code_system: str, day: date, after: str, counts: dict[str, Counter[BasisKind]]
    ) -> list[Code]:
        """Make a page of rows, and add what their values rest on to `counts`."""
        with self._database.write() as connection:
            take_turn(connection, Turn.SECOND)
            codes = page_of_codes(connection, in_force(code_system, day), after)
            if codes:
                official = _official(connection, [code.code for code in codes])
                opinions = [_opinion(code, official, self._codebook) for code in codes]
                rows = [
                    _row(code, opinion, self._codebook)
                    for code, opinion in zip(codes, opinions, strict=True)
                ]
                connection.execute(upsert(second_opinion, self._database.dialect), rows)
                _count(opinions, counts)
        return codes


def made_from(connection: sa.Connection, codebook: Codebook, code_system: str, day: date) -> str:
    """Return a text that changes whenever the second opinions of `code_system` may have to."""
    newest = _newest_references(connection)
    return json.dumps(
        [
            MADE_BY,
            rules_content_hash(),
            codebook.digest,
            sorted(newest.items()),
            newest_row(connection, source_release.c.release_id, code_system),
            last_turnover(connection, code_system, day),
        ]
    )


def opinions_on(
    connection: sa.Connection, code_system: str, codes: Sequence[str]
) -> dict[str, Opinion]:
    """Return the second opinions on `codes` within a transaction, by code."""
    query = sa.select(second_opinion.c.code, second_opinion.c.stated).where(
        second_opinion.c.code_system == code_system, second_opinion.c.code.in_(list(codes))
    )
    return {code: opinion_of(stated) for code, stated in connection.execute(query)}


def _opinion(code: Code, official: Mapping[str, OfficialValues], codebook: Codebook) -> Opinion:
    tables = official.get(code.code, OfficialValues())
    return sharpened(code.code_system, code.code, rules_opinion(code), tables, codebook)


def _count(opinions: Iterable[Opinion], counts: dict[str, Counter[BasisKind]]) -> None:
    for opinion in opinions:
        for facet, stated in opinion.items():
            counts.setdefault(facet, Counter())[kind_of(stated)] += 1


def _row(code: Code, opinion: Opinion, codebook: Codebook) -> dict[str, object]:
    return {
        "code_system": code.code_system,
        "code": code.code,
        "descriptor_hash": code.descriptor_hash,
        "stated": parts_of(opinion),
        "open_facets": len(open_facets(opinion, codebook.category.name)),
    }


def _official(connection: sa.Connection, codes: Sequence[str]) -> dict[str, OfficialValues]:
    found: dict[str, dict[str, Mapping[str, str]]] = {}
    for kind, reference_id in _newest_references(connection).items():
        query = sa.select(reference_value.c.code, reference_value.c.found).where(
            reference_value.c.reference_id == reference_id, reference_value.c.code.in_(codes)
        )
        for code, values in connection.execute(query):
            found.setdefault(code, {})[kind] = values
    return {
        code: OfficialValues(fees=tables.get("pprrvu", {}), taxonomy=tables.get("rbcs", {}))
        for code, tables in found.items()
    }


def _newest_references(connection: sa.Connection) -> dict[str, int]:
    query = sa.select(
        reference_release.c.kind, sa.func.max(reference_release.c.reference_id)
    ).group_by(reference_release.c.kind)
    return dict(connection.execute(query).all())
