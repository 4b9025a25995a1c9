"""One process that asks Claude: opens a prepared store, says so, waits for the word, and asks.

It prints two JSON lines: that it is ready, and what it did. It is started by `processes`.
"""

import json
import resource
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from pydantic import SecretStr

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeAnnotator, ClaudeOptions
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.errors import FacetsError
from facets_pipeline.domain.models import DEFAULT_MODEL, shipped_models
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.bench.codes import SYSTEM


@dataclass(frozen=True, slots=True)
class Task:
    """What a process is to do.

    Attributes:
        store_url: The prepared store.
        base_url: Where the API is.
        api_key: Its key.
        codes_per_request: Codes asked together.
        run_id: Name of the run in the ledger.
    """

    store_url: str
    base_url: str
    api_key: str
    codes_per_request: int
    run_id: str


def annotator_for(store: Store, base_url: str, api_key: str) -> ClaudeAnnotator:
    """Return the annotator as a user has it who sets nothing but the key."""
    facts = shipped_models().model_facts(DEFAULT_MODEL, store.today())
    return ClaudeAnnotator(facts, SecretStr(api_key), base_url=base_url)


def peak_mb() -> float:
    """Return the most memory that this process had so far, in megabytes."""
    status = Path("/proc/self/status")
    if status.exists():
        # Not `ru_maxrss`: it starts with what the parent had when it started this process.
        fields = dict(line.split(":", 1) for line in status.read_text("ascii").splitlines())
        return int(fields["VmHWM"].split()[0]) / 1024
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / 2**20 if sys.platform == "darwin" else largest / 1024


def main() -> None:
    """Do the task that the first argument states as JSON."""
    task = Task(**json.loads(sys.argv[1]))
    with Store.open(task.store_url) as store:
        annotator = annotator_for(store, task.base_url, task.api_key)
        print(json.dumps({"ready": True}), flush=True)
        if not sys.stdin.readline():
            return
        print(json.dumps(_work(store, annotator, task)), flush=True)


def _work(store: Store, annotator: ClaudeAnnotator, task: Task) -> dict[str, object]:
    options = ClaudeOptions(codes_per_request=task.codes_per_request, run_id=task.run_id)
    started = time.monotonic()
    try:
        report = annotator.fill(store, Scope(SYSTEM.name, store.today()), options)
    except FacetsError as error:
        return {"error": str(error)}
    seconds = time.monotonic() - started
    return {**asdict(report), "seconds": seconds, "peak_mb": peak_mb()}


if __name__ == "__main__":
    main()
