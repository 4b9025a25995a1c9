"""Safe HTML from text: whatever is not known to be markup is escaped.

What belongs here: elements and escaping. What an element is for stands in `charts` and `html`.
"""

import re
from html import escape

_SHARE = re.compile(r"(\(?<?[0-9.]+ %\)?)")


class Html(str):
    """Text that is markup already; every other text is escaped when it becomes a child."""

    __slots__ = ()


def join(*children: str) -> Html:
    """Return `children` one after another: markup as it is, other text escaped."""
    return Html("".join(child if isinstance(child, Html) else escape(child) for child in children))


def element(tag: str, *children: str, **attributes: str) -> Html:
    """Return `<tag attributes>children</tag>`.

    Attribute names: "class_" is written "class", "data_label" is "data-label". Values are escaped.
    """
    return Html(f"<{tag}{_written(attributes)}>{join(*children)}</{tag}>")


def void(tag: str, **attributes: str) -> Html:
    """Return an element that has no children, as `<meta ...>`."""
    return Html(f"<{tag}{_written(attributes)}>")


def prose(text: str, tag: str = "p", **attributes: str) -> Html:
    """Return `text` as a paragraph in which no line breaks inside a share."""
    pieces = _SHARE.split(text)
    marked = [
        element("span", piece, class_="share") if number % 2 else piece
        for number, piece in enumerate(pieces)
    ]
    return element(tag, *marked, **attributes)


def _written(attributes: dict[str, str]) -> str:
    return "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
    )
