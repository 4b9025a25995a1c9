"""Which annotator answers when nobody says, and when somebody does."""

import pytest

from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.engine.choice import AnnotatorName, choose_annotator

AUTO, RULES, CLAUDE = AnnotatorName.AUTO, AnnotatorName.RULES, AnnotatorName.CLAUDE


def chosen(asked: AnnotatorName, *, has_key: bool = False, answers: bool = False) -> AnnotatorName:
    """Return the choice for a system."""
    return choose_annotator(asked, "HCPCS", has_key=has_key, has_claude_answers=answers)


@pytest.mark.parametrize("answers", [False, True])
def test_what_is_asked_for_is_what_answers(answers: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    for has_key in (False, True):
        assert chosen(RULES, has_key=has_key, answers=answers) is RULES
    assert chosen(CLAUDE, has_key=True, answers=answers) is CLAUDE


@pytest.mark.parametrize("answers", [False, True])
def test_by_itself_it_is_claude_with_a_key(answers: bool) -> None:  # noqa: FBT001 - a parameter of pytest
    assert chosen(AUTO, has_key=True, answers=answers) is CLAUDE


def test_by_itself_it_is_rules_without_a_key_and_without_answers_of_claude() -> None:
    assert chosen(AUTO) is RULES


def test_rules_never_take_over_from_claude_by_themselves() -> None:
    with pytest.raises(AnnotatorError, match=r"HCPCS has answers by Claude .* ANTHROPIC_API_KEY"):
        chosen(AUTO, answers=True)


def test_claude_without_a_key_is_refused_with_the_remedy() -> None:
    with pytest.raises(AnnotatorError, match="set ANTHROPIC_API_KEY"):
        chosen(CLAUDE)
