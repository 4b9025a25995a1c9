"""Reads a rendered page strictly: every element is closed, in order, and attributes have values."""

from html.parser import HTMLParser

VOID = frozenset({"meta", "link", "br", "img", "input", "hr"})


class Page(HTMLParser):
    """An HTML document as its elements and its visible text.

    Attributes:
        elements: Tag and attributes of each element, in order.
        texts: The pieces of text outside `<style>`, drawings and the folded glossary.
        errors: What is not well-formed.
    """

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self.errors: list[str] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        self.errors.extend(f"{tag} is not closed" for tag in self._open)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember the element; it is open until its end tag."""
        self.errors.extend(f"{tag} {name} has no value" for name, value in attrs if value is None)
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Close the element, which must be the one opened last."""
        if not self._open or self._open.pop() != tag:
            self.errors.append(f"{tag} is closed out of order")

    def handle_data(self, data: str) -> None:
        """Remember text that a reader of the page sees."""
        if not {"style", "svg", "details", "title"} & set(self._open):
            self.texts.append(data)

    @property
    def text(self) -> str:
        """The visible text, white space collapsed."""
        return " ".join(" ".join(self.texts).split())

    def all(self, tag: str) -> list[dict[str, str]]:
        """Return the attributes of each `tag`."""
        return [attributes for name, attributes in self.elements if name == tag]
