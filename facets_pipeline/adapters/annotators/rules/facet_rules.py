"""What single facets need beyond a look-up: what follows from the other facets of the same code.

Complexity, which follows from several of them, has a module of its own: `complexity`.
"""

from facets_pipeline.adapters.annotators.rules.case import NOT_STATED, Case, from_words, guess
from facets_pipeline.domain.opinions import Stated

_FALLBACK = "other"
_PLAIN_IMAGES = frozenset({"xray", "mammography", "ultrasound", "nuclear", "pet"})
_MAJOR = {"090": True, "000": False, "010": False}
"""Global period to major surgery; every other period decides nothing."""

_MAJOR_BY_ACCESS = {
    **dict.fromkeys(("open", "arthroscopic", "laparoscopic", "thoracoscopic"), True),
    **dict.fromkeys(("endoscopic", "natural_orifice", "endovascular", "percutaneous"), False),
}
"""What is usual where no fee schedule gives a global period; every other access says nothing."""


def category(case: Case) -> Stated:
    """Return the category: the heading's, unless a thing with a category of its own is named."""
    beats = case.heard("procedure_category", "beats")
    heading = case.heading("procedure_category")
    if beats is not None and (heading is None or beats.value != heading.value):
        return from_words(beats)
    if heading is not None:
        return heading
    heard = case.heard("procedure_category", "fills")
    return guess(_FALLBACK, "guess: no heading, no word") if heard is None else from_words(heard)


def region(case: Case) -> Stated:
    """Return the region, kept within the rules that tie it to system and modality."""
    stated = case.usual("body_region")
    system = case.value("body_system")
    if system == "psychiatric":
        return guess(None, "rule R8: psychiatric has no region")
    if system in {"eye", "ear"} and stated.value not in {"head_neck", "whole_body"}:
        return guess("head_neck", f"rule R7: {system}")
    return stated


def modality(case: Case) -> Stated:
    """Return the modality, which imaging always has."""
    stated = case.usual("imaging_modality")
    return guess("other", "guess: modality not stated") if stated.value is None else stated


def contrast(case: Case) -> Stated:
    """Return whether contrast is given: as stated, else as the modality implies."""
    made_by = case.value("imaging_modality")
    if made_by == "dexa":
        return Stated(value=False, basis="rule R6: bone density", decided=True)
    stated = case.usual("uses_contrast")
    if stated.basis != NOT_STATED:
        return stated
    if made_by in _PLAIN_IMAGES:
        return guess(value=False, basis=f"modality: {made_by}, no word of contrast")
    return guess(value=True, basis="modality: angiography") if made_by == "angiography" else stated


def major_surgery(case: Case) -> Stated:
    """Return whether the usual global period of the range is that of major surgery."""
    heading = case.heading("is_major_surgery")
    if heading is not None:
        return heading
    if "usual_global" not in case.found:
        access = case.value("surgical_approach")
        return guess(_MAJOR_BY_ACCESS.get(str(access)), f"guess: usual for access {access}")
    period, row = case.found["usual_global"]
    return guess(_MAJOR.get(period), f"usual global period {period}: {row.basis}")


def location(case: Case) -> Stated:
    """Return the setting: the heading's, else the first one named, else any."""
    heading = case.heading("service_location")
    if heading is not None and heading.value != "any":
        return heading
    heard = case.heard("service_location", "place")
    if heard is not None:
        return from_words(heard)
    return heading or guess("any", "no setting is named")


def patient_type(case: Case) -> Stated:
    """Return new or established; a visit of the first level is never one of a new patient."""
    stated = case.usual("em_patient_type")
    if stated.value == "new" and case.value("em_level") == "level_1":
        return guess(None, "rule R5: a new visit is never level 1")
    return stated
