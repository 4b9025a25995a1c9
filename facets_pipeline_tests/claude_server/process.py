"""A server as a process of its own, and what a test does with it."""

import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2

from facets_pipeline_tests.claude_server.faults import Fault
from facets_pipeline_tests.claude_server.settings import ServerSettings, as_options

REPOSITORY = Path(__file__).resolve().parents[2]
STOP_SECONDS = 10


class AdminClient:
    """The admin endpoints of a server.

    Args:
        base_url: Where the server listens.
    """

    def __init__(self, base_url: str) -> None:
        self._http = httpx2.Client(base_url=base_url, timeout=60)

    def account(self) -> dict[str, Any]:
        """Return the server's totals; amounts in USD are decimal strings."""
        return self._call("GET", "/_admin/account")

    def cost_usd(self) -> Decimal:
        """Return what all calls cost together, exactly."""
        return Decimal(self.account()["cost_usd"])

    def requests(self, endpoint: str | None = None) -> list[dict[str, Any]]:
        """Return every call as the account has it, or those of one endpoint."""
        query = {"endpoint": endpoint} if endpoint else None
        return self._call("GET", "/_admin/requests", query=query)["requests"]

    def wait_until_idle(self) -> None:
        """Return once no call is in progress, also none whose client has gone."""
        self._call("GET", "/_admin/idle")

    def forget(self) -> None:
        """Start the account afresh."""
        self._call("DELETE", "/_admin/account")

    def plan(self, fault: Fault) -> None:
        """Let something go wrong from now on."""
        self._call("POST", "/_admin/faults", asdict(fault))

    def faults(self) -> list[dict[str, Any]]:
        """Return the planned faults with how often each happened."""
        return self._call("GET", "/_admin/faults")["faults"]

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        self._call("DELETE", "/_admin/faults")

    def change_limits(
        self,
        rpm: float | None = None,
        itpm: float | None = None,
        otpm: float | None = None,
        model: str | None = None,
    ) -> None:
        """Set other limits per minute, for all models or for one."""
        self._call(
            "POST", "/_admin/limits", {"rpm": rpm, "itpm": itpm, "otpm": otpm, "model": model}
        )

    def advance(self, seconds: float) -> None:
        """Move the server's clock forward."""
        self._call("POST", "/_admin/clock", {"seconds": seconds})

    def answer_with(self, facets: Mapping[str, Mapping[str, object]]) -> None:
        """Let the default answerer answer these codes with these facets."""
        self._call("POST", "/_admin/facets", facets)

    def batches(self) -> list[dict[str, Any]]:
        """Return every batch, hidden ones included, newest first."""
        return self._call("GET", "/_admin/batches")["batches"]

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def _call(
        self,
        method: str,
        path: str,
        body: Mapping[str, object] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        response = self._http.request(method, path, json=body, params=query)
        if response.status_code != 200:
            raise ValueError(f"The server refused {method} {path}: {response.text}")
        return response.json()


class RunningServer:
    """A server process.

    Args:
        settings: How it behaves.
    """

    def __init__(self, settings: ServerSettings) -> None:
        self.settings = settings
        self._process = self._start(settings)
        self.base_url = self._base_url()
        self.admin = AdminClient(self.base_url)

    @property
    def api_key(self) -> str:
        """The key that the server accepts."""
        return self.settings.api_key

    @property
    def environment(self) -> dict[str, str]:
        """The variables that point the API's client library at this server."""
        return {"ANTHROPIC_BASE_URL": self.base_url, "ANTHROPIC_API_KEY": self.api_key}

    def kill(self) -> None:
        """End the process at once, as a crash does."""
        self._process.kill()
        self._finish()

    def stop(self) -> None:
        """End the process in order."""
        if self._process.poll() is None:
            self._process.terminate()
        self._finish()

    def restart(self) -> None:
        """Start a new process at the same address; a state file keeps account and batches."""
        self.stop()
        port = int(self.base_url.rsplit(":", 1)[1])
        self._process = self._start(replace(self.settings, port=port))
        self.base_url = self._base_url()
        self.admin = AdminClient(self.base_url)

    def _finish(self) -> None:
        self.admin.close()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    @staticmethod
    def _start(settings: ServerSettings) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "facets_pipeline_tests.claude_server"]
        return subprocess.Popen(
            [*command, *as_options(settings)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def _base_url(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The server did not start, it ended with {self._process.wait()}.")
        return json.loads(line)["base_url"]


@contextmanager
def running_server(**settings: Any) -> Generator[RunningServer]:  # noqa: ANN401 - see ServerSettings
    """Run a server process with these `ServerSettings` for as long as the context lasts.

    With pytest: `with running_server(rpm=600) as server: ...` in a fixture or a test.
    """
    server = RunningServer(ServerSettings(**settings))
    try:
        yield server
    finally:
        server.stop()
