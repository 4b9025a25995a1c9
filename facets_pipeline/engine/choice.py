"""Which annotator answers: as asked, or chosen by what is there."""

from enum import StrEnum

from facets_pipeline.domain.errors import AnnotatorError


class AnnotatorName(StrEnum):
    """What may be asked for."""

    AUTO = "auto"
    RULES = "rules"


def choose_annotator(asked: AnnotatorName, code_system: str, *, has_claude_answers: bool) -> str:
    """Return the name of the annotator that answers for `code_system`.

    Rules never take over from Claude by themselves: a system with Claude answers needs a key, or
    an explicit choice.

    Raises:
        AnnotatorError: Chosen by itself it would be rules, but Claude has answered before.
    """
    if asked is AnnotatorName.AUTO and has_claude_answers:
        raise AnnotatorError(
            f"{code_system} has answers by Claude and no key is set: set ANTHROPIC_API_KEY, or "
            f"choose --annotator rules to change over."
        )
    return AnnotatorName.RULES.value
