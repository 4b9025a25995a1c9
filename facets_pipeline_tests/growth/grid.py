"""The Dagster side: what each pass adds to its history, and how long the partition grid takes.

The web server and its daemon are real, with the third code system registered in each process.
"""

import time
from collections.abc import Iterator

from facets_pipeline_tests.daemon.dagster_dev import DagsterDev, running_dagster
from facets_pipeline_tests.growth.measured import Place
from facets_pipeline_tests.house.source_tree import ROOT

ASSET = "llm_facets"
LOADS = 20
"""How often the grid is loaded."""

GRID = """
query Grid($key: AssetKeyInput!) {
  assetNodeOrError(assetKey: $key) { ... on AssetNode {
    partitionStats { numMaterialized numPartitions numFailed numMaterializing }
    assetPartitionStatuses { ... on MultiPartitionStatuses {
      primaryDimensionName
      ranges {
        primaryDimStartKey primaryDimEndKey
        secondaryDim { ... on DefaultPartitionStatuses { materializedPartitions } }
      }
    } }
  } }
}
"""

WORKSPACE = "load_from:\n  - python_module: facets_pipeline_tests.growth.definitions\n"


def passes(place: Place, annotator: str, count: int) -> Iterator[str]:
    """Yield a line for every pass of `generate` that finds nothing to do, then one of the grid.

    Args:
        place: Where codes are loaded and annotated already.
        annotator: Who answered.
        count: How many passes.
    """
    if not count:
        return
    before = place.instance_bytes
    yield f"Dagster's history before: {before / 1e6:.1f} MB"
    for number in range(1, count + 1):
        place.facets("generate", "--annotator", annotator, "--yes")
        after = place.instance_bytes
        yield f"pass {number}: {(after - before) / 1e3:,.0f} kB more"
        before = after
    yield grid_line(place)


def grid_line(place: Place) -> str:
    """Return how long the partition grid of `llm_facets` takes to load, and what it shows."""
    project = place.folder / "project"
    project.mkdir(exist_ok=True)
    (project / "workspace.yaml").write_text(WORKSPACE, encoding="utf-8")
    (project / "dagster.yaml").write_bytes((ROOT / "dagster.yaml").read_bytes())
    with running_dagster(place.folder, place.environment, project=project) as dagster:
        seconds = sorted(_load(dagster) for _ in range(LOADS))
        shown = dagster.partitions(ASSET)
    return (
        f"partition grid: median {seconds[LOADS // 2] * 1e3:.0f} ms, slowest "
        f"{seconds[-1] * 1e3:.0f} ms of {LOADS} loads; {shown['numMaterialized']} of "
        f"{shown['numPartitions']} partitions done"
    )


def _load(dagster: DagsterDev) -> float:
    """Ask what the grid asks: each cell's state, and the counts above it."""
    started = time.perf_counter()
    dagster.ask(GRID, key={"path": [ASSET]})
    return time.perf_counter() - started
