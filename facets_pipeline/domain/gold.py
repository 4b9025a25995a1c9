"""Gold labels: the right value of some cells, and an account of every row that gave none.

What belongs here: the labels as they are used. How rows become labels is in `gold_rows`; counting
answers against them is in `accuracy`.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from facets_pipeline.domain.accuracy import Cell
from facets_pipeline.domain.opinions import FacetValue

USED = frozenset({"other_spelling", "system_inferred"})
"""Rules that only tell how a row was read; the row is used."""


@dataclass(frozen=True, slots=True)
class GoldRow:
    """One statement of a gold file, as it stands there.

    Attributes:
        file: Name of the file.
        row: Where it stands, from 1.
        code_system: As spelled; empty if the file does not say.
        code: As spelled.
        facet: As spelled.
        value: As spelled; None if the file has no values: then the facet must be empty.
        note: What else the file says of it, as where the label comes from.
    """

    file: str
    row: int
    code_system: str
    code: str
    facet: str
    value: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class GoldIssue:
    """Something to know about one row: it is not used, or was read otherwise than written.

    Attributes:
        file: Name of the file.
        row: Where it stands, from 1.
        rule: The kind, in snake case, as "unknown_value"; see `USED`.
        message: One sentence: what was given, and what was expected or done.
    """

    file: str
    row: int
    rule: str
    message: str


@dataclass(frozen=True, slots=True)
class GoldLabels:
    """The labels of one or more gold files, and what became of all their rows.

    Attributes:
        values: Right value of each labelled cell; None where there must be none.
        not_applicable: Cells that must be empty by a list of such cells, without further labels.
        notes: What the file says of a cell, where it says anything.
        files: Names of the files.
        rows: Statements that were read.
        issues: Rows that are not used or were read otherwise than written, in order.
    """

    values: Mapping[Cell, FacetValue | None]
    not_applicable: frozenset[Cell]
    notes: Mapping[Cell, str] = field(default_factory=dict[Cell, str])
    files: tuple[str, ...] = ()
    rows: int = 0
    issues: tuple[GoldIssue, ...] = ()

    @property
    def codes(self) -> frozenset[tuple[str, str]]:
        """Code system and code of every cell."""
        return frozenset(cell[:2] for cell in (*self.values, *self.not_applicable))

    @property
    def empty_cells(self) -> frozenset[Cell]:
        """Every cell that must be empty: listed as such, or labelled with no value."""
        labelled = (cell for cell, value in self.values.items() if value is None)
        return self.not_applicable.union(labelled)

    @property
    def counts(self) -> Mapping[str, int]:
        """Rule to number of issues, the most frequent first."""
        return dict(Counter(issue.rule for issue in self.issues).most_common())

    def only(
        self, known: Mapping[str, frozenset[str]], code_systems: Collection[str]
    ) -> "GoldLabels":
        """Return the labels of known codes; those of all others become issues, one per code.

        Args:
            known: Code system to the codes that can be compared.
            code_systems: The systems that were asked for; labels of others are left out unsaid.
        """
        kept = {key for key in self.codes if key[1] in known.get(key[0], frozenset())}
        issues = (
            GoldIssue("", 0, "not_in_store", f"{system} {code} is no active code of the store")
            for system, code in sorted(self.codes - kept)
            if system in code_systems
        )
        return replace(
            self,
            values={cell: value for cell, value in self.values.items() if cell[:2] in kept},
            not_applicable=frozenset(cell for cell in self.not_applicable if cell[:2] in kept),
            issues=(*self.issues, *issues),
        )


@dataclass(frozen=True, slots=True)
class GoldFile:
    """What was read of one or more gold files.

    Attributes:
        labels: The labels with their account.
        digest: SHA-256 (hex) of all files' bytes.
        layouts: Per file, how it was read, in words.
    """

    labels: GoldLabels
    digest: str
    layouts: tuple[str, ...]
