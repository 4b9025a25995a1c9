"""What reconciliation makes of a slipping annotator and of rules that are right only sometimes.

A local server answers known labels, but gives one wrong facet to every tenth code. Measured are
whole codes: Claude alone, the second opinion alone, the reconciled rows, and how many of the wrong
codes are corrected or put before a person, of how many that a person is asked about.
"""

import statistics
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.codes import Code
from facets_pipeline.domain.models import CHEAP_MODEL, shipped_models
from facets_pipeline.domain.opinions import FacetValue, answer_of
from facets_pipeline.domain.reconciliation import Reconcile
from facets_pipeline.domain.releases import LoadMode, SourceDescription
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.bench.codes import RELEASE
from facets_pipeline_tests.bench.lines import Line, at_least, at_most, fact
from facets_pipeline_tests.bench.slips import Labels, contrary_labels, gold_labels, slip
from facets_pipeline_tests.bench.stage import Stage
from facets_pipeline_tests.claude_server import RunningServer, running_server

DAY: Final = date(2026, 3, 1)
GOLD: Final = RELEASE.with_name("full_dev.csv")
CONTRARY: Final = (0.2, 0.4)
"""Shares of the rules' bases that are made wrong: some 82 % and 68 % of whole codes stay right."""

SEED: Final = 20261124
LEAST_REACHED, MOST_ASKED = 0.8, 0.2

TRIAL_SHARES: Final = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5)
TRIAL_SEEDS: Final = 5
TRIAL_CODES: Final = 240


@dataclass(frozen=True, slots=True)
class Judged:
    """Shares of whole codes, from 0 to 1.

    Attributes:
        claude: Right by the annotator alone.
        second: Right by the second opinion alone.
        reconciled: Right as the rows stand.
        reached: Of the codes on which Claude slipped, those corrected or put before a person.
        asked: Codes that are put before a person.
        settled: Right as the rows stand, or put before a person.
    """

    claude: float
    second: float
    reconciled: float
    reached: float
    asked: float
    settled: float


def reconcile(stage: Stage) -> list[Line]:
    """Measure it on a gold file, where there is one, and on codes whose labels the rules miss."""
    lines: list[Line] = []
    texts = {code.code: code.descriptor for code in stage.set.codes}
    if GOLD.is_file():
        lines += _lines("full labels", judged(gold_labels(GOLD, texts)))
    codes = stage.set.codes[:: max(1, round(8 / stage.scale))]
    for share in CONTRARY:
        labels = contrary_labels(codes, share, SEED)
        lines += _lines(f"{share:.0%} of bases wrong", judged(labels))
    return lines


def trials(stage: Stage) -> list[Line]:
    """Measure it on few codes many times: rules right on most codes to half of them."""
    seeds = range(SEED, SEED + max(1, round(TRIAL_SEEDS * stage.scale)))
    codes = stage.set.codes[:: max(1, len(stage.set.codes) // TRIAL_CODES)]
    found = [
        judged(contrary_labels(codes, share, seed), seed)
        for share in TRIAL_SHARES
        for seed in seeds
    ]
    second = [each.second for each in found]
    reached = [each.reached for each in found]
    asked = [each.asked for each in found]
    better = sum(each.reconciled > max(each.claude, each.second) for each in found)
    met = sum(each.reached >= LEAST_REACHED and each.asked <= MOST_ASKED for each in found)
    return [
        fact("trials, codes in each", f"{len(found)}, {len(codes)}"),
        fact("rules alone, worst and best trial", f"{min(second):.1%}, {max(second):.1%}"),
        fact("trials whose rows beat either source", f"{better} of {len(found)}"),
        fact("trials that met both limits", f"{met} of {len(found)}"),
        fact("whole codes right, mean", f"{_mean(each.reconciled for each in found):.1%}"),
        fact("right or before a person, mean", f"{_mean(each.settled for each in found):.1%}"),
        at_least("slips corrected or asked, mean", _mean(reached), LEAST_REACHED, "{:.1%}"),
        fact("slips corrected or asked, worst trial", f"{min(reached):.1%}"),
        at_most("codes a person is asked, mean", _mean(asked), MOST_ASKED, "{:.1%}"),
    ]


def _mean(shares: Iterable[float]) -> float:
    return statistics.fmean(shares)


def judged(labels: Labels, seed: int = SEED) -> Judged:
    """Return what becomes of `labels` when a server that slips answers them."""
    slipped = slip(labels, seed)
    with (
        tempfile.TemporaryDirectory() as folder,
        running_server() as server,
        Store.open(str(Path(folder) / "facets.db")) as store,
    ):
        server.admin.answer_with(slipped.answers)
        rows: dict[Code, Mapping[str, Any]] = {}
        second: dict[Code, Mapping[str, FacetValue | None]] = {}
        for system in CODE_SYSTEMS:
            codes = {code.code: code for code in labels if code.code_system == system}
            if not codes:
                continue
            _fill(store, server, list(codes.values()))
            rows |= {codes[row["code"]]: row for row in store.flat.rows(system)}
            opinions = store.second.of(system, list(codes))
            second |= {codes[name]: answer_of(opinion) for name, opinion in opinions.items()}
    right = {code for code in rows if _agrees(labels[code], rows[code])}
    asked = {code for code in rows if _needs_a_person(rows[code])}
    return Judged(
        claude=1 - len(slipped.wrong) / len(labels),
        second=sum(_agrees(labels[code], second[code]) for code in labels) / len(labels),
        reconciled=len(right) / len(labels),
        reached=len(slipped.wrong & (right | asked)) / len(slipped.wrong),
        asked=len(asked) / len(labels),
        settled=len(right | asked) / len(labels),
    )


def _fill(store: Store, server: RunningServer, codes: Sequence[Code]) -> None:
    system = codes[0].code_system
    source = SourceDescription(
        code_system=system, location=system, file=system, format="made", digest=system,
        release="made", has_dates=False, found={},
    )  # fmt: skip
    store.releases.load(source, codes, mode=LoadMode.NEXT, day=DAY)
    facts = shipped_models().known_model(CHEAP_MODEL)
    assert facts is not None
    annotator = ClaudeAnnotator(facts, SecretStr(server.api_key), base_url=server.base_url)
    store.recipes.choose(system, annotator.recipe, "bench", reconcile=Reconcile.BOTH)
    options = ClaudeOptions(run_id="bench", codes_per_request=10)
    annotator.fill(store, Scope(system, DAY), options)
    store.flat.refresh(system, DAY)


def _agrees(
    labels: Mapping[str, FacetValue | None], answer: Mapping[str, FacetValue | None]
) -> bool:
    return all(answer[facet] == value for facet, value in labels.items())


def _needs_a_person(row: Mapping[str, Any]) -> bool:
    return row["status"] == "in_review" or row["in_doubt"] > 0


def _lines(what: str, found: Judged) -> list[Line]:
    better = max(found.claude, found.second)
    return [
        fact(f"{what}: Claude, rules alone", f"{found.claude:.1%}, {found.second:.1%}"),
        at_least(f"{what}: reconciled, whole codes", found.reconciled, better, "{:.1%}"),
        at_least(f"{what}: slips corrected or asked", found.reached, LEAST_REACHED, "{:.1%}"),
        at_most(f"{what}: codes a person is asked", found.asked, MOST_ASKED, "{:.1%}"),
    ]
