"""How every answer leaves: headers, freshness, and errors as one sentence each.

Which answer it is stands in `app` and `pages`.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse

PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""A page may load its own style and nothing else: no script, whatever a descriptor holds."""

_ALWAYS: Final = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer"}

_LONGEST_QUOTE: Final = 60


def unchanged(request: Request, version: Callable[[], str]) -> Response | None:
    """Return 304 if the caller has the answer of the present state of the data, before it is made.

    Args:
        request: What was asked.
        version: Tells the present state; only called where the caller has an answer at all.
    """
    stated = request.headers.get("if-none-match", "")
    if not stated:
        return None
    fresh = _fresh(version())
    tags = {tag.strip().removeprefix("W/") for tag in stated.split(",")}
    return Response(status_code=304, headers=fresh) if tags & {fresh["ETag"], "*"} else None


def json_answer(document: dict[str, Any], data_version: str) -> Response:
    """Return a document of one state of the data."""
    return Response(_as_json(document), 200, _fresh(data_version), "application/json")


def page_answer(page: str, data_version: str) -> Response:
    """Return a page of one state of the data."""
    return HTMLResponse(page, 200, {**_fresh(data_version), "Content-Security-Policy": PAGE_POLICY})


def message_answer(page: str, status: int, headers: dict[str, str]) -> Response:
    """Return a page that says why there is no other one."""
    policy = {"Content-Security-Policy": PAGE_POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(page, status, {**_ALWAYS, **policy, **headers})


def problem_answer(sentence: str, status: int, headers: dict[str, str]) -> Response:
    """Return the document that says why there is no other one."""
    told = {**_ALWAYS, "Cache-Control": "no-store", **headers}
    return Response(_as_json({"detail": sentence}), status, told, "application/json")


def what_is_wrong(error: RequestValidationError) -> str:
    """Return one sentence about the first parameter that cannot be used."""
    first: dict[str, Any] = error.errors()[0]
    place: Sequence[Any] = first["loc"]
    name = str(place[1]) if len(place) > 1 else str(place[0])
    if first["type"] == "extra_forbidden":
        return (
            f"There is no parameter {_quoted(name)}: /openapi.json lists those there are, each "
            "with its values."
        )
    message = str(first["msg"]).removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{name} was given {_quoted(first.get('input'))}: it should be {message}."


@cache
def edition() -> str:
    """Return what changes when the pages themselves do: another edition is another answer."""
    folder = files("facets_pipeline.api")
    shown = [*folder.joinpath("templates").iterdir(), folder.joinpath("search.css")]
    content = b"".join(
        file.read_bytes() for file in sorted(shown, key=lambda file: file.name) if file.is_file()
    )
    told = version("facets-pipeline").encode() + content
    return hashlib.sha256(told).hexdigest()[:8]


def _fresh(data_version: str) -> dict[str, str]:
    # Kept by the reader's own cache alone (descriptors may be licensed), and asked for each time.
    return {**_ALWAYS, "ETag": _tag(data_version), "Cache-Control": "private, no-cache"}


def _tag(data_version: str) -> str:
    return f'"{data_version}-{edition()}"'


def _quoted(stated: object) -> str:
    text = repr(stated)
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


def _as_json(document: dict[str, Any]) -> bytes:
    return json.dumps(document, ensure_ascii=False, default=_plain).encode("utf-8")


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in a JSON document")
