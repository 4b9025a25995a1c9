"""The application: its addresses, and what becomes of errors. Nothing is read before a request.

Parameters stand in `parameters`, documents in `documents`, pages in `pages`; serving it over the
network is the business of `server`.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, FastAPI, Path, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.trustedhost import TrustedHostMiddleware

from facets_pipeline.adapters.store.search import Search
from facets_pipeline.adapters.store.search_shapes import Asked
from facets_pipeline.api import documents, links
from facets_pipeline.api.pages import Pages, add_pages
from facets_pipeline.api.parameters import asked_by
from facets_pipeline.api.responses import (
    json_answer,
    message_answer,
    problem_answer,
    unchanged,
    what_is_wrong,
)
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.errors import StoreError

_ABOUT: Final = """Search procedure codes by their clinical facets.

Repeat a parameter for several values, of which one must hold; different parameters must all hold.
Answers carry an ETag that stands for the state of the data. Read-only; there is **no
authentication** in it: put it behind something that has one before others can reach it.
"""

Answers = dict[int | str, dict[str, Any]]


def make_app(search: Search, allowed_hosts: Sequence[str] = ("*",)) -> FastAPI:
    """Return the application over an open search.

    Args:
        search: Where codes are found; who opened it closes it.
        allowed_hosts: Names by which it may be called; a page elsewhere cannot pose as one of them.
    """
    app = FastAPI(
        title="Procedure facets",
        description=_ABOUT,
        version="1",
        docs_url=None,  # its page would load scripts from elsewhere
        redoc_url=None,
    )
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(allowed_hosts), www_redirect=False)
    pages = Pages(search.codebook)
    models = documents.Models(search.codebook)
    _add_search(app, search, models)
    _add_code(app, search, models)
    _add_health(app, search)
    add_pages(app, search, pages)
    _add_problems(app, pages)
    return app


def _add_search(app: FastAPI, search: Search, models: documents.Models) -> None:
    codebook = search.codebook
    parameters = asked_by(codebook)

    @app.get(
        links.SEARCH,
        responses=_answers(models.search, "A page of codes, in their order.", 422),
        response_model=None,
    )
    def faceted_search(  # pyright: ignore[reportUnusedFunction] - the application calls it
        request: Request, asked: Annotated[Asked, Depends(parameters)]
    ) -> Response:
        """Find codes by facets and words, a page at a time."""
        if same := unchanged(request, search.version):
            return same
        found = search.find(asked)
        return json_answer(documents.search_document(found, codebook), found.version)


def _add_code(app: FastAPI, search: Search, models: documents.Models) -> None:
    codebook = search.codebook
    names = list(CODE_SYSTEMS)
    told: dict[str, Any] = {"enum": names}

    def named(
        code_system: Annotated[
            str,
            Path(
                description="The code system.",
                pattern=f"^(?:{'|'.join(names)})$",
                json_schema_extra=told,
            ),
        ],
        code: Annotated[str, Path(pattern="^[0-9A-Za-z]{1,12}$", description="The code.")],
    ) -> tuple[str, str]:
        return code_system, code.upper()

    @app.get(
        f"{links.API}/{{code_system}}/{{code}}",
        responses=_answers(models.code, "The code with all that is known of it.", 404, 422),
        response_model=None,
    )
    def one_code(  # pyright: ignore[reportUnusedFunction] - the application calls it
        request: Request, name: Annotated[tuple[str, str], Depends(named)]
    ) -> Response:
        """Return one code: its facets, what each rests on, who answered, what people decided."""
        if same := unchanged(request, search.version):
            return same
        record = search.record(*name)
        if record is None:
            return problem_answer(no_such_code(*name), 404, {})
        return json_answer(documents.code_document(record, codebook), record.version)


def _add_health(app: FastAPI, search: Search) -> None:
    @app.get(
        "/health",
        responses=_answers(documents.Health, "The store can be read."),
        response_model=None,
    )
    def health(request: Request) -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        """Tell whether the store can be read, the state of its data, and how many codes it has."""
        if same := unchanged(request, search.version):
            return same
        found = search.find(Asked(limit=1, counted=True))
        return json_answer(documents.health_document(found, search.codebook), found.version)


def _add_problems(app: FastAPI, pages: Pages) -> None:
    def answer(
        request: Request, sentence: str, status: int, headers: dict[str, str] | None = None
    ) -> Response:
        if pages.are_asked(request.url.path):
            return message_answer(pages.message(sentence), status, headers or {})
        return problem_answer(sentence, status, headers or {})

    @app.exception_handler(RequestValidationError)
    def refused(request: Request, error: RequestValidationError) -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        return answer(request, what_is_wrong(error), 422)

    @app.exception_handler(StoreError)
    def unavailable(request: Request, error: StoreError) -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        return answer(request, str(error), 503, {"Retry-After": "2"})

    @app.exception_handler(404)
    def nowhere(request: Request, _error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        return answer(request, "There is nothing at this address: try / or /openapi.json.", 404)

    @app.exception_handler(405)
    def read_only(request: Request, _error: Exception) -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        sentence = f"{request.method[:20]} is not possible: everything here is read with GET."
        return answer(request, sentence, 405, {"Allow": "GET"})


def no_such_code(code_system: str, code: str) -> str:
    """Return the sentence about a code that is not there."""
    return (
        f"There is no active {code_system} code {code!r} with facets: search for it, or look with "
        "`facets status` at what is loaded."
    )


def _answers(model: Any, told: str, *refusals: int) -> Answers:  # noqa: ANN401 - made at run time
    why = {
        404: "There is no such code.",
        422: "A parameter cannot be used.",
        503: "The store cannot be read, or its table is being made: try again.",
    }
    others: Answers = {
        status: {"model": documents.Problem, "description": why[status]}
        for status in (*refusals, 503)
    }
    unchanged = {"description": "Unchanged since the state that If-None-Match names."}
    return {200: {"model": model, "description": told}, 304: unchanged, **others}
