"""What holds for every code and every text: the rules, a category, and the vocabularies."""

from hypothesis import given, settings
from hypothesis import strategies as st

from facets_pipeline.adapters.annotators.rules import rules_opinion
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import answer_of
from facets_pipeline.domain.rules import broken_rules

VOCABULARY = [
    *("new patient", "established patient", "visit", "level", "open", "laparoscopy", "5 mg"),
    *("percutaneous", "mammography", "eye", "ear", "knee", "brain", "home", "hospital", "imaging"),
    *("telehealth", "injection,", "with contrast", "without contrast", "complex", "limited"),
    *("bone density", "mental health", "diabetic shoe", "per diem", "measure", "endovascular"),
    *("breast", "head", "whole body", "dressing"),
]

codes = st.one_of(
    st.from_regex(r"[0-9]{4}[0-9FTUMA]", fullmatch=True).map(lambda code: ("CPT", code)),
    st.from_regex(r"[A-V][0-9]{4}", fullmatch=True).map(lambda code: ("HCPCS", code)),
)
texts = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(VOCABULARY), max_size=12).map(" ".join),
)


@settings(max_examples=400, deadline=None)
@given(codes, texts)
def test_no_code_and_no_text_break_a_rule_or_leave_the_category_out(
    key: tuple[str, str], text: str
) -> None:
    system, code = key
    answer = answer_of(rules_opinion(Code(system, code, long_descriptor=text)))
    assert answer["procedure_category"] is not None
    assert broken_rules(system, code, answer) == []


@settings(max_examples=200, deadline=None)
@given(codes, texts)
def test_every_value_is_in_the_vocabulary_of_its_facet(key: tuple[str, str], text: str) -> None:
    opinion = rules_opinion(Code(*key, long_descriptor=text))
    for facet in CODEBOOK.facets:
        assert opinion[facet.name].value in {None, *facet.vocabulary}
