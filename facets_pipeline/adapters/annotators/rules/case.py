"""One code on its way to an opinion: its headings, its words, and what is already stated of it.

Belongs here: how a facet is looked up in general. What single facets need beyond that stands in
`facet_rules` and `complexity`.
"""

from facets_pipeline.adapters.annotators.rules.tables import NOTHING, Found, headings_of
from facets_pipeline.adapters.annotators.rules.words import Said, plain, said
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.opinions import FacetValue, Stated

NOT_STATED = "not stated"
"""The basis of a null that neither a heading nor a word fills."""

_TRUTH: dict[str, FacetValue] = {"true": True, "false": False}


def guess(value: FacetValue | None, basis: str) -> Stated:
    """Return a value that no heading, range or code form decides."""
    return Stated(value, basis, decided=False)


def from_words(heard: Said) -> Stated:
    """Return what was heard, as a value that only words decide."""
    return guess(_value(heard.value), heard.basis)


def _value(text: str) -> FacetValue | None:
    return None if text == NOTHING else _TRUTH.get(text, text)


class Case:
    """A code, what its headings decide, and the facets stated so far.

    Attributes:
        code: The code itself.
        text: Its descriptor in lower case without asides; may be empty.
        found: What the headings around it decide.
        stated: Facet name to what is stated; filled in order, the category first.
    """

    def __init__(self, code: Code) -> None:
        self.code = code.code
        self.text = plain(code.descriptor)
        self.found: Found = headings_of(code.code)
        self.stated: dict[str, Stated] = {}

    @property
    def category(self) -> str:
        """The category, once it is stated; empty before."""
        known = self.stated.get("procedure_category")
        return "" if known is None else str(known.value)

    def value(self, facet: str) -> FacetValue | None:
        """Return the value that is already stated for `facet`."""
        return self.stated[facet].value

    def heard(self, facet: str, *modes: str) -> Said | None:
        """Ask the words about `facet`; without a descriptor there is nothing to hear."""
        return said(facet, modes, self.category, self.code, self.text) if self.text else None

    def heading(self, facet: str) -> Stated | None:
        """Return what the headings decide for `facet`, if they do."""
        if facet not in self.found:
            return None
        value, row = self.found[facet]
        return Stated(_value(value), row.basis, decided=True)

    def usual(self, facet: str) -> Stated:
        """Ask words that beat a heading, the heading, words that fill; else it is not stated."""
        beats = self.heard(facet, "beats") or self.heard(facet, "earliest")
        if beats is not None:
            return from_words(beats)
        heading = self.heading(facet)
        if heading is not None:
            return heading
        heard = self.heard(facet, "fills", "first", "all")
        return guess(None, NOT_STATED) if heard is None else from_words(heard)
