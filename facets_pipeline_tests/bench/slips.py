"""Labels that are known, and an annotator that slips on some of them. No test belongs here.

Labels come from a gold file, or from the rules themselves with what they say changed on some bases:
then the rules are wrong there, on every code alike, as they are on codes that nobody looked at.
"""

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, answer_of
from facets_pipeline.domain.rules import broken_rules

Labels = Mapping[Code, Mapping[str, FacetValue | None]]
"""Code to its labelled facets: all eleven, or those that a gold file has."""

SLIPPING: Final = 0.10
"""Share of the codes to which the annotator gives one wrong facet."""


@dataclass(frozen=True, slots=True)
class Slipped:
    """What an annotator says that slips.

    Attributes:
        answers: Code to facet to value, for the server's table.
        wrong: The codes on which it slipped.
    """

    answers: dict[str, dict[str, FacetValue]]
    wrong: frozenset[Code]


def gold_labels(gold: Path, texts: Mapping[str, str]) -> dict[Code, dict[str, FacetValue | None]]:
    """Return the labels of a gold file; `texts` has the descriptors of codes that have any."""
    found: dict[Code, dict[str, FacetValue | None]] = {}
    for (system, name, facet), value in read_gold([gold]).labels.values.items():
        code = Code(system, name, long_descriptor=texts.get(name, f"service {name}"))
        found.setdefault(code, {})[facet] = value
    return found


def contrary_labels(
    codes: Iterable[Code], share: float, seed: int
) -> dict[Code, dict[str, FacetValue | None]]:
    """Return labels that contradict the rules on a `share` of their bases.

    Every code that rests on such a basis has the same other value, where the codebook allows it.
    """
    draw = random.Random(seed)  # noqa: S311 - a trial, not a secret
    other: dict[tuple[str, str], FacetValue | None] = {}
    labels: dict[Code, dict[str, FacetValue | None]] = {}
    for code in codes:
        opinion = rules_opinion(code)
        answer = dict(answer_of(opinion))
        for facet, stated in opinion.items():
            if facet == CODEBOOK.category.name or stated.basis.startswith("not applicable"):
                continue
            key = (facet, stated.basis)
            if key not in other:
                change = draw.random() < share
                values = (*CODEBOOK.facet(facet).vocabulary, None)
                other[key] = draw.choice(values) if change else stated.value
            changed = {**answer, facet: other[key]}
            if not broken_rules(code.code_system, code.code, changed):
                answer = changed
        labels[code] = answer
    return labels


def slip(labels: Labels, seed: int) -> Slipped:
    """Return the labels with one facet of every tenth code replaced by any other value or none."""
    draw = random.Random(seed)  # noqa: S311 - a trial, not a secret
    codes = sorted(labels, key=lambda code: (code.code_system, code.code))
    wrong = frozenset(draw.sample(codes, round(SLIPPING * len(codes))))
    answers: dict[str, dict[str, FacetValue]] = {}
    for code in codes:
        answer = dict(labels[code])
        if code in wrong:
            facet = draw.choice(sorted(answer))
            values: list[FacetValue | None] = [*CODEBOOK.facet(facet).vocabulary]
            if facet != CODEBOOK.category.name:
                values.append(None)
            answer[facet] = draw.choice([value for value in values if value != answer[facet]])
        answers[code.code] = {name: value for name, value in answer.items() if value is not None}
    return Slipped(answers, wrong)
