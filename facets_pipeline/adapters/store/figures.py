"""Counting for the report: figures of one code system, and of what was spent. Reads only."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import sqlalchemy as sa

from facets_pipeline.adapters.store.codes import CodeHistory
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.flat_table import FlatTable
from facets_pipeline.adapters.store.recipes import active_on
from facets_pipeline.adapters.store.releases import newest_on
from facets_pipeline.adapters.store.review_queue import queue_on
from facets_pipeline.adapters.store.row_counts import RowCounts, row_counts
from facets_pipeline.adapters.store.schema import call, finding, outcome, recipe
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.coverage import (
    CostFigures,
    FacetFigures,
    FindingFigures,
    ReviewItem,
    SourceFigures,
    SystemFigures,
)
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.money import NANO
from facets_pipeline.domain.recipe import answered_by
from facets_pipeline.domain.review import Waiting
from facets_pipeline.domain.rules import RULES
from facets_pipeline.domain.validation import Status

EXAMPLES = 20
"""How many codes are named for a finding or for the review."""


class Figures:
    """Counts what the report says; the flat table must be fresh."""

    def __init__(self, database: Database, flat: FlatTable, codebook: Codebook = CODEBOOK) -> None:
        self._database = database
        self._codes = CodeHistory(database)
        self._flat = flat
        self._codebook = codebook

    def of_system(
        self, code_system: str, day: date, *, with_examples: bool = True
    ) -> SystemFigures:
        """Return the figures of `code_system` on `day`.

        Args:
            code_system: The system.
            day: The day on which codes are active.
            with_examples: Whether codes are named: for that every row that waits is looked at.
        """
        counts = self._codes.counts(code_system, day)
        rows = row_counts(self._database, self._flat, code_system, self._codebook)
        status = rows.status
        with self._database.read() as connection:
            active = active_on(connection, code_system)
            newest = newest_on(connection, code_system)
            return SystemFigures(
                code_system=code_system,
                source=_source(newest) if newest is not None else None,
                annotator=active.recipe.title if active is not None else "nobody yet",
                active=counts.active,
                terminated=counts.terminated,
                not_yet_effective=counts.not_yet_effective,
                absent=counts.absent,
                answered=status[Status.VALID],
                stale=status[Status.STALE],
                in_review=status[Status.IN_REVIEW],
                pending=counts.active
                - sum(status[known] for known in Status if known is not Status.PENDING),
                decided=rows.decided / rows.given if rows.given else 0.0,
                facets=tuple(_facet(rows, name, counts.active) for name in self._codebook.names),
                findings=self._findings(connection, code_system)
                if with_examples and status[Status.IN_REVIEW]
                else (),
                review=self._review(connection, code_system)
                if with_examples and rows.waiting
                else (),
                in_doubt=rows.in_doubt,
            )

    def costs(self) -> tuple[CostFigures, ...]:
        """Return what was spent, by day (UTC) and annotator, newest day first."""
        day = sa.func.date(call.c.opened_at)
        if self._database.dialect == "postgresql":
            day = sa.func.date(sa.func.timezone("UTC", call.c.opened_at))
        add, total = sa.func.sum, sa.func.count
        query = (
            sa.select(
                day.label("day"),
                recipe.c.annotator,
                recipe.c.model,
                total().label("calls"),
                add(call.c.codes).label("codes"),
                add(call.c.input_tokens + call.c.cache_write_tokens).label("input_tokens"),
                add(call.c.cache_read_tokens).label("cached_tokens"),
                add(call.c.output_tokens).label("output_tokens"),
                add(call.c.cost_nano_usd).label("nano_usd"),
                add(sa.case((call.c.cost_nano_usd.is_(None), 1), else_=0)).label("unknown"),
                add(sa.case((call.c.state == "in_doubt", 1), else_=0)).label("in_doubt"),
            )
            .join(recipe, recipe.c.recipe_id == call.c.recipe_id)
            # What was turned away or never sent is no call that anybody was asked.
            .where(call.c.state.in_(("answered", "in_doubt")))
            .group_by(day, recipe.c.annotator, recipe.c.model)
            .order_by(day.desc(), recipe.c.annotator, recipe.c.model)
        )
        with self._database.read() as connection:
            return tuple(_cost(row) for row in connection.execute(query))

    def output_per_code(self, recipe_id: str) -> float | None:
        """Return the output tokens, thinking left out, that a code took; None if none was asked."""
        tokens = sa.func.sum(call.c.output_tokens - call.c.thinking_tokens)
        query = sa.select(tokens.label("tokens"), sa.func.sum(call.c.codes).label("codes")).where(
            call.c.recipe_id == recipe_id, call.c.state == "answered", call.c.mode != "local"
        )
        with self._database.read() as connection:
            row = connection.execute(query).one()
        return float(row.tokens) / float(row.codes) if row.codes else None

    def _review(self, connection: sa.Connection, code_system: str) -> tuple[ReviewItem, ...]:
        first = queue_on(connection, self._flat.table, code_system, self._codebook, EXAMPLES)
        return tuple(map(_review_item, first))

    def _findings(self, connection: sa.Connection, code_system: str) -> tuple[FindingFigures, ...]:
        columns = self._flat.table.c
        newest = (
            sa.select(sa.func.max(outcome.c.opinion_id))
            .where(
                outcome.c.code_system == columns.code_system,
                outcome.c.code == columns.code,
                outcome.c.recipe_id == columns.recipe,
            )
            .scalar_subquery()
        )
        query = (
            sa.select(finding.c.rule, finding.c.code)
            .join(
                self._flat.table,
                sa.and_(
                    columns.code_system == finding.c.code_system, columns.code == finding.c.code
                ),
            )
            .where(
                finding.c.code_system == code_system,
                columns.status == Status.IN_REVIEW.value,
                finding.c.opinion_id == newest,
            )
            .distinct()
        )
        codes: dict[str, list[str]] = {}
        for rule, code in connection.execute(query):
            codes.setdefault(rule, []).append(code)
        sentences = {rule.name: rule.sentence for rule in RULES}
        ranked = sorted(codes.items(), key=lambda item: (-len(item[1]), item[0]))
        return tuple(
            FindingFigures(rule, sentences[rule], len(found), tuple(sorted(found)[:EXAMPLES]))
            for rule, found in ranked
        )


def _facet(rows: RowCounts, facet: str, active: int) -> FacetFigures:
    found = rows.ranked(facet)
    with_value, empty = sum(found.values()), rows.values[facet][None]
    return FacetFigures(facet, with_value, empty, active - with_value - empty, found)


def _review_item(item: Waiting) -> ReviewItem:
    return ReviewItem(
        code=item.code,
        reason=item.why,
        facet=item.facet,
        said=shown(item.said),
        second=shown(item.second) if item.basis else "",
    )


def _source(newest: Mapping[str, Any]) -> SourceFigures:
    return SourceFigures(
        file=newest["file"],
        format=newest["format"],
        release=newest["release"],
        loaded_at=newest["loaded_at"],
        skipped=newest["counts"]["skipped"],
        refused=newest["counts"]["refused"],
        changes=newest["changes"],
    )


def _cost(row: sa.Row[*tuple[Any, ...]]) -> CostFigures:
    known = None if row.unknown else row.nano_usd
    return CostFigures(
        day=date.fromisoformat(str(row.day)),
        annotator=answered_by(row.annotator, row.model),
        calls=row.calls,
        codes=int(row.codes),
        input_tokens=int(row.input_tokens),
        cached_tokens=int(row.cached_tokens),
        output_tokens=int(row.output_tokens),
        usd=None if known is None else int(known) / NANO,
        in_doubt=int(row.in_doubt),
    )
