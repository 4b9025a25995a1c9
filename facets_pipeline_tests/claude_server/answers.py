"""What the model says: the codes found in a prompt, and an answer that its schema allows.

The default answerer knows nothing of this project's prompt: it finds JSON objects with a `code` in
the last user message, and fills the schema with values from a table, else by a hash of the code.
"""

import hashlib
import importlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from facets_pipeline_tests.claude_server.request_shape import as_mapping, as_sequence
from facets_pipeline_tests.claude_server.schema_rules import resolve_reference

Facets = Mapping[str, object]
Schema = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ask:
    """What an answerer is asked.

    Attributes:
        model: Id of the model.
        effort: Effort level; None if the model has none.
        system: Text of the system prompt.
        text: Text of the last user message.
        items: The JSON objects with a `code` in that text, in its order.
        schema: JSON schema of the answer; None for free text.
    """

    model: str
    effort: str | None
    system: str
    text: str
    items: Sequence[Mapping[str, object]]
    schema: Schema | None

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes asked for, in the order of the prompt."""
        return tuple(str(item["code"]) for item in self.items)


Answerer = Callable[[Ask], str]


def find_code_items(text: str) -> list[Mapping[str, object]]:
    """Return the JSON objects with a `code` that stand in a text, not those inside of strings."""
    decoder = json.JSONDecoder()
    found: list[Mapping[str, object]] = []
    position = 0
    while (start := _next_bracket(text, position)) is not None:
        try:
            value, position = decoder.raw_decode(text, start)
        except json.JSONDecodeError:
            position = start + 1
            continue
        found.extend(_code_items(cast("object", value)))
    return found


def _next_bracket(text: str, position: int) -> int | None:
    starts = [at for at in (text.find("[", position), text.find("{", position)) if at >= 0]
    return min(starts, default=None)


def _code_items(value: object) -> Iterator[Mapping[str, object]]:
    item = as_mapping(value)
    if item is not None and isinstance(item.get("code"), str):
        yield item
        return
    children = item.values() if item is not None else as_sequence(value) or ()
    for child in children:
        yield from _code_items(child)


class TableAnswerer:
    """The default answerer.

    Args:
        table: Facets by code. A facet that is absent or None is left out where the schema allows.
            A code that is not in the table gets its required facets by a hash, and no others.
    """

    def __init__(self, table: Mapping[str, Facets]) -> None:
        self.table: dict[str, Facets] = dict(table)

    def __call__(self, ask: Ask) -> str:
        """Return the answer's text."""
        if ask.schema is None:
            return "Read: " + (", ".join(ask.codes) or "no code")
        answer = self._fill(ask.schema, ask.schema, ask.codes, None)
        return json.dumps(answer, separators=(",", ":"))

    def _fill(self, root: Schema, schema: Schema, codes: Sequence[str], hint: str | None) -> object:
        """Return a value of a schema; `hint` makes different places differ."""
        node = _resolved(root, schema)
        if "properties" in node:
            return self._object(root, node, codes, hint)
        if node.get("type") == "array" or "items" in node:
            inner = cast("Schema", node.get("items", {}))
            if "code" in cast("Schema", _resolved(root, inner).get("properties", {})):
                return [self._fill(root, inner, (code,), code) for code in codes]
            return [self._fill(root, inner, codes, hint)] if node.get("minItems") else []
        return _plain_value(root, node, hint or "")

    def _object(
        self, root: Schema, node: Schema, codes: Sequence[str], hint: str | None
    ) -> dict[str, object]:
        properties = cast("Mapping[str, Schema]", node["properties"])
        required = cast("Sequence[str]", node.get("required", []))
        code = codes[0] if codes and "code" in properties else None
        facets: Facets = self.table.get(code, {}) if code is not None else {}
        answer: dict[str, object] = {}
        for name in sorted(properties, key=lambda one: one not in required):
            known = facets.get(name)
            if name == "code" and code is not None:
                answer[name] = code
            elif known is not None and allows(root, properties[name], known):
                answer[name] = known
            elif name in required:
                answer[name] = self._fill(root, properties[name], codes, f"{hint}:{name}")
        return answer


def _resolved(root: Schema, schema: Schema) -> Schema:
    reference = schema.get("$ref")
    target = resolve_reference(root, reference) if isinstance(reference, str) else None
    return _resolved(root, target) if target is not None else schema


def allows(root: Schema, schema: Schema, value: object) -> bool:
    """Tell whether a plain value may stand where the schema is."""
    node = _resolved(root, schema)
    options = as_sequence(node.get("anyOf"))
    if options is not None:
        return any(allows(root, cast("Schema", option), value) for option in options)
    if "enum" in node:
        return value in cast("Sequence[object]", node["enum"])
    if "const" in node:
        return value == node["const"]
    kinds = as_sequence(node.get("type")) or [node.get("type")]
    return _kind(value) in kinds


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return "integer" if isinstance(value, int) else "number"
    return "string"


def _plain_value(root: Schema, node: Schema, hint: str) -> object:
    options = as_sequence(node.get("anyOf"))
    if options is not None:
        return _plain_value(root, _resolved(root, cast("Schema", _choose(options, hint))), hint)
    if "enum" in node:
        return _choose(cast("Sequence[object]", node["enum"]), hint)
    if "const" in node:
        return node["const"]
    kinds = as_sequence(node.get("type")) or [node.get("type")]
    values: Mapping[object, object] = {
        "boolean": _choose([True, False], hint),
        "integer": 1,
        "number": 1.5,
        "null": None,
        "object": {},
        "array": [],
    }
    return values.get(kinds[0], "text")


def _choose(options: Sequence[object], hint: str) -> object:
    digest = hashlib.sha256(hint.encode()).digest()
    return options[int.from_bytes(digest[:4], "big") % len(options)]


def load_answerer(name: str) -> Answerer:
    """Return the answerer that "module:function" names.

    Raises:
        ValueError: If the name has no such form.
    """
    module, _, function = name.partition(":")
    if not function:
        raise ValueError(f"The answerer is {name!r}, expected 'module:function'.")
    return cast("Answerer", getattr(importlib.import_module(module), function))
