"""The `rules` annotator as the engine sees it: embedded, offline, free, the same every time."""

from collections.abc import Sequence

from facets_pipeline.adapters.annotators.rules import (
    RULES_VERSION,
    rules_content_hash,
    rules_opinion,
)
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Opinion
from facets_pipeline.domain.recipe import Recipe


class RulesAnnotator:
    """Answers from code structure and descriptor rules; implements the engine's `Annotator`."""

    def __init__(self) -> None:
        self._recipe = Recipe(
            annotator="rules",
            model=RULES_VERSION,
            label=f"rules {RULES_VERSION}, codebook {CODEBOOK.version}",
            content={"rules": rules_content_hash(), "codebook": CODEBOOK.digest},
        )

    @property
    def recipe(self) -> Recipe:
        """The tables, the code and the codebook decide the answers."""
        return self._recipe

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Return one opinion per code, in order."""
        return [rules_opinion(code) for code in codes]
