"""Which annotator answers: as asked, or chosen by what is there."""

from enum import StrEnum

from facets_pipeline.domain.errors import AnnotatorError

NO_KEY = (
    "There is no key for the Claude API: set ANTHROPIC_API_KEY in the environment or in .env, or "
    "choose --annotator rules."
)
"""What is said where Claude is asked for and there is no key."""


class AnnotatorName(StrEnum):
    """What may be asked for."""

    AUTO = "auto"
    CLAUDE = "claude"
    RULES = "rules"


class Mode(StrEnum):
    """Two ways to ask Claude."""

    MESSAGES = "messages"
    """At once, as fast as the limits allow."""
    BATCHES = "batches"
    """Together, within hours, at half the price."""


class AskFor(StrEnum):
    """Which codes are asked about."""

    LAST = "last"
    """As chosen last for the code system; all if nothing was chosen."""
    ALL = "all"
    """Every code."""
    UNDECIDED = "undecided"
    """Codes of which the second opinion (headings, official tables) leaves a facet open."""


def choose_annotator(
    asked: AnnotatorName, code_system: str, *, has_key: bool, has_claude_answers: bool
) -> AnnotatorName:
    """Return who answers for `code_system`: never `AUTO`.

    By itself it is Claude if there is a key. Without one it is rules, but rules never take over
    from Claude by themselves: a system with Claude's answers needs a key, or an explicit choice.

    Raises:
        AnnotatorError: Claude is meant and there is no key.
    """
    if asked is AnnotatorName.RULES:
        return asked
    if has_key:
        return AnnotatorName.CLAUDE
    if asked is AnnotatorName.CLAUDE:
        raise AnnotatorError(NO_KEY)
    if has_claude_answers:
        raise AnnotatorError(
            f"{code_system} has answers by Claude and no key is set: set ANTHROPIC_API_KEY, or "
            f"choose --annotator rules to change over."
        )
    return AnnotatorName.RULES
