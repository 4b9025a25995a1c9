"""The recipe of Claude's answers: all that decides them, from the codebook and the request plan.

How many codes share a request, and the room for the answer, are not part of it.
"""

import json

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.prompt import answer_schema, system_prompt
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.request_plan import RequestPlan

ANNOTATOR = "claude"
"""The name of this annotator in every recipe."""


def claude_recipe(plan: RequestPlan, codebook: Codebook = CODEBOOK) -> Recipe:
    """Return the recipe of what a model answers when it is asked by `plan`."""
    effort = f"effort {plan.effort}" if plan.effort else "no effort set"
    thinking = "thinking" if plan.thinks else "no thinking"
    return Recipe(
        annotator=ANNOTATOR,
        model=plan.model,
        label=f"codebook {codebook.version}, {effort}, {thinking}",
        content={
            "prompt": system_prompt(codebook),
            # The order of keys is kept: it decides the order in which the model answers.
            "schema": json.dumps(answer_schema(codebook)),
            "effort": plan.effort or "",
            "thinking": json.dumps(plan.thinking, sort_keys=True) if plan.thinking else "",
        },
    )
