"""code_files: a new or changed file is loaded once, when at rest; a broken one is tried once."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline.definitions import build_defs
from facets_pipeline.defs.code_files import code_files
from facets_pipeline_tests.defs.graph_runs import HCPCS, GraphRuns

MORE = {**HCPCS, "E0100": "A chair that is new"}


@dataclass(slots=True)
class Looks:
    """The sensor, looking again and again; what it launches is run at once, as by the daemon."""

    runs: GraphRuns
    cursor: str | None = None
    keys: set[str] = field(default_factory=set[str])
    skipped: str = ""

    def look(self) -> list[bool]:
        """Look once; return for each run that it launched whether that went well."""
        definitions = build_defs()
        with dg.build_sensor_context(
            instance=self.runs.instance,
            cursor=self.cursor,
            repository_def=definitions.get_repository_def(),
            resources=definitions.resources,
        ) as context:
            found = code_files.evaluate_tick(context)
        self.cursor = found.cursor
        self.skipped = found.skip_message or ""
        done: list[bool] = []
        for request in found.run_requests or []:
            assert request.run_key not in self.keys, "Dagster would launch nothing"
            self.keys.add(str(request.run_key))
            job = build_defs().resolve_job_def("materialize_raw_codes")
            result = job.execute_in_process(
                partition_key=request.partition_key,
                instance=self.runs.instance,
                raise_on_error=False,
            )
            done.append(result.success)
        return done


@pytest.fixture
def folder(runs: GraphRuns, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that is configured as the source of HCPCS."""
    path = runs.folder.parent / "releases"
    path.mkdir()
    monkeypatch.setenv("FACETS_HCPCS_SOURCE", str(path))
    return path


@pytest.fixture
def looks(runs: GraphRuns) -> Looks:
    """The sensor before its first look."""
    return Looks(runs)


def test_it_is_off_until_a_person_turns_it_on() -> None:
    assert code_files.default_status is dg.DefaultSensorStatus.STOPPED


def test_a_new_file_is_loaded_when_it_is_at_rest_and_only_once(
    runs: GraphRuns, looks: Looks, folder: Path
) -> None:
    assert looks.look() == []
    assert "holds no code file" in looks.skipped
    runs.codes_file(HCPCS, f"{folder.name}/codes_2026_01.csv")
    assert [looks.look(), looks.look(), looks.look()] == [[], [True], []]
    with runs.store() as store:
        assert store.codes.counts("HCPCS", store.today()).active == len(HCPCS)


def test_a_file_that_is_still_growing_is_left_alone(
    runs: GraphRuns, looks: Looks, folder: Path
) -> None:
    path = runs.codes_file(HCPCS, f"{folder.name}/codes_2026_01.csv")
    assert looks.look() == []
    with path.open("a") as file:
        file.write("E0100,A chair that is new\n")
    assert looks.look() == []
    assert "at rest" in looks.skipped
    assert looks.look() == [True]


def test_a_newer_release_in_the_folder_is_loaded(
    runs: GraphRuns, looks: Looks, folder: Path
) -> None:
    runs.codes_file(HCPCS, f"{folder.name}/codes_2026_01.csv")
    assert [looks.look(), looks.look()] == [[], [True]]
    runs.codes_file(MORE, f"{folder.name}/codes_2026_04.csv")
    assert [looks.look(), looks.look(), looks.look()] == [[], [True], []]


def test_what_was_loaded_by_hand_is_not_loaded_again(runs: GraphRuns, looks: Looks) -> None:
    runs.load(HCPCS)
    assert [looks.look(), looks.look(), looks.look()] == [[], [], []]
    path = runs.codes_file(MORE)
    assert [looks.look(), looks.look()] == [[], [True]]
    runs.codes_file(HCPCS)
    assert [looks.look(), looks.look()] == [[], [False]], "a fifth of the codes would vanish"
    os.utime(path)
    assert [looks.look(), looks.look()] == [[], []], "touched, with the same content"
    runs.codes_file(MORE)
    assert [looks.look(), looks.look()] == [[], []], "that is loaded already"


def test_a_broken_file_fails_once_with_its_sentence_until_it_changes(
    runs: GraphRuns, looks: Looks, folder: Path
) -> None:
    path = folder / "codes_2026_01.csv"
    path.write_text("colour,taste\nred,sweet\n")
    assert [looks.look(), looks.look(), looks.look(), looks.look()] == [[], [False], [], []]
    os.utime(path)
    assert [looks.look(), looks.look()] == [[], []]
    runs.codes_file(HCPCS, f"{folder.name}/codes_2026_01.csv")
    assert [looks.look(), looks.look()] == [[], [True]]


def test_a_file_whose_size_and_time_did_not_change_is_not_read_again(
    runs: GraphRuns, looks: Looks, folder: Path
) -> None:
    path = runs.codes_file(HCPCS, f"{folder.name}/codes_2026_01.csv")
    assert [looks.look(), looks.look()] == [[], [True]]
    written = path.stat().st_mtime_ns
    path.write_text(path.read_text().replace("flu", "FLU"))
    os.utime(path, ns=(written, written))
    assert [looks.look(), looks.look()] == [[], []]


def test_without_a_source_it_says_so(looks: Looks, monkeypatch: pytest.MonkeyPatch) -> None:
    assert looks.look() == []
    assert "facets load FILE --code-system CPT" in looks.skipped
    monkeypatch.setenv("FACETS_CPT_SOURCE", "sql:codes")
    assert looks.look() == []
    assert "sql:codes is a table, which is not watched" in looks.skipped
