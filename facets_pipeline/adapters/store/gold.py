"""Gold labels and evaluations: the labels that count now, and how right the sources were over time.

What belongs here: keeping and reading them. What a gold file is stands in `sources/gold`, what an
evaluation counts in the domain.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.pages import pages
from facets_pipeline.adapters.store.schema import evaluation, gold_label, gold_release
from facets_pipeline.adapters.store.turns import Turn, take_turn
from facets_pipeline.domain.gold import GoldFile, GoldIssue, GoldLabels

Document = Mapping[str, Any]
"""One score as plain values."""


@dataclass(frozen=True, slots=True)
class KeptGold:
    """Labels as they are kept: their key, the labels, and how their files were read, in words."""

    gold_id: int
    labels: GoldLabels
    layouts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PastEvaluation:
    """What an evaluation found, and when (UTC)."""

    evaluated_at: datetime
    scores: tuple[Document, ...]


class Golds:
    """Keeps gold labels and evaluations in a store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def register(self, gold: GoldFile) -> KeptGold:
        """Make `gold` the labels that count from now on; the same again is not kept twice."""
        with self._database.write() as connection:
            take_turn(connection, Turn.LOAD)
            newest = _newest(connection)
            if newest is not None and newest.digest == gold.digest:
                return KeptGold(newest.gold_id, gold.labels, gold.layouts)
            row = {
                "files": list(gold.labels.files),
                "digest": gold.digest,
                "layouts": list(gold.layouts),
                "rows": gold.labels.rows,
                "issues": [asdict(issue) for issue in gold.labels.issues],
                "loaded_at": self._database.now(connection),
            }
            query = sa.insert(gold_release).values(row).returning(gold_release.c.gold_id)
            gold_id = int(connection.execute(query).scalar_one())
            for page in pages(_label_rows(gold_id, gold.labels)):
                connection.execute(sa.insert(gold_label), page)
        return KeptGold(gold_id, gold.labels, gold.layouts)

    def newest(self) -> KeptGold | None:
        """Return the labels that count now; None if none were ever registered."""
        with self._database.read() as connection:
            release = _newest(connection)
            if release is None:
                return None
            columns = gold_label.c
            query = sa.select(gold_label).where(columns.gold_id == release.gold_id)
            query = query.order_by(columns.code_system, columns.code, columns.facet)
            rows = connection.execute(query).all()
        cells = {row: (row.code_system, row.code, row.facet) for row in rows}
        labels = GoldLabels(
            values={cells[row]: row.value for row in rows if not row.listed_empty},
            not_applicable=frozenset(cells[row] for row in rows if row.listed_empty),
            notes={cells[row]: row.note for row in rows if row.note},
            files=tuple(release.files),
            rows=release.rows,
            issues=tuple(GoldIssue(**issue) for issue in release.issues),
        )
        return KeptGold(release.gold_id, labels, tuple(release.layouts))

    def record(self, gold_id: int, scores: Sequence[Document]) -> bool:
        """Keep what an evaluation found; return False where the last found the very same."""
        found = [dict(score) for score in scores]
        with self._database.write() as connection:
            take_turn(connection, Turn.LOAD)
            query = sa.select(evaluation.c.gold_id, evaluation.c.scores)
            last = connection.execute(
                query.order_by(evaluation.c.evaluation_id.desc()).limit(1)
            ).first()
            if last is not None and (last.gold_id, last.scores) == (gold_id, found):
                return False
            row = {
                "gold_id": gold_id,
                "scores": found,
                "evaluated_at": self._database.now(connection),
            }
            connection.execute(sa.insert(evaluation).values(row))
        return True

    def past(self, gold_id: int, most: int) -> list[PastEvaluation]:
        """Return the last `most` evaluations against the labels `gold_id`, the oldest first."""
        query = (
            sa.select(evaluation.c.evaluated_at, evaluation.c.scores)
            .where(evaluation.c.gold_id == gold_id)
            .order_by(evaluation.c.evaluation_id.desc())
            .limit(most)
        )
        with self._database.read() as connection:
            rows = connection.execute(query).all()
        return [PastEvaluation(row.evaluated_at, tuple(row.scores)) for row in reversed(rows)]


def _newest(connection: sa.Connection) -> sa.Row[Any] | None:
    query = sa.select(gold_release).order_by(gold_release.c.gold_id.desc()).limit(1)
    return connection.execute(query).first()


def _label_rows(gold_id: int, labels: GoldLabels) -> Iterator[dict[str, object]]:
    for cell in (*labels.values, *sorted(labels.not_applicable)):
        yield {
            "gold_id": gold_id,
            "code_system": cell[0],
            "code": cell[1],
            "facet": cell[2],
            "value": labels.values.get(cell),
            "listed_empty": cell in labels.not_applicable,
            "note": labels.notes.get(cell, ""),
        }
