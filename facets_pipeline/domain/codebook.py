"""The shape of a codebook: what a facet and a value are. The content stands in `facets`.

Everything else (prompt, answer schema, table columns, checks, documents) is made from a `Codebook`,
so a facet or a value that is added to it is seen everywhere.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace

from facets_pipeline.domain.opinions import Answer, FacetValue


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a facet.

    Attributes:
        name: The value itself: a lower snake case word, or a truth value.
        meaning: When it is right, in one or two sentences.
        where: Where in the code sets it is usual, for values that follow ranges; may be empty.
    """

    name: FacetValue
    meaning: str
    where: str = ""


@dataclass(frozen=True, slots=True)
class Facet:
    """One facet: a closed vocabulary with its definition.

    Attributes:
        name: Lower snake case; it is the key on the wire and the column in every table.
        title: Its heading for people.
        definition: When it applies and how to choose, in sentences.
        values: The vocabulary, in order of precedence or of size.
        only_for: Categories to which it is confined; empty means that it is not confined.
        never_for: Categories for which it is always null.
        mandatory: Whether each code to which it applies has a value.
    """

    name: str
    title: str
    definition: str
    values: tuple[Value, ...]
    only_for: tuple[str, ...] = ()
    never_for: tuple[str, ...] = ()
    mandatory: bool = False

    @property
    def is_truth_value(self) -> bool:
        """Whether the values are true and false rather than words."""
        return all(isinstance(value.name, bool) for value in self.values)

    @property
    def vocabulary(self) -> tuple[FacetValue, ...]:
        """The values' names, in order."""
        return tuple(value.name for value in self.values)

    def applies_to(self, category: FacetValue | None) -> bool:
        """Tell whether the facet may have a value for a code of `category`."""
        if self.only_for:
            return category in self.only_for
        return category not in self.never_for

    def value_of(self, raw: object) -> FacetValue | None:
        """Return the value that `raw` spells, in any case; None for JSON null.

        Raises:
            ValueError: `raw` is not of the vocabulary.
        """
        if raw is None:
            return None
        for value in self.values:
            if isinstance(value.name, bool):
                if raw is value.name or (
                    isinstance(raw, str) and raw.lower() == str(value.name).lower()
                ):
                    return value.name
            elif isinstance(raw, str) and raw.strip().lower() == value.name:
                return value.name
        raise ValueError(f"{self.name} has no value {raw!r}")


@dataclass(frozen=True, slots=True)
class Codebook:
    """All facets, the general rules of labelling and the settled cases.

    Attributes:
        version: A label for people; what counts is `digest`.
        facets: The facets; the first is the category, which every code has.
        principles: General rules, in order of weight.
        settled_cases: What was ambiguous on real codes, and how it is decided.
    """

    version: str
    facets: tuple[Facet, ...]
    principles: tuple[str, ...]
    settled_cases: tuple[str, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The facets' names, in order."""
        return tuple(facet.name for facet in self.facets)

    @property
    def category(self) -> Facet:
        """The first facet: mandatory for every code; the others depend on it."""
        return self.facets[0]

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the whole content but the label; it changes with every word."""
        content = json.dumps(asdict(replace(self, version="")), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(content.encode("utf-8")).hexdigest()

    def facet(self, name: str) -> Facet:
        """Return the facet called `name`.

        Raises:
            KeyError: There is none; the message lists those there are.
        """
        for facet in self.facets:
            if facet.name == name:
                return facet
        raise KeyError(f"No facet {name!r}: there are {', '.join(self.names)}.")

    def complete(self, answer: Answer) -> dict[str, FacetValue | None]:
        """Return `answer` with every facet as a key, in order; what it leaves out is None."""
        return {name: answer.get(name) for name in self.names}

    def misfits(self, answer: Answer) -> list[str]:
        """Return the facets whose value is not of their vocabulary, or only for other categories.

        What `answer` leaves out never misfits; `never_for` is for answers to follow, not checked.
        """
        category = answer.get(self.category.name)
        return [
            facet.name
            for facet in self.facets
            if answer.get(facet.name) is not None
            and (
                answer[facet.name] not in facet.vocabulary
                or (facet.only_for and not facet.applies_to(category))
            )
        ]

    def with_facet(self, facet: Facet) -> "Codebook":
        """Return this codebook with `facet` added, or replaced where the name is known."""
        if facet.name in self.names:
            facets = tuple(facet if old.name == facet.name else old for old in self.facets)
        else:
            facets = (*self.facets, facet)
        return replace(self, facets=facets)
