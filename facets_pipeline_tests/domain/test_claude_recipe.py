"""The recipe of Claude's answers, and that its label changes with its content."""

import dataclasses
import hashlib
import json

from facets_pipeline.domain.claude_recipe import claude_recipe
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.models import shipped_models
from facets_pipeline.domain.recipe import Recipe
from facets_pipeline.domain.request_plan import plan_request

CONTENT_BY_VERSION = {
    "1.2": "ff21d4c4b6cb06125814995c53e6ced44d11f957dd02daaf30834b9535cae370",
    "1.3": "eb1c38fbcc5c1b9014329438bf6d61e8504f88d833640c9be0bdf105eccf6015",
}
"""SHA-256 of prompt and schema, per version of the codebook. Add a line, never change one."""


def recipe_of(model: str, effort: str | None = None) -> Recipe:
    facts = shipped_models().known_model(model)
    assert facts is not None
    return claude_recipe(plan_request(facts, effort=effort))


def test_a_version_of_the_codebook_names_one_prompt_and_schema_for_ever() -> None:
    content = recipe_of("claude-sonnet-5-5").content
    digest = hashlib.sha256((content["prompt"] + content["schema"]).encode()).hexdigest()
    assert CONTENT_BY_VERSION.get(CODEBOOK.version) == digest, (
        "Prompt or schema changed: raise the version of the codebook and add its line here."
    )


def test_the_label_tells_version_effort_and_thinking() -> None:
    version = CODEBOOK.version
    labels = {name: recipe_of(name).label for name in ("claude-sonnet-5-5", "claude-opus-5-5")}
    assert labels["claude-sonnet-5-5"] == f"codebook {version}, effort low, no thinking"
    assert labels["claude-opus-5-5"] == f"codebook {version}, effort low, thinking"
    assert recipe_of("claude-haiku-4-5").label.endswith("no effort set, no thinking")


def test_model_effort_prompt_and_schema_decide_the_recipe() -> None:
    recipes = [
        recipe_of("claude-sonnet-5-5"),
        recipe_of("claude-sonnet-5-5", effort="medium"),
        recipe_of("claude-haiku-5-5"),
    ]
    facts = shipped_models().models[0]
    changed = dataclasses.replace(CODEBOOK, principles=(*CODEBOOK.principles, "One more."))
    recipes.append(claude_recipe(plan_request(facts), changed))
    assert len({recipe.recipe_id for recipe in recipes}) == 4
    assert recipe_of("claude-sonnet-5-5").recipe_id == recipes[0].recipe_id


def test_the_schema_keeps_its_order_of_facets() -> None:
    schema = json.loads(recipe_of("claude-sonnet-5-5").content["schema"])
    properties = schema["properties"]["answers"]["items"]["properties"]
    assert list(properties) == ["code", *CODEBOOK.names]
