"""How a good answer is made a bad one: cut, refused, wrong codes, broken JSON.

Each keeps what a real bad answer keeps: it is a 200, it has usage, and it is billed.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import cast

Items = list[dict[str, object]]


def spoil(text: str, kind: str) -> str:
    """Return the answer's text as the fault of this kind leaves it.

    `truncated` and `refused` are not texts but ways to stop; they are made in `generation`.
    """
    if kind == "malformed_json":
        return text[: max(1, len(text) * 2 // 3)].rstrip("}]") + ",,"
    if kind == "empty_answer":
        return ""
    change = CHANGES.get(kind)
    if change is None:
        return text
    answer = cast("object", json.loads(text))
    items = find_items(answer)
    if items is None:
        return text
    change(items)
    return json.dumps(answer, separators=(",", ":"))


def find_items(answer: object) -> Items | None:
    """Return the first array of objects with a `code` at any depth; None if there is none."""
    if isinstance(answer, list):
        rows = cast("list[object]", answer)
        if rows and all(isinstance(row, dict) and "code" in row for row in rows):
            return cast("Items", rows)
        return _first(rows)
    if isinstance(answer, Mapping):
        return _first(list(cast("Mapping[str, object]", answer).values()))
    return None


def _first(values: Sequence[object]) -> Items | None:
    found = (find_items(value) for value in values)
    return next((items for items in found if items is not None), None)


def _wrong_code(items: Items) -> None:
    items[0]["code"] = _other_code(str(items[0]["code"]))


def _other_code(code: str) -> str:
    """Return a code of the same shape that was not asked for."""
    digits = {str(digit): str((digit + 7) % 10) for digit in range(10)}
    return "".join(digits.get(character, character) for character in code)


def _swapped_codes(items: Items) -> None:
    if len(items) > 1:
        items[0]["code"], items[1]["code"] = items[1]["code"], items[0]["code"]


def _missing_code(items: Items) -> None:
    items.pop()


def _extra_code(items: Items) -> None:
    items.append({**items[0], "code": _other_code(str(items[0]["code"]))})


def _invalid_enum(items: Items) -> None:
    for name, value in items[0].items():
        if name != "code" and isinstance(value, str):
            items[0][name] = f"not_a_{name}"
            return


def _upper_case(items: Items) -> None:
    for item in items:
        for name, value in item.items():
            if name != "code" and isinstance(value, str):
                item[name] = value.upper()


CHANGES: Mapping[str, Callable[[Items], None]] = {
    "wrong_code": _wrong_code,
    "swapped_codes": _swapped_codes,
    "missing_code": _missing_code,
    "extra_code": _extra_code,
    "invalid_enum": _invalid_enum,
    "upper_case": _upper_case,
}
