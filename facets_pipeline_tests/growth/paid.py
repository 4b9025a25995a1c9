"""A local Claude API for any number of codes: no limits, and answers that the rules would give."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.codes import Code
from facets_pipeline_tests.claude_server import running_server
from facets_pipeline_tests.growth.third_system import LONGCODE, code_at, descriptors

ANSWERS = 600
"""Answers that are told apart: as many as there are descriptors."""


@contextmanager
def answering_server(folder: Path, codes: int) -> Generator[Mapping[str, str]]:
    """Run a server that knows so many codes; lend the settings under which it is asked."""
    answers: list[Mapping[str, object]] = []
    for (short, long), number in zip(descriptors(), range(ANSWERS), strict=False):
        opinion = rules_opinion(Code(LONGCODE.name, code_at(number), short, long))
        answers.append({f: s.value for f, s in opinion.items() if s.value is not None})
    path = folder / "answers.json"
    path.write_text(json.dumps({code_at(n): answers[n % ANSWERS] for n in range(codes)}))
    with running_server(facets_file=str(path)) as server:
        # The budget is out of the way: what is measured is not what it costs.
        yield {**server.environment, "FACETS_BUDGET_USD_PER_DAY": "100000"}
