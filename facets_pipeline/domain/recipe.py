"""The recipe: what decides an answer, as one hash. Labels are for people, the hash is what counts.

Codes per request, token limits, mode and neighbours are not part of it: they do not change what an
answer means. Together with a code's descriptor it makes the fingerprint under which an answer is
kept, so that a change of prompt, schema, model or descriptor re-asks exactly what it affects.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from facets_pipeline.domain.codes import Code


def answered_by(annotator: str, model: str) -> str:
    """Return who answered, in words for people: a model's name says its annotator already."""
    return model if model.startswith(annotator) else f"{annotator} {model}"


@dataclass(frozen=True, slots=True)
class Recipe:
    """One way of answering.

    Attributes:
        annotator: Who answers: "claude" or "rules".
        model: The model's name; the version for an annotator without models.
        label: For people, as "codebook 1.2, effort low".
        content: Everything that decides an answer, by name: prompt, schema, model, effort, ...
    """

    annotator: str
    model: str
    label: str
    content: Mapping[str, str]

    @property
    def recipe_id(self) -> str:
        """SHA-256 (hex) of annotator, model and content; the label does not count."""
        decides = json.dumps([self.annotator, self.model, dict(self.content)], sort_keys=True)
        return hashlib.sha256(decides.encode("utf-8")).hexdigest()

    @property
    def title(self) -> str:
        """Who answers, in words for people."""
        return answered_by(self.annotator, self.model)

    def fingerprint(self, code: Code) -> str:
        """Return the SHA-256 (hex) under which an answer for `code` is kept."""
        key = json.dumps([self.recipe_id, code.code_system, code.code, code.descriptor_hash])
        return hashlib.sha256(key.encode("utf-8")).hexdigest()
