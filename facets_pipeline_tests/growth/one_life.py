"""A code file of the third system from load to search, in this process; prints what it came to.

A process of its own: the entry must be there before partitions and API are made from the entries.
"""

import contextlib
import io
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from facets_pipeline_tests.growth.third_system import LONGCODE, register, write_codes

CODES = 40


def main() -> None:
    """Load, annotate and search some codes in the working folder; print a JSON document."""
    register()
    source = Path("codes.csv").absolute()
    write_codes(source, CODES)
    found = {
        "loaded": _said("load", str(source), "--code-system", LONGCODE.name),
        "generated": _said("generate", "--annotator", "rules"),
        "status": _said("status"),
        "rows": _rows(),
        "grid": _grid(),
        "served": _served(),
        "source": _source(),
    }
    json.dump(found, sys.stdout)


def _said(*arguments: str) -> Any:  # noqa: ANN401 - whatever the command says
    """Run `facets`, which must succeed, and return its document."""
    from facets_pipeline.cli.app import main as facets  # noqa: PLC0415 - see `register`

    sys.argv = ["facets", *arguments, "--json"]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        try:
            facets()
        except SystemExit as ended:
            if ended.code:
                sys.exit(f"facets {' '.join(arguments)} ended with {ended.code}")
    return json.loads(printed.getvalue())


def _rows() -> Sequence[Sequence[str]]:
    """Return code, state and category of every row of the flat table."""
    from facets_pipeline.adapters.store.store import Store  # noqa: PLC0415
    from facets_pipeline.settings import Settings  # noqa: PLC0415

    with Store.open(Settings.load().store_url) as store:
        rows = store.flat.rows(LONGCODE.name)
        return [[row["code"], row["status"], row["procedure_category"]] for row in rows]


def _grid() -> dict[str, int]:
    """Return how many partitions of the system there are, and how many Dagster shows as done."""
    from facets_pipeline.cli.instance import open_instance  # noqa: PLC0415
    from facets_pipeline.defs.llm_facets import llm_facets  # noqa: PLC0415
    from facets_pipeline.settings import Settings  # noqa: PLC0415

    grid = llm_facets.partitions_def
    assert grid is not None
    begins = f"{LONGCODE.name}|"
    done = open_instance(Settings.load()).get_materialized_partitions(llm_facets.key)
    return {
        "partitions": sum(name.startswith(begins) for name in grid.get_partition_keys()),
        "done": sum(name.startswith(begins) for name in done),
    }


def _served() -> dict[str, Any]:
    """Return what a search for the system's codes answers."""
    from fastapi.testclient import TestClient  # noqa: PLC0415

    from facets_pipeline.adapters.store.search import Search  # noqa: PLC0415
    from facets_pipeline.api.app import make_app  # noqa: PLC0415
    from facets_pipeline.settings import Settings  # noqa: PLC0415

    search = Search.open(Settings.load().store_url)
    try:
        client = TestClient(make_app(search))
        found = client.get(
            "/api/v1/procedure/faceted-search",
            params={"code_system": LONGCODE.name, "limit": 5, "q": "form 7"},
        )
        return {"status": found.status_code, **found.json()}
    finally:
        search.close()


def _source() -> str:
    """Return what the system's own setting says."""
    from facets_pipeline.settings import Settings  # noqa: PLC0415

    return Settings.load().source_of(LONGCODE.name)


if __name__ == "__main__":
    main()
