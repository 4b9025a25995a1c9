"""Which JSON schemas structured outputs accept: keywords, objects, references, counts, size.

The published limits are enforced as published. The cap on the compiled grammar is not published;
`grammar_size` is this server's own measure, and its limit is a setting.
"""

import json
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import cast

from facets_pipeline_tests.claude_server.api_errors import ApiError, invalid

MAX_OPTIONAL = 24
MAX_UNIONS = 16
TYPES = frozenset({"object", "array", "string", "integer", "number", "boolean", "null"})
STRING_FORMATS = frozenset(
    {
        *("date-time", "time", "date", "duration", "email"),
        *("hostname", "uri", "ipv4", "ipv6", "uuid"),
    }
)
KEYWORDS = frozenset(
    {
        *("type", "properties", "required", "additionalProperties", "items", "enum", "const"),
        *("anyOf", "allOf", "$ref", "$defs", "definitions", "description", "title", "default"),
        *("format", "pattern", "minItems", "$schema"),
    }
)
UNSUPPORTED_PATTERN = re.compile(r"\(\?[=!<]|\\[bB1-9]")

Schema = Mapping[str, object]


def check_schema(schema: Schema, place: str, grammar_limit: int | None) -> None:
    """Check a schema of an answer or a strict tool.

    Args:
        schema: The JSON schema.
        place: Where it stands in the request, for messages.
        grammar_limit: Largest `grammar_size` accepted; None for no limit.

    Raises:
        ApiError: 400 with the first broken rule.
    """
    refusal = _verdict(json.dumps(schema, sort_keys=True), grammar_limit)
    if refusal is not None:
        raise invalid(f"{place}: {refusal}")


@lru_cache(maxsize=256)
def _verdict(text: str, grammar_limit: int | None) -> str | None:
    """Return why a schema is refused; kept, as the same schema comes with every request."""
    schema = cast("Schema", json.loads(text))
    try:
        _check_node(schema, "")
        _check_references(schema, schema, ())
        _check_counts(schema)
    except ApiError as error:
        return error.message
    if grammar_limit is not None and grammar_size(schema) > grammar_limit:
        return "The compiled grammar is too large, simplify the schema or use fewer enum values."
    return None


def grammar_size(schema: Schema) -> int:
    """Return the size of a schema: characters of all property names, enum and const values.

    A property that may be left out counts twice, since the grammar branches there.
    """
    size = 0
    for node in _nodes(schema):
        required = _names(node.get("required"))
        for name in _object(node.get("properties")):
            size += len(name) * (1 if name in required else 2)
        size += sum(len(json.dumps(value)) for value in _array(node.get("enum")))
        size += len(json.dumps(node["const"])) if "const" in node else 0
    return size


def _check_node(node: object, place: str) -> None:
    if not isinstance(node, dict):
        raise invalid(f"Schema at '{place or '/'}' must be an object")
    schema = cast("Schema", node)
    unknown = sorted(set(schema) - KEYWORDS)
    if unknown:
        kind = schema.get("type", "schema")
        raise invalid(f"For '{kind}' type, property '{unknown[0]}' is not supported (at '{place}')")
    _check_kind(schema, place)
    if schema.get("type") == "object" or "properties" in schema:
        _check_object(schema, place)
    _check_values(schema, place)
    for step, child in _children(schema):
        _check_node(child, f"{place}/{step}")


def _check_kind(schema: Schema, place: str) -> None:
    kind = schema.get("type")
    kinds = _array(cast("object", kind)) or [kind]
    if kind is not None and not all(one in TYPES for one in kinds):
        raise invalid(f"Schema type {kind!r} at '{place}' is not supported")
    if kind is None and not set(schema) & {"anyOf", "allOf", "$ref", "enum", "const"}:
        raise invalid(f"Schema at '{place or '/'}' must have a type, anyOf, allOf, $ref or enum")


