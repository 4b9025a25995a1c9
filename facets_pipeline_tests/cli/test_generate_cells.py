"""`facets generate --chunk` and `--only`: exactly those partitions, on the instance of the page."""

import shutil
from pathlib import Path

import dagster as dg
import pytest

from facets_pipeline.domain.chunks import CHUNKS, chunk_of
from facets_pipeline_tests.cli.commands import Here

CODES = [f"A{number:04d}" for number in range(20)]
CHUNK = chunk_of(CODES[0])
OTHER = next(chunk for code in CODES if (chunk := chunk_of(code)) != CHUNK)
FACETS = dg.AssetKey("llm_facets")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the first test that loads the codes keeps the data folder for the others."""
    return tmp_path_factory.mktemp("loaded") / "data"


@pytest.fixture
def loaded(here: Here, kept: Path) -> Here:
    """A folder with twenty HCPCS codes loaded, none of them answered."""
    rows = "".join(f"{code},Drug number {code[1:]}\n" for code in CODES)
    (here.path / "codes.csv").write_text(f"code,description\n{rows}")
    if not kept.is_dir():
        assert here.run("load", "codes.csv", "--code-system", "HCPCS").code == 0
        shutil.copytree(here.path / ".facets", kept)
    shutil.copytree(kept, here.path / ".facets", dirs_exist_ok=True)
    return here


def _instance(path: Path) -> dg.DagsterInstance:
    return dg.DagsterInstance.from_config(str(path / ".facets" / "dagster"))


def _runs(here: Here) -> list[tuple[str, str | None]]:
    """Return job and partition of every run so far, oldest first."""
    with _instance(here.path) as instance:
        return [(run.job_name, run.tags.get("dagster/partition")) for run in instance.get_runs()][
            ::-1
        ]


def _shown(here: Here) -> set[str]:
    with _instance(here.path) as instance:
        return instance.get_materialized_partitions(FACETS)


def test_one_chunk_is_one_partition_run_and_leaves_the_others_pending(loaded: Here) -> None:
    one = ("generate", "--code-system", "HCPCS", "--chunk", CHUNK.lstrip("0") or "0")
    planned = loaded.run(*one, "--dry-run", "--json").json()["systems"]
    assert [plan["pending"] for plan in planned] == [sum(chunk_of(code) == CHUNK for code in CODES)]
    before = len(_runs(loaded))
    assert loaded.run(*one, "--json").code == 0
    first, *others = _runs(loaded)[before:]
    assert first == ("materialize_llm_facets", f"HCPCS|{CHUNK}")
    assert ("derive_rows", "HCPCS") in others
    assert ("report", None) in others
    assert not [job for job, _ in others if job in ("materialize_llm_facets", "fill_ledger")]
    assert _shown(loaded) == {f"HCPCS|{CHUNK}"}


def test_several_chunks_are_asked_in_one_run_and_each_is_shown_once(loaded: Here) -> None:
    before = len(_runs(loaded))
    arguments = ("generate", "--chunk", CHUNK, "--chunk", OTHER, "--json")
    assert loaded.run(*arguments).code == 0
    assert _runs(loaded)[before][0] == "fill_ledger"
    assert not [job for job, _ in _runs(loaded)[before:] if job == "materialize_llm_facets"]
    assert _shown(loaded) == {f"HCPCS|{CHUNK}", f"HCPCS|{OTHER}"}
    before = len(_runs(loaded))
    assert loaded.run(*arguments).code == 0
    again = [key for job, key in _runs(loaded)[before:] if job == "materialize_llm_facets"]
    assert again == [f"HCPCS|{chunk}" for chunk in (CHUNK, OTHER)], "shown anew, as was asked"


def test_only_missing_or_failed_takes_these_and_what_is_pending_behind_a_green_one(
    loaded: Here,
) -> None:
    assert loaded.run("generate", "--chunk", CHUNK, "--json").code == 0
    new = next(code for number in range(900) if chunk_of(code := f"E{number:04d}") == CHUNK)
    rows = "".join(f"{code},Drug number {code[1:]}\n" for code in CODES)
    (loaded.path / "more.csv").write_text(f"code,description\n{rows}{new},A new chair\n")
    assert loaded.run("load", "more.csv", "--code-system", "HCPCS").code == 0
    with _instance(loaded.path) as instance:
        _fail(instance, f"HCPCS|{OTHER}")
    done = loaded.run("generate", "--only", "missing-or-failed", "--json")
    assert done.code == 0
    assert done.json()["systems"][0]["pending"] == 0
    assert _shown(loaded) == {f"HCPCS|{chunk}" for chunk in CHUNKS}
    with _instance(loaded.path) as instance:
        counts = instance.fetch_materializations(FACETS, limit=500).records
    assert len(counts) == len(CHUNKS) + 1, "each missing one once, the changed one again"


def test_with_nothing_missing_or_failed_no_partition_runs(loaded: Here) -> None:
    assert loaded.run("generate", "--json").code == 0
    before = len(_runs(loaded))
    assert loaded.run("generate", "--only", "missing-or-failed", "--json").code == 0
    assert [job for job, _ in _runs(loaded)[before:] if "llm" in job or "fill" in job] == []


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--chunk", "32"), "'32'"),
        (("--chunk", CHUNK, "--force"), "--force"),
        (("--only", "missing-or-failed", "--test", "3"), "--test"),
    ],
)
def test_what_cannot_be_chosen_is_refused_before_anything_runs(
    loaded: Here, arguments: tuple[str, ...], named: str
) -> None:
    before = len(_runs(loaded))
    done = loaded.run("generate", *arguments)
    assert done.code == 2
    assert named in done.err
    assert len(_runs(loaded)) == before


def test_the_three_ways_stand_in_the_help(here: Here) -> None:
    said = " ".join(here.run("generate", "--help").out.split())
    for words in ("--code-system HCPCS --chunk 07", "--only missing-or-failed", "All HCPCS"):
        assert words in said


def _fail(instance: dg.DagsterInstance, key: str) -> None:
    """Let Dagster show a partition as failed, as after a run that was killed."""
    from facets_pipeline.definitions import build_defs  # noqa: PLC0415

    run = instance.create_run_for_job(
        build_defs().resolve_job_def("materialize_llm_facets"),
        tags={"dagster/partition": key},
        asset_selection=frozenset({FACETS}),
    )
    instance.report_run_failed(run)
