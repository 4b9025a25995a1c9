"""Whether a value conforms to a JSON schema: the subset that structured outputs accept.

Written apart from the server's own reading of schemas, so that one can catch the other.
"""

from typing import Any, cast

PYTHON_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


def complaints(value: Any, schema: dict[str, Any], root: Any = None, at: str = "") -> list[str]:  # noqa: ANN401
    """Return what is wrong with a value, each with its place; nothing if it conforms."""
    root = schema if root is None else root
    if "$ref" in schema:
        target = root
        for step in schema["$ref"].removeprefix("#/").split("/"):
            target = target[step]
        return complaints(value, target, root, at)
    found = _of_value(value, schema, root, at)
    if not found and isinstance(value, dict):
        found = _of_object(cast("dict[str, Any]", value), schema, root, at)
    if not found and isinstance(value, list):
        found = _of_array(cast("list[Any]", value), schema, root, at)
    return found


def _of_value(value: object, schema: dict[str, Any], root: Any, at: str) -> list[str]:  # noqa: ANN401
    if "anyOf" in schema and all(complaints(value, one, root, at) for one in schema["anyOf"]):
        return [f"{at}: {value!r} fits no part of anyOf"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at}: {value!r} is not in the enum"]
    if "const" in schema and value != schema["const"]:
        return [f"{at}: {value!r} is not the constant"]
    if "type" in schema and not _is_of_type(value, schema["type"]):
        return [f"{at}: {value!r} is not of type {schema['type']}"]
    return []


def _of_array(value: list[Any], schema: dict[str, Any], root: Any, at: str) -> list[str]:  # noqa: ANN401
    found = [f"{at}: too few items"] if len(value) < schema.get("minItems", 0) else []
    for place, one in enumerate(value):
        found += complaints(one, schema.get("items", {}), root, f"{at}/{place}")
    return found


def _of_object(value: dict[str, Any], schema: dict[str, Any], root: Any, at: str) -> list[str]:  # noqa: ANN401
    properties = schema.get("properties", {})
    found = [
        f"{at}: {name!r} is missing" for name in schema.get("required", []) if name not in value
    ]
    found += [f"{at}: {name!r} is not allowed" for name in value if name not in properties]
    for name in value.keys() & properties.keys():
        found += complaints(value[name], properties[name], root, f"{at}/{name}")
    return found


def _is_of_type(value: object, wanted: str | list[str]) -> bool:
    names = [wanted] if isinstance(wanted, str) else wanted
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, PYTHON_TYPES[name]) for name in names)
