"""The coverage report as Markdown: for Dagster's metadata, terminals and mail.

What belongs here: the order of the page and the Markdown of a table. The words and the figures are
those of the HTML page, from `sentences`, `costs` and `tables`.
"""

import re

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.coverage import CoverageFigures, FacetFigures, SystemFigures
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.report import costs, sentences, tables
from facets_pipeline.report.accuracy import accuracy_markdown
from facets_pipeline.report.tables import Column, Table
from facets_pipeline.report.words import first_sentence, moment

_SPECIAL = re.compile(r"[\\`*\[\]<>|~&]|(?<!\w)_|_(?!\w)")
"""What Markdown would take for markup; an underscore inside a word is none."""


def render_markdown(figures: CoverageFigures, codebook: Codebook = CODEBOOK) -> str:
    """Return the report as Markdown with the same figures as the HTML page.

    Args:
        figures: What was counted.
        codebook: Gives the facets' titles, order and meanings.
    """
    made = f"Coverage report · {moment(figures.made_at)} · codebook {figures.codebook_version}"
    blocks = [f"# {_safe(sentences.headline(figures))}", _safe(made)]
    if not figures.systems:
        blocks.append("Load a code file with `facets load FILE`.")
    if len(figures.systems) > 1:
        blocks.append(_table(tables.overview_table(figures.systems)))
    for system in figures.systems:
        blocks.extend(_system(system, codebook))
    if figures.accuracy:
        blocks.extend(accuracy_markdown(figures.accuracy, figures.trend, _table, _safe))
    blocks.extend(["## Cost", _safe(costs.cost(figures.costs))])
    if figures.costs:
        blocks.append(_table(costs.cost_table(figures.costs)))
    blocks.extend(["## What each facet means", _glossary(codebook)])
    method = sentences.method(figures, codebook)
    blocks.extend(["## How this report was made", *(_safe(sentence) for sentence in method)])
    return "\n\n".join(blocks) + "\n"


def _system(system: SystemFigures, codebook: Codebook) -> list[str]:
    told = f"{sentences.system_headline(system)}. {sentences.remainder(system)}"
    blocks = [f"## {_safe(system.code_system)}", _safe(told)]
    if system.active:
        blocks.append(_table(tables.state_table(system)))
    told_by = f"Answered by {system.annotator}." if system.annotator else "Nobody answered yet."
    counted = (
        sentences.not_counted(system),
        *sentences.decided(system),
        *sentences.broken(system),
        told_by,
    )
    blocks.append(_safe(" ".join(counted)))
    if system.facets and system.active:
        values = "\n".join(f"- {_distribution(facet, codebook)}" for facet in system.facets)
        blocks.extend(["### Facets", _table(tables.facet_table(system, codebook))])
        blocks.extend(["### Values", values])
    blocks.extend(["### Findings", _table_or(tables.finding_table(system), "No rule is broken.")])
    blocks.extend(_open_codes(system))
    blocks.extend(_source(system))
    return blocks


def _open_codes(system: SystemFigures) -> list[str]:
    told = _safe(f"{sentences.pending(system)} {sentences.review(system)}")
    listing = [_table(tables.review_table(system))] if system.review else []
    return ["### Open codes", told, *listing]


def _source(system: SystemFigures) -> list[str]:
    blocks = ["### Source", _safe(sentences.source(system.source))]
    if system.source is not None:
        blocks.append(_safe(sentences.changes(system.source)))
        left_out = tables.left_out_table(system.source)
        blocks.append(_table_or(left_out, "Every row of the source was used."))
    return blocks


def _distribution(facet: FacetFigures, codebook: Codebook) -> str:
    table = tables.distribution_table(facet, codebook)
    values = "; ".join(f"{name} {number} ({share})" for name, number, share in table.rows)
    return f"**{_safe(table.caption)}:** {_safe(values or 'no code has a value')}"


def _glossary(codebook: Codebook) -> str:
    return "\n".join(
        f"- **{_safe(facet.title)}** (`{facet.name}`): {_safe(first_sentence(facet.definition))}"
        for facet in codebook.facets
    )


def _table_or(table: Table, otherwise: str) -> str:
    return _table(table) if table.rows else otherwise


def _table(table: Table) -> str:
    headings = tuple(column.title for column in table.columns)
    lines = [_line(headings), f"| {' | '.join(_rule(column) for column in table.columns)} |"]
    lines.extend(_line(row) for row in table.rows)
    if table.total:
        lines.append(_line(table.total))
    return "\n".join(lines)


def _line(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(_safe(cell) for cell in cells)} |"


def _rule(column: Column) -> str:
    return "---:" if column.is_figure else "---"


def _safe(text: str) -> str:
    """Return `text` so that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(lambda match: f"\\{match.group()}", " ".join(text.split()))
