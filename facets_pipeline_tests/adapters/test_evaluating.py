"""Every source against the same labels: what stands, what does not count, and what is left out."""

from pathlib import Path

import pytest

from facets_pipeline.adapters.evaluating import evaluate, gold_in_force, measured, register_gold
from facets_pipeline.adapters.store.database import Database
from facets_pipeline.adapters.store.gold import Golds
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.accuracy import Tally
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.evaluation import Evaluation, Source, kept_score
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.adapters.store.contents import DAY, answer_all, hcpcs, load
from facets_pipeline_tests.engine.annotators import BREAKS_A_RULE, FirstWord

CODES = [
    hcpcs("A0001", "drug one"),
    hcpcs("A0002", "supply two"),
    hcpcs("A0003", f"{BREAKS_A_RULE} three"),
]
HEADER = "code_system,code,facet,value\n"
GOLD = HEADER + (
    "HCPCS,A0001,procedure_category,drug\n"
    "HCPCS,A0001,body_system,\n"
    "HCPCS,A0002,procedure_category,drug\n"
    "HCPCS,A0003,procedure_category,drug\n"
    "HCPCS,A0004,procedure_category,drug\n"
    "HCPCS,A9999,procedure_category,drug\n"
)


@pytest.fixture
def store(database: Database) -> Store:
    """Four codes: two with an answer by a model, one in review, one that was never asked."""
    store = Store(database)
    load(store, "first.csv", CODES)
    answer_all(store, FirstWord())
    load(store, "second.csv", [*CODES, hcpcs("A0004", "drug four")])
    return store


def measure(store: Store, folder: Path, text: str = GOLD) -> Evaluation:
    path = folder / "gold.csv"
    path.write_text(text, encoding="utf-8")
    return evaluate(store, register_gold(store, [path]).labels, DAY)


def test_codes_in_review_and_codes_that_were_never_asked_count_as_wrong(
    store: Store, tmp_path: Path
) -> None:
    score = measure(store, tmp_path).score(Source.CLAUDE)
    assert score is not None
    assert score.accuracy.cells == Tally(2, 5)
    assert score.accuracy.codes == Tally(1, 4)
    assert score.accuracy.unanswered == 2
    assert (score.voice.title, score.voice.label) == ("claude first-word-1", "claude first-word-1")


def test_all_sources_are_measured_on_the_same_cells(store: Store, tmp_path: Path) -> None:
    found = measure(store, tmp_path)
    sources = [score.voice.source for score in found.scores if score.voice.code_system]
    assert sources == [Source.CLAUDE, Source.RULES, Source.REFERENCE, Source.RECONCILED]
    assert {score.accuracy.cells.total for score in found.scores} == {5}


def test_codes_that_the_store_does_not_have_are_told_and_not_counted(
    store: Store, tmp_path: Path
) -> None:
    found = measure(store, tmp_path)
    assert found.labels.counts == {"not_in_store": 1}
    assert "A9999" in found.labels.issues[-1].message


def test_an_earlier_recipe_keeps_a_score_of_its_own(store: Store, tmp_path: Path) -> None:
    answer_all(store, FirstWord(model="first-word-2"))
    found = measure(store, tmp_path)
    titles = [
        (score.voice.title, score.accuracy.unanswered)
        for score in found.scores
        if score.voice.source is Source.CLAUDE and score.voice.code_system
    ]
    assert titles == [("claude first-word-2", 1), ("claude first-word-1", 2)]
    current = found.score(Source.CLAUDE)
    assert current is not None
    assert current.voice.title == "claude first-word-2"


def test_an_answer_about_an_earlier_text_is_none(store: Store, tmp_path: Path) -> None:
    renamed = [hcpcs("A0001", "drug renamed"), *CODES[1:]]
    load(store, "third.csv", renamed, mode=LoadMode.FULL)
    score = measure(store, tmp_path, HEADER + "HCPCS,A0001,procedure_category,drug\n").score(
        Source.CLAUDE
    )
    assert score is None


def test_values_where_there_must_be_none_are_counted(store: Store, tmp_path: Path) -> None:
    listed = tmp_path / "empty.csv"
    listed.write_text(
        "code_system,code,facet\nHCPCS,A0001,procedure_category\nHCPCS,A0001,em_level\n"
    )
    labels = register_gold(store, [listed]).labels
    score = evaluate(store, labels, DAY).score(Source.CLAUDE)
    assert score is not None
    assert score.filled_in == Tally(1, 2)
    assert score.accuracy.cells.total == 0


def test_gold_of_foreign_codes_is_refused_in_a_sentence(store: Store, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="Not one of 1 labelled codes \\(CPT 70010") as caught:
        measure(store, tmp_path, HEADER + "CPT,70010,body_system,ear\n")
    assert "\n" not in str(caught.value)


def test_labels_that_were_given_last_count_unless_a_file_is_configured(
    store: Store, tmp_path: Path
) -> None:
    assert gold_in_force(store, "") is None
    measure(store, tmp_path)
    kept = gold_in_force(store, "")
    assert kept is not None
    assert kept.labels.files == ("gold.csv",)
    assert kept.labels.values["HCPCS", "A0001", "body_system"] is None
    other = tmp_path / "other.csv"
    other.write_text(HEADER + "HCPCS,A0001,uses_contrast,true\n")
    configured = gold_in_force(store, str(other))
    assert configured is not None
    assert configured.labels.values == {("HCPCS", "A0001", "uses_contrast"): True}


def test_what_was_measured_is_followed_over_time(store: Store, tmp_path: Path) -> None:
    assert measured(store, DAY) == (None, ())
    found = measure(store, tmp_path)
    golds = Golds(store.database)
    kept = golds.newest()
    assert kept is not None
    scores = [kept_score(score) for score in found.scores]
    assert golds.record(kept.gold_id, scores)
    assert not golds.record(kept.gold_id, scores)
    again, trend = measured(store, DAY)
    assert again == found
    assert [point.cells[Source.CLAUDE] for point in trend] == [Tally(2, 5)]
