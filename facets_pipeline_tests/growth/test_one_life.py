"""A third code system is registered by its one entry: nothing else needs to know of it."""

import json
import subprocess
import sys
from typing import Any

import pytest

from facets_pipeline.domain.chunks import CHUNK_COUNT
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.growth.measured import Place
from facets_pipeline_tests.growth.one_life import CODES
from facets_pipeline_tests.growth.third_system import LONGCODE, code_at

PATIENCE = 300


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Any:  # noqa: ANN401 - a document
    """What became of some codes of eight characters, from the file to the search."""
    place = Place(tmp_path_factory.mktemp("life"), {"FACETS_LONGCODE_SOURCE": "a_folder"})
    done = subprocess.run(
        [sys.executable, "-m", "facets_pipeline_tests.growth.one_life"],
        cwd=place.folder,
        env=place.environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2_000:]
    return json.loads(done.stdout)


def test_the_system_is_unknown_here_and_no_code_of_it_is_one_of_another() -> None:
    assert LONGCODE.name not in CODE_SYSTEMS
    assert not any(system.is_code(code_at(0)) for system in CODE_SYSTEMS.values())
    assert len({code_at(number) for number in range(2_000)}) == 2_000
    assert all(LONGCODE.is_code(code_at(number)) for number in range(0, 676_000_000, 9_999_991))


def test_its_codes_are_loaded_and_every_one_has_facets(life: dict[str, Any]) -> None:
    assert (life["loaded"]["codes"], life["loaded"]["refused"]) == (CODES, {})
    (status,) = life["status"]["systems"]
    assert (status["code_system"], status["valid"], status["pending"]) == (LONGCODE.name, CODES, 0)
    assert [row[0] for row in life["rows"]] == sorted(code_at(number) for number in range(CODES))
    assert {row[1] for row in life["rows"]} == {"valid"}
    assert {row[2] for row in life["rows"]} <= set(CODEBOOK.category.vocabulary)


def test_the_grid_has_its_partitions_and_shows_them_done(life: dict[str, Any]) -> None:
    assert life["grid"] == {"partitions": CHUNK_COUNT, "done": CHUNK_COUNT}


def test_the_search_finds_its_codes(life: dict[str, Any]) -> None:
    served = life["served"]
    assert served["status"] == 200
    assert [item["code"] for item in served["items"]] == [code_at(7)]


def test_it_has_a_setting_of_its_own(life: dict[str, Any]) -> None:
    assert life["source"] == "a_folder"
