"""Pages of a list, as the API cuts them: newest first, cursors before and after an id."""

from collections.abc import Mapping, Sequence

from facets_pipeline_tests.claude_server.api_errors import invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 1000

Row = Mapping[str, object]


def cut_page(rows: Sequence[Row], query: Mapping[str, str]) -> dict[str, object]:
    """Return one page.

    Args:
        rows: All rows, newest first, each with an `id`.
        query: The query's `limit`, `before_id` and `after_id`.

    Raises:
        ApiError: 400 for a limit out of range, both cursors, or a cursor that is not in the list.
    """
    limit = _limit(query.get("limit"))
    before, after = query.get("before_id"), query.get("after_id")
    if before and after:
        raise invalid("before_id, after_id: only one of them may be given")
    if before:
        preceding = rows[: _place(rows, before, "before_id")]
        data, has_more = preceding[-limit:], len(preceding) > limit
    else:
        following = rows[_place(rows, after, "after_id") + 1 :] if after else rows
        data, has_more = following[:limit], len(following) > limit
    return {
        "data": list(data),
        "has_more": has_more,
        "first_id": data[0]["id"] if data else None,
        "last_id": data[-1]["id"] if data else None,
    }


def _limit(given: str | None) -> int:
    if given is None:
        return DEFAULT_LIMIT
    if not given.isdecimal() or not 1 <= int(given) <= MAX_LIMIT:
        raise invalid(f"limit: Input should be between 1 and {MAX_LIMIT}, not {given!r}")
    return int(given)


def _place(rows: Sequence[Row], row_id: str, name: str) -> int:
    for place, row in enumerate(rows):
        if row["id"] == row_id:
            return place
    raise invalid(f"{name}: {row_id!r} is not in the list")
