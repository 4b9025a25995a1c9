"""The check `raw_answers_keep_rules`: how often do answers break the codebook before any repair?"""

import dagster as dg

from facets_pipeline.adapters.store.raw_answers import RawAnswers, raw_answers
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs import markdown
from facets_pipeline.defs.checks.naming import named
from facets_pipeline.domain.rules import RULES

MOST_BROKEN = 0.05
"""Share of broken answers that is worth a person's time: each costs a repair, which asks one code
alone; where ten are asked together, one broken answer in twenty means half as many calls again."""

FEWEST_ANSWERS = 40
"""Answers below which one or two broken ones say nothing about the share."""

RAW_ANSWERS_KEEP_RULES = dg.AssetCheckSpec(
    "raw_answers_keep_rules",
    asset="llm_facets",
    description=f"At most {MOST_BROKEN:.0%} of the newest answers (24 hours up to the last one) "
    "break a cross-field rule before they are repaired. When red: the metadata says which rules; "
    "look at the answers of these codes, then at the prompt or for another model.",
)


def raw_answers_keep_rules(store: Store) -> dg.AssetCheckResult:
    """Check the newest raw answers of every loaded code system.

    A warning: what breaks a rule is repaired or goes to review, so nothing wrong gets through; but
    it costs money, and says that model and codebook do not understand each other.
    """
    found = {name: raw_answers(store.database, name) for name in store.releases.loaded()}
    bad = [name for name, answers in found.items() if _is_bad(answers)]
    # Without answers there is no share, and a 0 in the plot would be a lie.
    shares = {
        f"broken_share_{name}": answers.share for name, answers in found.items() if answers.answers
    }
    return dg.AssetCheckResult(
        check_name=RAW_ANSWERS_KEEP_RULES.name,
        passed=not bad,
        severity=dg.AssetCheckSeverity.WARN,
        description="; ".join(
            f"{name}: {answers.broken:,} of {answers.answers:,} answers broke a rule"
            for name, answers in found.items()
        )
        or "No code system is loaded.",
        metadata={
            "threshold": MOST_BROKEN,
            **{f"answers_{name}": answers.answers for name, answers in found.items()},
            **shares,
            **{f"codes_{name}": named(answers.codes) for name, answers in found.items()},
            "rules": dg.MetadataValue.md(_rules(found)),
        },
    )


def _is_bad(answers: RawAnswers) -> bool:
    return answers.answers >= FEWEST_ANSWERS and answers.share > MOST_BROKEN


def _rules(found: dict[str, RawAnswers]) -> str:
    sentences = {rule.name: rule.sentence for rule in RULES}
    rows = [
        (name, rule, count, sentences[rule])
        for name, answers in found.items()
        for rule, count in answers.rules.items()
    ]
    headings = ("code system", "rule", "answers", "what it says")
    return markdown.table(headings, rows, empty="No answer broke a rule.")
