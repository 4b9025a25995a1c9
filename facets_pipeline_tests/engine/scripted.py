"""An annotator that says what a test wrote down; what nothing is written for is a drug."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated
from facets_pipeline.domain.recipe import Recipe


@dataclass(frozen=True, slots=True)
class Scripted:
    """Answers as Claude would, from a table.

    Attributes:
        answers: Code to facet to value; what is left out is null.
    """

    answers: Mapping[str, Mapping[str, FacetValue]]

    @property
    def recipe(self) -> Recipe:
        """The same whatever the answers are."""
        return Recipe("claude", "scripted", "scripted", {"prompt": "Say what is written."})

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Return one opinion per code, in order."""
        return [self._of(code) for code in codes]

    def _of(self, code: Code) -> Opinion:
        answer = self.answers.get(code.code, {"procedure_category": "drug"})
        return {name: Stated(answer.get(name), "model", decided=False) for name in CODEBOOK.names}
