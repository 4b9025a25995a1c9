"""Complexity: visit level or grade words, else the codebook's rules for surgery and imaging."""

from facets_pipeline.adapters.annotators.rules.case import NOT_STATED, Case, from_words, guess
from facets_pipeline.domain.bases import NOT_APPLICABLE
from facets_pipeline.domain.opinions import Stated
from facets_pipeline.domain.rules import VISIT_LADDER

_GRADED = frozenset(
    {"evaluation", "surgical", "imaging", "treatment", "therapy", "radiation_therapy"}
)
"""The categories in which a grade word means complexity; elsewhere it is part of a name."""

_TWO_PHASES = ("without and with", "with and without")


def complexity(case: Case) -> Stated:
    """Return the complexity of the code."""
    level = case.value("em_level")
    if level is not None:
        decided = case.stated["em_level"].decided
        return Stated(VISIT_LADDER[str(level)], f"rule R12: visit {level}", decided)
    if case.category not in _GRADED:
        return guess(None, f"{NOT_APPLICABLE}{case.category}")
    return _graded(case) or _ungraded(case)


def _graded(case: Case) -> Stated | None:
    beats = case.heard("complexity_level", "beats")
    if beats is not None:
        return from_words(beats)
    heading = case.heading("complexity_level")
    if heading is not None:
        return heading
    heard = case.heard("complexity_level", "fills")
    return None if heard is None else from_words(heard)


def _ungraded(case: Case) -> Stated:
    if case.category == "surgical":
        return _by_size(case)
    return _by_image(case) if case.category == "imaging" else guess(None, NOT_STATED)


def _by_size(case: Case) -> Stated:
    """Small without aftercare is simple, large with ninety days of it is complex."""
    if "usual_global" not in case.found:
        return guess("moderate", "guess: surgery of unknown size")
    period, row = case.found["usual_global"]
    size = case.found["usual_size"][0]
    value = "moderate"
    if size == "small" and period != "090":
        value = "simple"
    if size == "large" and period == "090":
        value = "complex"
    return guess(value, f"usual global period {period}, size {size}: {row.basis}")


def _by_image(case: Case) -> Stated:
    """Plain film, one phase, two phases, complete ultrasound; a table decides where no text is."""
    made_by = case.value("imaging_modality")
    if made_by in {"ct", "mri"} and case.text:
        both = any(words in case.text for words in _TWO_PHASES)
        # "with contrast, or without followed by with" leaves one phase possible.
        both = both or ("followed by" in case.text and "or without" not in case.text)
        return guess("complex" if both else "moderate", f"modality: {made_by}, phases as stated")
    if made_by == "ultrasound" and ("complete" in case.text or case.value("uses_contrast") is True):
        return guess("moderate", "descriptor: complete or with contrast")
    if made_by == "xray" and case.value("uses_contrast") is False and case.text:
        return guess("simple", "modality: plain film")
    return guess(None, NOT_STATED)
