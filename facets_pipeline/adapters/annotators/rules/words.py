"""What the words of a descriptor say: a table of patterns, and how their hits become a value.

Belongs here: reading `words.csv` and asking it. What a heading decides is `tables`. The words are
those of any wording (official, paraphrased, a user's own): no rule looks for one code's sentence.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.resources import files

_ASIDES = re.compile(
    r"\((?:list|use|do not|report|not|excluding|excludes|except|see|separate|if performed)[^)]*\)"
    r"|\bnot (?:for )?(?:hospice|an inpatient|in a)\b[^;]*"
    r"|\b(?:excludes|excluding|except for|other than|not for|not including|without the)\b[^;,.]*"
)
"""What a descriptor says about other things than itself."""


@dataclass(frozen=True, slots=True)
class WordRule:
    """One row of the word table.

    Attributes:
        facet: The facet that it speaks of.
        value: The value as text; `-` for null.
        mode: How it competes: `beats` a heading; `earliest` does so after it, and of all hits the
            earliest in the text wins; `fills` where headings are silent; `first` fills, and the
            earliest hit wins; `all` fills, and hits of two values mean
            `multiple`; `place` is `first`, but also where the heading only says `any`.
        categories: Categories for which it is asked; empty for all.
        codes: A pattern that the beginning of the code must match; None for all codes.
        within: How many characters of the text are read.
        name: What it looks for, in words.
        pattern: What it looks for.
    """

    facet: str
    value: str
    mode: str
    categories: frozenset[str]
    codes: re.Pattern[str] | None
    within: int
    name: str
    pattern: re.Pattern[str]

    def hit(self, text: str) -> int | None:
        """Return where in `text` (lower case) the pattern is found, or None."""
        found = self.pattern.search(text, 0, self.within)
        return None if found is None else found.start()


@dataclass(frozen=True, slots=True)
class Said:
    """What words say about one facet: the value as text, and the name of what was found."""

    value: str
    name: str

    @property
    def basis(self) -> str:
        """The find as a basis for people."""
        return f"descriptor: {self.name}"


def read_words(text: str) -> Iterator[WordRule]:
    """Yield the rules of a word table in CSV."""
    for row in csv.DictReader(text.splitlines()):
        yield WordRule(
            facet=row["facet"],
            value=row["value"],
            mode=row["mode"],
            categories=frozenset(row["when"].split("|")) - {""},
            codes=re.compile(row["codes"]) if row["codes"] else None,
            within=int(row["within"]),
            name=row["name"],
            pattern=re.compile(row["pattern"]),
        )


@cache
def _rules() -> tuple[WordRule, ...]:
    table = files(__name__.rpartition(".")[0]).joinpath("tables", "words.csv")
    return tuple(read_words(table.read_text(encoding="utf-8")))


@lru_cache(maxsize=256)
def _asked(facet: str, modes: tuple[str, ...], category: str) -> tuple[WordRule, ...]:
    return tuple(
        rule
        for rule in _rules()
        if rule.facet == facet
        and rule.mode in modes
        and (not rule.categories or category in rule.categories)
    )


def plain(text: str) -> str:
    """Return `text` in lower case without the asides that speak of other codes and things."""
    return " ".join(_ASIDES.sub(" ", text.lower()).split())


def said(facet: str, modes: tuple[str, ...], category: str, code: str, text: str) -> Said | None:
    """Return what `text` (made `plain`) says about `facet`, asking only rules of these `modes`."""
    hits = [
        (place, rule)
        for rule in _asked(facet, modes, category)
        if (rule.codes is None or rule.codes.match(code)) and (place := rule.hit(text)) is not None
    ]
    if not hits:
        return None
    place, rule = hits[0]
    if rule.mode in {"earliest", "first", "place"}:
        place, rule = min(hits, key=lambda hit: hit[0])
    if rule.mode == "all" and len({found.value for _, found in hits}) > 1:
        return Said("multiple", " and ".join(found.name for _, found in hits))
    return Said(rule.value, rule.name)
