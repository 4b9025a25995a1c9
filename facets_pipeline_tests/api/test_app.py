"""The search API: every code once, filters as promised, sentences for what cannot be."""

import random
import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.validation import Empty, Status
from facets_pipeline_tests.api.conftest import Filled
from facets_pipeline_tests.api.contents import (
    IN_DOUBT,
    ODD,
    PENDING,
    SEARCH,
    Row,
    every_page,
    keys,
    those,
)


def words_begin(row: Row, *words: str) -> bool:
    """Tell whether each word begins a word of a row's text, or its code."""
    there = re.findall(r"[a-z0-9]+", f"{row['code']} {row['descriptor']}".lower())
    return all(any(found.startswith(word) for found in there) for word in words)


def test_the_line_of_the_original_finds_visits(client: TestClient, filled: Filled) -> None:
    response = client.get(f"{SEARCH}?procedure_category=evaluation&limit=5")
    assert response.status_code == 200
    page = response.json()
    wanted = those(filled.rows, lambda row: row["procedure_category"] == "evaluation")
    assert keys(page["items"]) == wanted[:5]
    assert page["items"][0]["facets"]["procedure_category"] == "evaluation"
    assert (page["total"], page["facet_counts"]) == (None, None)


@pytest.mark.parametrize("limit", ["1", "7", "200"])
def test_the_pages_hold_every_code_once_and_in_order(
    client: TestClient, filled: Filled, limit: str
) -> None:
    if limit == "1":
        found = every_page(client, limit=limit, procedure_category="anesthesia")
        wanted = those(filled.rows, lambda row: row["procedure_category"] == "anesthesia")
    else:
        found, wanted = every_page(client, limit=limit), keys(filled.rows)
    assert keys(found) == wanted
    assert len(wanted) > 3


def test_values_of_one_facet_are_alternatives_and_facets_must_all_hold(
    client: TestClient, filled: Filled
) -> None:
    found = every_page(
        client,
        procedure_category=["imaging", "surgical"],
        body_region=["abdomen", "pelvis"],
        code_system="CPT",
    )
    wanted = those(
        filled.rows,
        lambda row: (
            row["procedure_category"] in {"imaging", "surgical"}
            and row["body_region"] in {"abdomen", "pelvis"}
            and row["code_system"] == "CPT"
        ),
    )
    assert keys(found) == wanted
    assert {"imaging", "surgical"} == {item["facets"]["procedure_category"] for item in found}


@pytest.mark.parametrize("stated", ["true", "false", "True"])
def test_truth_values_are_filters_too(client: TestClient, filled: Filled, stated: str) -> None:
    found = every_page(client, is_major_surgery=stated)
    wanted = those(filled.rows, lambda row: row["is_major_surgery"] is (stated != "false"))
    assert keys(found) == wanted
    assert found


@pytest.mark.parametrize(
    "words", [["knee"], ["KNEE", "replac"], ["99"], ["j1"], ["injection"], ["and", "or"]]
)
def test_words_begin_words_of_the_descriptor_or_the_code(
    client: TestClient, filled: Filled, words: list[str]
) -> None:
    found = every_page(client, q=" ".join(words))
    lower = [word.lower() for word in words]
    assert keys(found) == those(filled.rows, lambda row: words_begin(row, *lower))
    assert found


def test_a_single_letter_is_the_beginning_of_a_code_or_a_whole_word(
    client: TestClient, filled: Filled
) -> None:
    found = every_page(client, q="j")
    assert keys(found) == those(filled.rows, lambda row: row["code"].startswith("J"))
    assert found
    among = {item["code"] for item in every_page(client, q="x ray o")}
    assert among == {ODD.code}, "x, ray and o are whole words of one descriptor alone"


@pytest.mark.parametrize("text", ["and/or", "X-Ray", "100%", "o'hara wood", "<SCRIPT>"])
def test_punctuation_and_case_do_not_count(client: TestClient, text: str) -> None:
    assert ODD.code in {item["code"] for item in every_page(client, q=text)}


def test_a_text_without_a_letter_or_digit_finds_nothing(client: TestClient) -> None:
    for text in ("%", "_", "---", "'", '"*"'):
        assert client.get(SEARCH, params={"q": text}).json()["items"] == []


def brute_force(rows: list[Row], chosen: dict[str, list[str]], facet: str) -> dict[str, int]:
    """Count a facet's values over the rows that pass all other filters."""
    counts: dict[str, int] = {}
    for row in rows:
        others = all(str(row[name]) in values for name, values in chosen.items() if name != facet)
        if others and row[facet] is not None:
            value = str(row[facet]).lower() if isinstance(row[facet], bool) else row[facet]
            counts[value] = counts.get(value, 0) + 1
    return counts


@pytest.mark.parametrize("seed", range(6))
def test_counts_are_what_each_value_would_find(
    client: TestClient, filled: Filled, seed: int
) -> None:
    draw = random.Random(seed)  # noqa: S311 - the same choices each time
    filters = ["code_system", "status", "in_doubt", *CODEBOOK.names]
    all_rows = [{**row, "in_doubt": row["in_doubt"] > 0} for row in filled.rows]
    names = draw.sample(filters, seed)
    words = draw.choice([[], ["inj"], ["of"]])
    chosen = {
        name: draw.sample(sorted({str(row[name]) for row in all_rows} - {"None"}), k=1)
        for name in names
    }
    parameters: dict[str, Any] = {name: [v.lower() for v in v_] for name, v_ in chosen.items()}
    parameters["code_system"] = chosen.get("code_system", [])
    page = client.get(
        SEARCH, params={**parameters, "q": " ".join(words), "facet_counts": "true"}
    ).json()
    rows: list[Row] = [row for row in all_rows if words_begin(row, *words)]
    passing = [row for row in rows if all(str(row[n]) in v for n, v in chosen.items())]
    assert page["total"] == len(passing)
    for name, counts in page["facet_counts"].items():
        found = {value: count for value, count in counts.items() if count}
        assert found == brute_force(rows, chosen, name), name


def test_every_value_of_the_codebook_is_counted(client: TestClient) -> None:
    counts = client.get(SEARCH, params={"facet_counts": "true"}).json()["facet_counts"]
    for facet in CODEBOOK.facets:
        assert list(counts[facet.name]) == [
            str(value).lower() if isinstance(value, bool) else value for value in facet.vocabulary
        ]


def test_codes_in_doubt_are_told_apart(client: TestClient, filled: Filled) -> None:
    found = every_page(client, in_doubt="true")
    assert keys(found) == those(filled.rows, lambda row: row["code"] in IN_DOUBT)
    assert {item["in_doubt"] for item in found} == {2}
    rest = every_page(client, in_doubt="false")
    assert len(rest) == len(filled.rows) - len(found)
    assert len(every_page(client, in_doubt=["true", "false"])) == len(filled.rows)


def test_an_empty_facet_says_why(client: TestClient) -> None:
    (pending,) = every_page(client, q=PENDING.code)
    assert pending["status"] == Status.PENDING
    assert set(pending["empty"].values()) == {Empty.NOT_ANSWERED}
    assert set(pending["empty"]) == set(CODEBOOK.names)
    (one,) = every_page(client, q="99213")
    assert one["empty"]["imaging_modality"] == Empty.NOT_APPLICABLE
    assert one["facets"]["em_level"] == "level_3"
    assert "em_level" not in one["empty"]
