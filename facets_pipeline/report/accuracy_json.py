"""An evaluation as one JSON document for machines: every figure, every confusion, every row unused.

What belongs here: names and nesting. Counting is the domain's.
"""

from typing import Any

from facets_pipeline.domain.accuracy import Accuracy, Tally
from facets_pipeline.domain.confusion import Confusion, Given, NoAnswer
from facets_pipeline.domain.evaluation import Evaluation, Score


def evaluation_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return the account of the gold files and every score; shares and intervals from 0 to 1."""
    labels = evaluation.labels
    return {
        "gold": {
            "files": list(labels.files),
            "rows": labels.rows,
            "cells": len(labels.values),
            "codes": len({cell[:2] for cell in labels.values}),
            "cells_listed_empty": len(labels.not_applicable),
            "circular_cells": len(evaluation.circular),
            "issues": dict(labels.counts),
            "rows_with_issues": [
                {
                    "file": issue.file,
                    "row": issue.row,
                    "rule": issue.rule,
                    "message": issue.message,
                }
                for issue in labels.issues
            ],
        },
        "scores": [_score(score) for score in evaluation.scores],
    }


def _score(score: Score) -> dict[str, Any]:
    voice, accuracy = score.voice, score.accuracy
    return {
        "source": voice.source.value,
        "code_system": voice.code_system or "all",
        "answered_by": voice.title,
        "label": voice.label,
        "recipe": voice.recipe_id or None,
        "cells": tally_document(accuracy.cells),
        "cells_without_circular": tally_document(score.independent.cells),
        "codes": tally_document(accuracy.codes),
        "codes_without_circular": tally_document(score.independent.codes),
        "unanswered_codes": accuracy.unanswered,
        "filled_in": tally_document(score.filled_in),
        "facets": {facet: _facet(facet, score) for facet in accuracy.facets},
        "wrong": _wrong(accuracy),
    }


def tally_document(tally: Tally) -> dict[str, Any]:
    """Return counts, share and 95 % interval; the share is None where nothing was compared."""
    return {
        "right": tally.right,
        "total": tally.total,
        "share": tally.share if tally.total else None,
        "low": tally.interval.low,
        "high": tally.interval.high,
    }


def _facet(facet: str, score: Score) -> dict[str, Any]:
    confusion = score.accuracy.confusions[facet]
    independent = score.independent.facets.get(facet, Tally(0, 0))
    return {
        **tally_document(score.accuracy.facets[facet]),
        "without_circular": tally_document(independent),
        "macro_f1": confusion.macro_f1,
        "values": [
            {
                "value": value.value,
                "labelled": value.labelled,
                "given": value.given,
                "right": value.hits,
                "precision": value.precision,
                "recall": value.recall,
                "f1": value.f1,
            }
            for value in confusion.values
        ],
        "confusion": _confusion(confusion),
    }


def _confusion(confusion: Confusion) -> list[dict[str, Any]]:
    return [
        {"gold": gold, "given": _given(given), "answered": _answered(given), "cells": len(codes)}
        for (gold, given), codes in confusion.pairs.items()
    ]


def _wrong(accuracy: Accuracy) -> list[dict[str, Any]]:
    return [
        {"code_system": system, "code": code, "facet": facet, "gold": gold, "given": given}
        for (system, code, facet), gold, given in accuracy.wrong
    ]


def _given(given: Given) -> object:
    return None if isinstance(given, NoAnswer) else given


def _answered(given: Given) -> bool:
    return not isinstance(given, NoAnswer)
