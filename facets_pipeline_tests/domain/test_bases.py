"""Which kind of reason a second opinion gives, and what it leaves open."""

import pytest

from facets_pipeline.domain.bases import BasisKind, kind_of, open_facets
from facets_pipeline.domain.opinions import Stated


def decided(value: str | None, basis: str) -> Stated:
    """Return a value that nobody else needs to be asked about."""
    return Stated(value, basis, decided=True)


def read(value: str | None, basis: str) -> Stated:
    """Return a value that was read from words, or guessed."""
    return Stated(value, basis, decided=False)


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        (decided("complex", "pfs: global 090"), BasisKind.OFFICIAL),
        (
            decided("ct", "rbcs: Imaging/CT Scan (heading: 70450-70498 head)"),
            BasisKind.OFFICIAL,
        ),
        (read("complex", "pfs: global 090, work RVU above 15"), BasisKind.GUESS),
        (decided("imaging", "heading: 70010-76499 films"), BasisKind.HEADING),
        (decided(None, "not applicable: category drug"), BasisKind.CATEGORY),
        (read("head_neck", "rule R7: eye"), BasisKind.RULE),
        (read("any", "descriptor: with contrast"), BasisKind.WORDS),
        (read(None, "not stated"), BasisKind.GUESS),
    ],
)
def test_the_kind_follows_from_the_basis(stated: Stated, kind: BasisKind) -> None:
    assert kind_of(stated) is kind


def test_what_words_and_guesses_state_is_open() -> None:
    opinion = {
        "procedure_category": decided("surgical", "heading: 10004-69990 surgery"),
        "em_level": read(None, "not applicable: category surgical"),
        "body_region": read("thorax", "descriptor: lung"),
        "complexity_level": read("moderate", "guess: surgery of unknown size"),
    }
    assert open_facets(opinion, "procedure_category") == ("body_region", "complexity_level")


def test_a_facet_that_does_not_apply_is_as_open_as_its_category() -> None:
    opinion = {
        "procedure_category": read("drug", "descriptor: a drug"),
        "em_level": decided(None, "not applicable: category drug"),
    }
    assert open_facets(opinion, "procedure_category") == ("procedure_category", "em_level")
