"""What a copy of many codes with large replies takes: memory does not grow with the store."""

import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from facets_pipeline.adapters.store.schema import call
from facets_pipeline.adapters.store.store import Store
from facets_pipeline_tests.adapters.store.contents import ALL, answer_all, load, numbered
from facets_pipeline_tests.engine.annotators import FirstWord

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_MEASURED = """
import sys, time
from pathlib import Path
from facets_pipeline.adapters.store.copying import copy_store

def most_kilobytes():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

before, began = most_kilobytes(), time.monotonic()
copy_store(sys.argv[1], sys.argv[2])
print(most_kilobytes() - before, time.monotonic() - began)
"""
REPLIES = 4_000
REPLY_BYTES = 20_000


@pytest.mark.postgres
def test_nine_thousand_codes_with_large_replies_take_little_memory(
    tmp_path: Path, postgres_url: str
) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("only Linux tells how much memory a process has used at most")
    path = str(tmp_path / "facets.db")
    recipe_id = FirstWord().recipe.recipe_id
    with Store.open(path) as store:
        load(store, "all.csv", numbered(9_000))
        answer_all(store, FirstWord())
        shape = {
            "recipe_id": recipe_id,
            "mode": "messages",
            "state": "answered",
            "owner": "a:1:2:3",
        }
        times = {"lease_until": LONG_AGO, "opened_at": LONG_AGO, "codes": 1}
        with store.database.write() as connection:
            for number in range(REPLIES):
                body = f"{number:05d}" * (REPLY_BYTES // 5)
                reply = {"call_id": f"reply {number}", "raw_body": body, **shape, **times}
                connection.execute(sa.insert(call).values(reply))
    done = subprocess.run(
        [sys.executable, "-c", _MEASURED, path, postgres_url],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[3],
    )
    kilobytes, seconds = (float(word) for word in done.stdout.split())
    print(f"{seconds:.1f} s, {kilobytes / 1024:.0f} MB")
    # All replies together are 80 MB, and a driver holds a page of them more than once.
    assert kilobytes < 70 * 1024
    with Store.open(postgres_url) as copy:
        assert copy.ledger.askable(ALL, recipe_id) == 0
