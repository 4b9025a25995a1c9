"""`facets prompt`: what would be sent to Claude for some codes, to the letter; nothing is sent."""

import itertools
import json
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from facets_pipeline.cli.options import (
    BatchSize,
    CodeSystem,
    DatabaseUrl,
    Json,
    Model,
    chosen_system,
    settings_with,
)
from facets_pipeline.cli.terminal import print_json
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, code_system
from facets_pipeline.domain.codes import Code, normalise_text
from facets_pipeline.domain.errors import SettingsError, SourceError
from facets_pipeline.domain.estimate import OUTPUT_TOKENS_PER_CODE, tokens_of
from facets_pipeline.domain.prompt import Question

if TYPE_CHECKING:
    from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator
    from facets_pipeline.adapters.store.store import Store


def prompt(
    code: Annotated[list[str], typer.Argument(help="The codes.", show_default=False)],
    *,
    text: Annotated[
        str, typer.Option("--text", help="A descriptor for one code, instead of the store's.")
    ] = "",
    code_system: CodeSystem = "",
    model: Model = "",
    batch_size: BatchSize = 0,
    db_url: DatabaseUrl = "",
    as_json: Json = False,
) -> None:
    """Print what would be sent to Claude for these codes: system prompt, question and parameters.

    The codes are grouped and ordered as a run would that has just these to ask. Nothing is sent.
    """
    from facets_pipeline.adapters.store.store import Store
    from facets_pipeline.defs.claude import ClaudeResource

    settings = settings_with(db_url)
    size = batch_size or settings.codes_per_request
    wanted = _by_system(code, chosen_system(code_system))
    if text and sum(map(len, wanted.values())) != 1:
        raise SettingsError("--text describes one code, but several are given: name just one.")
    with Store.open(settings.store_url) as store:
        found = {
            system: [_described(system, names[0], text)] if text else _loaded(store, system, names)
            for system, names in wanted.items()
        }
        requests = [
            _request(ClaudeResource().annotator(store, system, model), system, group)
            for system, codes in found.items()
            for group in _groups(codes, size)
        ]
    if as_json:
        print_json({"requests": requests})
        return
    for request, before in zip(requests, [None, *requests], strict=False):
        _show(request, is_first=before is None or before["recipe_id"] != request["recipe_id"])


def _by_system(texts: Sequence[str], asked: str | None) -> dict[str, list[str]]:
    """Return the codes by system, each once."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name = text.strip().upper()
        systems = [code_system(asked)] if asked else list(CODE_SYSTEMS.values())
        system = next((each for each in systems if each.is_code(name)), None)
        if system is None:
            raise SettingsError(
                f"{text!r} is not a code of {asked or ' or '.join(CODE_SYSTEMS)}: give codes such "
                f"as 99213 or J0120."
            )
        names = found.setdefault(system.name, [])
        if name not in names:
            names.append(name)
    return found


def _described(system: str, name: str, text: str) -> Code:
    return Code(system, name, long_descriptor=normalise_text(text))


def _loaded(store: "Store", system: str, names: list[str]) -> list[Code]:
    found = [
        code
        for chunk in sorted({chunk_of(name) for name in names})
        for code in store.codes.active(system, store.today(), chunk=chunk)
        if code.code in names
    ]
    missing = sorted(set(names) - {code.code for code in found})
    if missing:
        raise SourceError(
            f"{', '.join(missing)}: no such active {system} code in the store: load a file that "
            f"has it, or describe it with --text."
        )
    return found


def _groups(codes: list[Code], size: int) -> Iterator[list[Code]]:
    # In the order in which a run asks: chunk by chunk, and by code within.
    ordered = iter(sorted(codes, key=lambda code: (chunk_of(code.code), code.code)))
    while group := list(itertools.islice(ordered, size)):
        yield group


def _request(annotator: "ClaudeAnnotator", system: str, codes: list[Code]) -> dict[str, Any]:
    from facets_pipeline.adapters.annotators.claude.parameters import message_parameters

    asked = annotator.request(tuple(Question(code) for code in codes))
    prefix = tokens_of(asked.system) + tokens_of(json.dumps(asked.schema))
    return {
        "code_system": system,
        "codes": [code.code for code in codes],
        "recipe_id": annotator.recipe.recipe_id,
        "recipe": f"{annotator.recipe.title}, {annotator.recipe.label}",
        "estimated_tokens": {
            "cached_prefix": prefix,
            "question": tokens_of(asked.user),
            "answer": OUTPUT_TOKENS_PER_CODE * len(codes),
        },
        "parameters": message_parameters(asked),
    }


def _show(request: dict[str, Any], *, is_first: bool) -> None:
    sent = dict(request["parameters"])
    system, user = sent.pop("system")[0], sent.pop("messages")[0]
    schema = sent["output_config"].pop("format")["schema"]
    tokens = request["estimated_tokens"]
    prefix = {
        "recipe": f"{request['recipe']}\n{request['recipe_id']}",
        f"system prompt, with the schema about {tokens['cached_prefix']:,} tokens, cached": (
            system["text"]
        ),
        "answer schema": json.dumps(schema),
    }
    question = {
        f"user message, about {tokens['question']:,} tokens": user["content"],
        f"parameters; the answer takes about {tokens['answer']:,} tokens": json.dumps(
            {**sent, "cache_control": system["cache_control"]}
        ),
    }
    # What all requests of a recipe share is shown once.
    parts = {**prefix, **question} if is_first else question
    # Plain text: what stands here is compared and copied, so no style and no line is broken.
    for title, content in parts.items():
        sys.stdout.write(f"===== {title}\n{content}\n")
