"""The trial of reconciliation, small: a slipping server, rules that are wrong on many codes."""

from collections import defaultdict

import pytest

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.rules import broken_rules
from facets_pipeline_tests.bench.codes import SYSTEM, code_set
from facets_pipeline_tests.bench.reconcile import judged
from facets_pipeline_tests.bench.slips import SLIPPING, contrary_labels, slip

COUNT = 240


@pytest.fixture(scope="module")
def codes() -> tuple[Code, ...]:
    """Some codes, spread over a release."""
    every = code_set().codes
    return every[:: max(1, len(every) // COUNT)][:COUNT]


def test_labels_contradict_the_rules_alike_on_every_code_and_keep_the_codebook(
    codes: tuple[Code, ...],
) -> None:
    assert all(code.code_system == SYSTEM.name for code in codes)
    labels = contrary_labels(codes, 0.3, seed=1)
    others: dict[tuple[str, str], set[object]] = defaultdict(set)
    same = cells = 0
    for code, answer in labels.items():
        assert broken_rules(code.code_system, code.code, answer) == []
        for facet, stated in rules_opinion(code).items():
            cells += 1
            same += answer[facet] == stated.value
            if answer[facet] != stated.value:
                others[facet, stated.basis].add(answer[facet])
    assert 0.7 < same / cells < 0.98
    assert {basis: values for basis, values in others.items() if len(values) > 1} == {}
    assert len(others) > 10


def test_every_tenth_code_gets_one_wrong_facet(codes: tuple[Code, ...]) -> None:
    labels = contrary_labels(codes, 0.3, seed=1)
    slipped = slip(labels, seed=2)
    wrong: dict[str, int] = {}
    for code, answer in labels.items():
        said = slipped.answers[code.code]
        wrong[code.code] = sum(said.get(facet) != value for facet, value in answer.items())
    assert {code.code for code in slipped.wrong} == {code for code, count in wrong.items() if count}
    assert len(slipped.wrong) == round(SLIPPING * len(codes))
    assert set(wrong.values()) == {0, 1}


def test_rows_are_better_than_either_opinion_and_a_person_sees_what_is_left(
    codes: tuple[Code, ...],
) -> None:
    found = judged(contrary_labels(codes, 0.3, seed=1), seed=2)
    assert found.reconciled > max(found.claude, found.second)
    assert found.reached >= 0.8
    assert found.asked <= 0.2