def _check_object(schema: Schema, place: str) -> None:
    if schema.get("additionalProperties") is not False:
        raise invalid(
            f"For 'object' type, 'additionalProperties' must be explicitly set to false (at "
            f"'{place}')"
        )
    missing = [
        name
        for name in _names(schema.get("required"))
        if name not in _object(schema.get("properties"))
    ]
    if missing:
        raise invalid(f"Required property '{missing[0]}' is not in properties (at '{place}')")


def _check_values(schema: Schema, place: str) -> None:
    if "enum" in schema:
        values = _array(schema["enum"])
        if not values or any(isinstance(value, dict | list) for value in values):
            raise invalid(f"Enum at '{place}' must hold one or more plain values, no objects")
    if "minItems" in schema and schema["minItems"] not in (0, 1):
        raise invalid("For 'array' type, 'minItems' values other than 0 or 1 are not supported")
    if "format" in schema and schema["format"] not in STRING_FORMATS:
        raise invalid(f"For 'string' type, format {schema['format']!r} is not supported")
    if "pattern" in schema and UNSUPPORTED_PATTERN.search(str(schema["pattern"])):
        raise invalid(f"Pattern at '{place}' uses lookaround, back references or word boundaries")


def _check_references(root: Schema, node: Schema, trail: tuple[str, ...]) -> None:
    reference = node.get("$ref")
    if isinstance(reference, str):
        if reference in trail:
            raise invalid(f"Recursive schemas are not supported: '{reference}' refers to itself")
        target = resolve_reference(root, reference)
        if target is None:
            raise invalid(f"Reference '{reference}' is external or unknown, use '#/$defs/...'")
        _check_references(root, target, (*trail, reference))
    for step, child in _children(node):
        if not step.startswith(("$defs", "definitions")):
            _check_references(root, cast("Schema", child), trail)


def resolve_reference(root: Schema, reference: str) -> Schema | None:
    """Return the schema that `#/...` refers to within `root`; None if it is not there."""
    if not reference.startswith("#/"):
        return None
    node: object = root
    for step in reference[2:].split("/"):
        if not isinstance(node, dict) or step not in node:
            return None
        node = cast("Schema", node)[step]
    return cast("Schema", node) if isinstance(node, dict) else None


def _check_counts(schema: Schema) -> None:
    optional = unions = 0
    for node in _nodes(schema):
        properties = _object(node.get("properties"))
        optional += len(set(properties) - set(_names(node.get("required"))))
        unions += sum(_is_union(child) for child in properties.values())
    if optional > MAX_OPTIONAL:
        raise invalid(
            f"Schemas contains too many optional parameters ({optional}), which would make grammar "
            f"compilation inefficient: use at most {MAX_OPTIONAL}."
        )
    if unions > MAX_UNIONS:
        raise invalid(
            f"Schemas contains too many parameters with union types ({unions} parameters with type "
            f"arrays or anyOf): use at most {MAX_UNIONS}."
        )


def _is_union(schema: object) -> bool:
    node = _object(schema)
    return "anyOf" in node or isinstance(node.get("type"), list)


def _nodes(schema: Schema) -> Iterator[Schema]:
    yield schema
    for _, child in _children(schema):
        yield from _nodes(_object(child))


def _children(schema: Schema) -> Iterator[tuple[str, object]]:
    for keyword in ("properties", "$defs", "definitions"):
        for name, child in _object(schema.get(keyword)).items():
            yield f"{keyword}/{name}", child
    for keyword in ("anyOf", "allOf"):
        for index, child in enumerate(_array(schema.get(keyword))):
            yield f"{keyword}/{index}", child
    if "items" in schema:
        yield "items", schema["items"]


def _object(value: object) -> Schema:
    return cast("Schema", value) if isinstance(value, dict) else {}


def _array(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []


def _names(value: object) -> list[str]:
    return [str(name) for name in _array(value)]
