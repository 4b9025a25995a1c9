"""Reading an answer: from the text that came back to an opinion per code, or a problem per code.

Pure functions over recorded text: a bad answer is never an exception, it is a problem with a name,
so that one code never takes its neighbours down.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, cast

from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import Opinion, Stated, answer_of
from facets_pipeline.domain.rules import Finding, broken_rules

BASIS = "model"
"""The basis of a value that a model stated."""

DETAIL_CHARACTERS = 200
"""How much of a bad answer is quoted: the quote is kept, and told when the code is asked again."""


class Problem(StrEnum):
    """What may be wrong with the answer for one code."""

    CUT_OFF = "cut_off"
    REFUSED = "refused"
    MALFORMED = "malformed"
    MISLABELLED = "mislabelled"
    BREAKS_RULES = "breaks_rules"


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read for one code.

    Attributes:
        code: The code as it was asked.
        opinion: What was said; None if nothing usable was.
        findings: The rules that it breaks.
        problem: What is wrong; None if the answer stands.
        detail: The problem in a sentence, as it is told to whoever is asked again.
    """

    code: Code
    opinion: Opinion | None
    findings: tuple[Finding, ...]
    problem: Problem | None
    detail: str


def read_answer(
    text: str, codes: Sequence[Code], *, stop_reason: str | None, codebook: Codebook = CODEBOOK
) -> list[Reading]:
    """Read the answer about `codes`, one reading per code, in their order.

    Args:
        text: The text that came back, JSON by the answer schema if all went well.
        codes: What was asked.
        stop_reason: Why the model stopped: "end_turn", "max_tokens", "refusal", ...
        codebook: The vocabulary.
    """
    try:
        return _read(text, codes, stop_reason, codebook)
    except RecursionError:
        return _all(codes, Problem.MALFORMED, "it was nested too deeply to be an answer")


def _read(
    text: str, codes: Sequence[Code], stop_reason: str | None, codebook: Codebook
) -> list[Reading]:
    if stop_reason == "refusal":
        return _all(codes, Problem.REFUSED, "the answer was refused")
    items = _items(text, cut_off=stop_reason == "max_tokens")
    if items is None:
        cut = stop_reason == "max_tokens"
        problem = Problem.CUT_OFF if cut else Problem.MALFORMED
        return _all(codes, problem, "the answer was cut off" if cut else "it was not valid JSON")
    if _is_mislabelled(items, codes, whole=stop_reason != "max_tokens"):
        said = ", ".join(repr(item.get("code")) for item in items)[:DETAIL_CHARACTERS]
        return _all(codes, Problem.MISLABELLED, f"the codes did not match: it named {said}")
    by_code = {_name(item): item for item in items}
    return [_reading(code, by_code.get(code.code), codebook) for code in codes]


def _all(codes: Sequence[Code], problem: Problem, detail: str) -> list[Reading]:
    return [Reading(code, None, (), problem, detail) for code in codes]


def _items(text: str, *, cut_off: bool) -> list[dict[str, Any]] | None:
    """Return the items of the answer; of a cut one the whole items before the cut; None if none."""
    try:
        document: object = json.loads(text)
    except ValueError:
        return _whole_items(text) if cut_off else None
    answers = cast("dict[str, object]", document).get("answers") if _is_object(document) else None
    if not isinstance(answers, list):
        return None
    found = cast("list[object]", answers)
    return [cast("dict[str, Any]", item) for item in found if _is_object(item)]


def _whole_items(text: str) -> list[dict[str, Any]] | None:
    decoder = json.JSONDecoder()
    items: list[dict[str, Any]] = []
    at = text.find("[") + 1
    while at:
        at = text.find("{", at)
        try:
            item, at = decoder.raw_decode(text, at) if at >= 0 else (None, -1)
        except ValueError:
            break
        if item is None or not _is_object(item):
            break
        items.append(item)
    return items or None


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _name(item: dict[str, Any]) -> str:
    return str(item.get("code", "")).strip().upper()


def _is_mislabelled(items: list[dict[str, Any]], codes: Sequence[Code], *, whole: bool) -> bool:
    # A strange code, a code twice or another order mean that answers may sit at the wrong codes:
    # then none of them can be trusted. A code that is merely left out harms only itself.
    asked = [code.code for code in codes]
    said = [_name(item) for item in items]
    if len(set(said)) != len(said) or not set(said) <= set(asked):
        return True
    return whole and [code for code in asked if code in set(said)] != said


def _reading(code: Code, item: dict[str, Any] | None, codebook: Codebook) -> Reading:
    if item is None:
        return Reading(code, None, (), Problem.MALFORMED, "it was left out of the answer")
    opinion: dict[str, Stated] = {}
    for facet in codebook.facets:
        try:
            opinion[facet.name] = Stated(facet.value_of(item.get(facet.name)), BASIS, decided=False)
        except ValueError as error:
            detail = str(error)[:DETAIL_CHARACTERS]
            return Reading(code, None, (), Problem.MALFORMED, detail)
    if opinion[codebook.category.name].value is None:
        return Reading(code, None, (), Problem.MALFORMED, "it had no procedure_category")
    findings = tuple(broken_rules(code.code_system, code.code, answer_of(opinion)))
    if findings:
        detail = "; ".join(f"{finding.rule}: {finding.message}" for finding in findings)
        return Reading(code, opinion, findings, Problem.BREAKS_RULES, detail)
    return Reading(code, opinion, (), None, "")
