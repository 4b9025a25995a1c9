"""Doors that need a store: loading a spoilt file, the search API, the options of commands.

Belongs here: targets, and the one small store that they share in a process. Loading must be all or
nothing, the API must answer or refuse in a sentence, a command must end with 0, 1 or 2.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Generator, Mapping, Sequence
from datetime import date
from functools import cache
from pathlib import Path

import sqlalchemy as sa
from fastapi.testclient import TestClient
from hypothesis import strategies as st

from facets_pipeline.adapters.loading import load_codes, load_reference
from facets_pipeline.adapters.store.schema import metadata
from facets_pipeline.adapters.store.search import Search
from facets_pipeline.adapters.store.store import Store
from facets_pipeline.api.app import make_app
from facets_pipeline.cli.app import main
from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.errors import SourceError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.releases import LoadMode
from facets_pipeline_tests.fuzz.mutation import SPOILINGS, Spoiling, spoilt
from facets_pipeline_tests.fuzz.properties import check_sentence
from facets_pipeline_tests.fuzz.seeds import seeds
from facets_pipeline_tests.fuzz.targets import Target

DAY = date(2026, 1, 1)
HCPCS = code_system("HCPCS")
_COUNTED = (
    "source_release",
    "source_issue",
    "code_history",
    "reference_release",
    "reference_value",
)
_LOADED = ("codes.csv", "HCPC2025_OCT_ANWEB.txt", "rbcs_2024.csv", "PPRRVU25_OCT.csv")


@cache
def _folder() -> Path:
    # Kept until the process ends: the object must outlive the function.
    kept = tempfile.TemporaryDirectory(prefix="facets-fuzz-")
    _KEPT.append(kept)
    return Path(kept.name)


_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def _store() -> Store:
    """Open the one store of this process, with three codes in it."""
    path = _folder() / "facets.db"
    store = Store.open(f"sqlite:///{path}")
    good = _folder() / "good.csv"
    good.write_bytes(seeds()["codes.csv"])
    load_codes(store, HCPCS, str(good), mode=LoadMode.NEXT, day=DAY)
    store.flat.refresh("HCPCS", DAY)
    return store


@cache
def _client() -> TestClient:
    return TestClient(make_app(Search.open(str(_store().database.url))))


def _contents(store: Store) -> Mapping[str, Sequence[object]]:
    """Return the number of rows, and the newest key, of every table that loading writes."""
    found: dict[str, Sequence[object]] = {}
    with store.database.read() as connection:
        for name in _COUNTED:
            table = metadata.tables[name]
            key = next(iter(table.primary_key.columns))
            query = sa.select(sa.func.count(), sa.func.max(key)).select_from(table)
            found[name] = tuple(connection.execute(query).one())
    return found


def check_load(given_file: tuple[str, Spoiling, LoadMode]) -> None:
    """Check that loading a spoilt file is recorded whole, or leaves the store as it was."""
    name, spoiling, mode = given_file
    store = _store()
    path = _folder() / name
    path.write_bytes(spoilt(seeds()[name], spoiling))
    before = _contents(store)
    try:
        if name.startswith(("rbcs", "PPRRVU")):
            load_reference(store, path)
        else:
            load_codes(store, HCPCS, str(path), mode=mode, day=DAY)
    except SourceError as error:
        check_sentence(str(error))
        assert _contents(store) == before


def check_search(parameters: Sequence[tuple[str, str]]) -> None:
    """Check that a search is answered, or refused in a sentence that names what it refuses."""
    response = _client().get("/api/v1/procedure/faceted-search", params=list(parameters))
    assert response.status_code in {200, 422}, response.text
    document = response.json()
    if response.status_code == 422:
        assert set(document) == {"detail"}
        check_sentence(document["detail"])
    else:
        assert len(document["items"]) <= 200
        assert response.headers["content-type"] == "application/json"


def check_code_page(place: tuple[str, str]) -> None:
    """Check that any address of a code is answered, or refused in a sentence."""
    system, code = place
    response = _client().get(f"/api/v1/procedure/{system}/{code}")
    assert response.status_code in {200, 404, 405, 422}, response.text
    if response.status_code != 200:
        check_sentence(response.json()["detail"])


def check_command(words: Sequence[str]) -> None:
    """Check that a command ends with 0, 1 or 2, and says what is wrong in one line."""
    code, out, err = _run(words)
    assert code in {0, 1, 2}, f"exit code {code!r}"
    assert "Traceback" not in out + err
    if code == 2 and "--json" in words:
        said = json.loads(out)["error"]
        check_sentence(said.encode("utf-8", "backslashreplace").decode("utf-8"))
    elif code == 2:
        # As the standard error shows what it cannot encode, such as a name that is not UTF-8.
        check_sentence(err.encode("utf-8", "backslashreplace").decode("utf-8"))


def _run(words: Sequence[str]) -> tuple[object, str, str]:
    out, err = io.StringIO(), io.StringIO()
    kept_words, kept_folder, code = sys.argv, Path.cwd(), None
    with _own_environment(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        os.chdir(_folder())
        sys.argv = ["facets", *words]
        try:
            main()
        except SystemExit as ended:
            code = ended.code
        finally:
            sys.argv = kept_words
            os.chdir(kept_folder)
    return code, out.getvalue(), err.getvalue()


@contextlib.contextmanager
def _own_environment() -> Generator[None]:
    kept = dict(os.environ)
    os.environ.update({"FACETS_DATABASE_URL": f"sqlite:///{_folder() / 'facets.db'}"})
    os.environ.update({"ANTHROPIC_API_KEY": "", "DAGSTER_HOME": ""})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


# No slash: commands write files, and none may land outside the folder.
_WORD = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0/"), max_size=30)
_VALUE = (
    st.sampled_from(["HCPCS", "CPT", "E0100", "0", "-1", "1e999", "nan", "null", "", "a=b", "--"])
    | st.sampled_from(
        ["em_level=null", "procedure_category=dme", "codes.csv", "gold.csv", "..", "."]
    )
    | st.sampled_from(["caf\udce9", "x" * 300, "claude-haiku-5-5", "rules,claude", "csv", "fhir"])
    | st.integers().map(str)
    | _WORD
)
_URLS = st.sampled_from(
    [
        *("sqlite:///x.db", "sqlite://", "x", "://", "postgresql://h:port/x", "sqlite:///."),
        *("oracle://x", "sqlite:///facets.db?mode=ro", "postgresql://[", "sqlite:///caf\udce9.db"),
    ]
)
_COMMANDS: Mapping[tuple[str, ...], tuple[str, ...]] = {
    ("status",): (),
    ("sample",): ("--code",),
    ("estimate",): ("--model", "--batch-size"),
    ("export",): ("--format", "--fhir-base"),
    ("evaluate",): ("--gold", "--source", "--min-cells", "--threshold"),
    ("compare",): ("--sources", "--recipes", "--releases", "--limit", "--csv"),
    ("prompt",): ("--text", "--model", "--batch-size"),
    ("review", "list"): ("--limit",),
    ("review", "show"): (),
    ("review", "set"): ("--by", "--note"),
    ("review", "undo"): ("--by",),
    ("review", "export"): (),
    ("load",): ("--from-sql", "--reference"),
    ("batches", "list"): (),
}
"""Commands that are quick and reach no network, and the options that only they have."""


@st.composite
def _commands(draw: st.DrawFn) -> list[str]:
    command = draw(st.sampled_from(sorted(_COMMANDS)))
    words = [*command, *draw(st.lists(_VALUE, max_size=3))]
    for option in draw(
        st.lists(st.sampled_from(["--code-system", *_COMMANDS[command]]), max_size=3)
    ):
        words += [option, draw(_VALUE)]
    if draw(st.integers(0, 5)) == 0:
        words += ["--db-url", draw(_URLS)]
    return words + (["--json"] if draw(st.booleans()) else [])


def _searches() -> st.SearchStrategy[list[tuple[str, str]]]:
    values = [str(value) for facet in CODEBOOK.facets for value in facet.vocabulary]
    anything = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
    fixed = ["HCPCS.E0100", "CPT.99213", "HCPCS.", ".", "-1", "10", "201", "true", "x" * 5_000]
    texts = st.sampled_from([*fixed, *values]) | anything
    known = ("q", "cursor", "limit", "status", "code_system", "facet_counts", "in_doubt")
    names = st.sampled_from([*known, *CODEBOOK.names]) | anything
    return st.lists(st.tuples(names, texts), max_size=4)


def _places() -> st.SearchStrategy[tuple[str, str]]:
    # Neither ? nor #: what follows would not be part of the place.
    anything = st.text(st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="/?#%\\"))
    texts = st.sampled_from(["HCPCS", "E0100", "CPT", "e0100"]) | anything.filter(
        lambda text: text.strip(".") != ""
    )
    return st.tuples(texts, texts)


def store_targets() -> tuple[Target, ...]:
    """Return the targets that share a store."""
    files = st.tuples(st.sampled_from(_LOADED), SPOILINGS, st.sampled_from(list(LoadMode)))
    return (
        Target("load", check_load, files, 10),
        Target("search", check_search, _searches(), 15),
        Target("code", check_code_page, _places(), 8),
        Target("command", check_command, _commands(), 8),
    )
