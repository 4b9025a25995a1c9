"""The search over many codes: a process that serves, some questions to it, and its memory."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator

import httpx2

from facets_pipeline_tests.growth.measured import COMMAND, GrowthError, Measured, Place
from facets_pipeline_tests.growth.third_system import LONGCODE

PATIENCE = 300.0

QUESTIONS = {
    "serve: a first page, counted": {"procedure_category": "imaging", "facet_counts": "true"},
    "serve: another, counted": {"procedure_category": "drug", "facet_counts": "true"},
    "serve: words": {"q": "form 1000"},
}
"""What is asked, one after the other: the first one makes the counts that others find."""


def questions(place: Place) -> Iterator[tuple[str, Measured]]:
    """Yield how long each question took, the last one with what the process had used by then."""
    process = subprocess.Popen(
        [*COMMAND, "serve", "--port", "0", "--json"],
        cwd=place.folder,
        env=place.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = _address(process)
        with httpx2.Client(base_url=address, timeout=PATIENCE) as client:
            client.get("/health")
            took = {name: _asked(client, given) for name, given in QUESTIONS.items()}
    finally:
        process.send_signal(signal.SIGTERM)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.stdout is not None:
            process.stdout.close()
    for name, seconds in took.items():
        yield name, Measured(seconds, 0.0, usage.ru_maxrss / 1024)


def _address(process: "subprocess.Popen[str]") -> str:
    """Return where a server listens, from the document that it begins with."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if line.startswith("}"):
            return str(json.loads(said)["address"])
    raise GrowthError(f"facets serve ended at once: {said or 'it said nothing'}")


def _asked(client: httpx2.Client, given: dict[str, str]) -> float:
    started = time.monotonic()
    answer = client.get(
        "/api/v1/procedure/faceted-search", params={"code_system": LONGCODE.name, **given}
    )
    if answer.status_code != 200:
        raise GrowthError(f"The search answered {answer.status_code}: {answer.text[:200]}")
    return time.monotonic() - started
