"""`facets prompt`: what it prints is what is sent, and it sends nothing."""

import json
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast

import pytest

from facets_pipeline.adapters.annotators.claude.annotator import ClaudeOptions
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.defs.claude import ClaudeResource
from facets_pipeline.domain.chunks import chunk_of
from facets_pipeline.engine.ports import Scope
from facets_pipeline_tests.cli.commands import Here

CODES = [f"J012{digit}" for digit in range(5)]
ASKED = sorted(CODES, key=lambda code: (chunk_of(code), code))


class Recorder(ThreadingHTTPServer):
    """An API that keeps the bodies of all message requests and calls every code a drug."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.bodies: list[dict[str, Any]] = []

    @property
    def base_url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_port}"


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    def do_GET(self) -> None:
        """Say nothing about any model."""
        self._reply({})

    def do_POST(self) -> None:
        """Keep the body, and answer for the codes in it."""
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        cast("Recorder", self.server).bodies.append(body)
        text = body["messages"][0]["content"].removeprefix("<codes>\n").removesuffix("\n</codes>")
        answers = [
            {"code": item["code"], "procedure_category": "drug"} for item in json.loads(text)
        ]
        content = [{"type": "text", "text": json.dumps({"answers": answers})}]
        usage = {"input_tokens": 1, "output_tokens": 1}
        self._reply({"content": content, "usage": usage, "stop_reason": "end_turn"})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base's name
        """Stay silent."""

    def _reply(self, document: dict[str, Any]) -> None:
        content = json.dumps(document).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def recorder() -> Generator[Recorder]:
    """A recording API that listens."""
    with Recorder() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def loaded(here: Here, monkeypatch: pytest.MonkeyPatch, recorder: Recorder) -> Here:
    """A folder with five codes loaded, and the recorder as its API."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", recorder.base_url)
    rows = "".join(f'{code},"Injection {code}, <b>5 mg</b> caf\u00e9"\n' for code in CODES)
    (here.path / "codes.csv").write_text(f"code,description\n{rows}", "utf-8")
    assert here.run("load", "codes.csv", "--code-system", "HCPCS").code == 0
    return here


@pytest.mark.parametrize("model", ["claude-sonnet-5-5", "claude-haiku-5-5", "claude-haiku-4-5"])
def test_what_is_printed_is_what_a_run_sends_to_the_letter(
    loaded: Here, recorder: Recorder, model: str
) -> None:
    told = loaded.run("prompt", *CODES, "--model", model, "--batch-size", "3", "--json").json()
    assert recorder.bodies == []
    with Store.open(str(loaded.path / ".facets" / "facets.db")) as store:
        annotator = ClaudeResource().annotator(store, "HCPCS", model)
        store.recipes.choose("HCPCS", annotator.recipe, reason="test")
        options = ClaudeOptions(run_id="test", codes_per_request=3)
        assert annotator.fill(store, Scope("HCPCS", store.today()), options).answered == 5
    sent = sorted(map(_spelled, recorder.bodies))
    assert sent == sorted(_spelled(request["parameters"]) for request in told["requests"])
    assert {request["recipe_id"] for request in told["requests"]} == {annotator.recipe.recipe_id}
    assert [code for request in told["requests"] for code in request["codes"]] == ASKED


def test_for_people_the_same_texts_stand_under_headings(loaded: Here, recorder: Recorder) -> None:
    (told,) = loaded.run("prompt", *CODES, "--json").json()["requests"]
    shown = loaded.run("prompt", *CODES).out
    for text in (
        told["parameters"]["system"][0]["text"],
        told["parameters"]["messages"][0]["content"],
        json.dumps(told["parameters"]["output_config"]["format"]["schema"]),
        told["recipe_id"],
    ):
        assert f"\n{text}\n" in shown
    several = loaded.run("prompt", *CODES, "--batch-size", "2").out
    assert several.count("===== system prompt") == 1
    assert several.count("===== user message") == 3
    assert recorder.bodies == []


def test_a_descriptor_by_hand_needs_no_store_of_codes(here: Here) -> None:
    (request,) = here.run("prompt", "a4253", "--text", " Test  strips ", "--json").json()[
        "requests"
    ]
    assert request["code_system"] == "HCPCS"
    content = request["parameters"]["messages"][0]["content"]
    assert '{"code": "A4253", "descriptor": "Test strips"}' in content


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["J9999"], "J9999: no such active HCPCS code in the store"),
        (["hello"], "'hello' is not a code of CPT or HCPCS"),
        (["99213", "--code-system", "HCPCS"], "'99213' is not a code of HCPCS"),
        (["99213", "J0120", "--text", "x"], "--text describes one code"),
    ],
)
def test_what_cannot_be_shown_is_said_with_the_remedy(
    here: Here, arguments: list[str], said: str
) -> None:
    done = here.run("prompt", *arguments)
    assert done.code == 2
    assert said in done.err


def _spelled(body: dict[str, Any]) -> str:
    # The order of the schema's keys decides the order of the answer; that of the others nothing.
    schema = json.dumps(body["output_config"]["format"]["schema"])
    return json.dumps([body, schema], sort_keys=True)
