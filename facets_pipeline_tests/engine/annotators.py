"""An annotator to read and to trust: it answers what the first word of a descriptor says."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.errors import AnnotatorError
from facets_pipeline.domain.opinions import FacetValue, Opinion, Stated
from facets_pipeline.domain.recipe import Recipe

BREAKS_A_RULE = "broken"
"""A descriptor that starts with this word gets a drug with a place: R9 forbids it."""


@dataclass(slots=True)
class FirstWord:
    """Gives each code the category that its descriptor starts with.

    Attributes:
        name: Who it says it is: "rules", "claude" or whatever a test needs.
        model: Its model.
        prompt: Another prompt is another recipe.
        fails_on: Codes at which it gives up.
        asked: Every code that it was asked about, in order.
    """

    name: str = "claude"
    model: str = "first-word-1"
    prompt: str = "Say the first word."
    fails_on: Collection[str] = ()
    asked: list[str] = field(default_factory=list[str])

    @property
    def recipe(self) -> Recipe:
        """Name, model and prompt decide its answers."""
        return Recipe(self.name, self.model, f"{self.name} {self.model}", {"prompt": self.prompt})

    def annotate(self, codes: Sequence[Code]) -> list[Opinion]:
        """Return one opinion per code, in order."""
        self.asked += [code.code for code in codes]
        for code in codes:
            if code.code in self.fails_on:
                raise AnnotatorError(f"{code.code} cannot be answered.")
        return [first_word(code) for code in codes]


def first_word(code: Code) -> Opinion:
    """Return what the annotator says of one code."""
    word = code.descriptor.partition(" ")[0]
    answer: dict[str, FacetValue | None] = {"procedure_category": word}
    if word == BREAKS_A_RULE:
        answer = {"procedure_category": "drug", "service_location": "office"}
    return {facet: Stated(value, "first word", decided=False) for facet, value in answer.items()}
