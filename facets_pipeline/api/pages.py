"""The pages for people: made on the server, without a script; every text is escaped.

What is shown stands in `views`, how in `templates` and `search.css`.
"""

from dataclasses import replace
from importlib.resources import files
from typing import Annotated

from fastapi import Depends, FastAPI, Request, Response
from jinja2 import Environment, PackageLoader, StrictUndefined

from facets_pipeline.adapters.store.search import Search
from facets_pipeline.adapters.store.search_shapes import Asked, Found, Record
from facets_pipeline.api import links, views
from facets_pipeline.api.parameters import asked_by
from facets_pipeline.api.responses import edition, message_answer, page_answer, unchanged
from facets_pipeline.domain.codebook import Codebook
from facets_pipeline.report.words import count


class Pages:
    """Makes pages of what was found."""

    def __init__(self, codebook: Codebook) -> None:
        self._codebook = codebook
        self._templates = Environment(
            loader=PackageLoader("facets_pipeline.api"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters["count"] = count

    def are_asked(self, path: str) -> bool:
        """Tell whether `path` belongs to the pages, so that its errors are told as one."""
        return path == "/" or path.startswith("/code/")

    def search(self, asked: Asked, found: Found) -> str:
        """Return the page of a search."""
        return self._made(
            "search.html",
            text=asked.text,
            view=views.search_view(asked, found, self._codebook),
            hidden=links.pairs(asked, text=False),
            as_json=links.address(asked, links.SEARCH),
        )

    def code(self, record: Record) -> str:
        """Return the page of one code."""
        return self._made("code.html", text="", view=views.code_view(record, self._codebook))

    def message(self, sentence: str) -> str:
        """Return a page with one sentence on it."""
        return self._made("message.html", text="", sentence=sentence)

    def _made(self, name: str, **content: object) -> str:
        return self._templates.get_template(name).render(edition=edition(), **content)


def add_pages(app: FastAPI, search: Search, pages: Pages) -> None:
    """Add the pages to the application; they are no part of the API's description."""
    parameters = asked_by(search.codebook)
    style = files("facets_pipeline.api").joinpath("search.css").read_bytes()

    @app.get("/", include_in_schema=False)
    def search_page(  # pyright: ignore[reportUnusedFunction] - the application calls it
        request: Request, asked: Annotated[Asked, Depends(parameters)]
    ) -> Response:
        if same := unchanged(request, search.version):
            return same
        asked = replace(asked, counted=True)
        found = search.find(asked)
        return page_answer(pages.search(asked, found), found.version)

    @app.get("/code/{code_system}/{code}", include_in_schema=False)
    def code_page(request: Request, code_system: str, code: str) -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        if same := unchanged(request, search.version):
            return same
        record = search.record(code_system.upper(), code.upper())
        if record is None:
            sentence = "There is no such active code: search for another one."
            return message_answer(pages.message(sentence), 404, {})
        return page_answer(pages.code(record), record.version)

    @app.get("/search.css", include_in_schema=False)
    def look() -> Response:  # pyright: ignore[reportUnusedFunction] - as above
        # Its address names the edition: another one has another address.
        headers = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(style, 200, headers, "text/css")
