"""The coverage report as one HTML file: style and drawings inside, no script, no request.

What belongs here: the order of the page and of each code system's section. What is said stands in
`sentences`, `costs` and `tables`; how it looks in `style.css`.
"""

from importlib.resources import files

from facets_pipeline.domain.codebook import Codebook, Facet
from facets_pipeline.domain.coverage import CoverageFigures, SystemFigures
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.report import costs, sentences, tables
from facets_pipeline.report.accuracy import accuracy_html
from facets_pipeline.report.charts import stacked_bar, swatch
from facets_pipeline.report.html_tables import chart_html, table_html
from facets_pipeline.report.markup import Html, element, prose, void
from facets_pipeline.report.words import count, first_sentence, moment, percent, plain

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Forbids the page every request, so that a forwarded report cannot call home."""


def render_html(figures: CoverageFigures, codebook: Codebook = CODEBOOK) -> str:
    """Return the report as one self-contained HTML document.

    Args:
        figures: What was counted.
        codebook: Gives the facets' titles, order and meanings.
    """
    systems = [_system(number, figures, codebook) for number in range(1, len(figures.systems) + 1)]
    accuracy = [accuracy_html(figures.accuracy, figures.trend)] if figures.accuracy else []
    rest = (_costs(figures), _glossary(codebook), _method(figures, codebook))
    main = element("main", *systems, *accuracy, *rest)
    page = element("html", _head(figures), element("body", _header(figures), main), lang="en")
    return f"<!doctype html>\n{page}\n"


def _head(figures: CoverageFigures) -> Html:
    style = files("facets_pipeline.report").joinpath("style.css").read_text(encoding="utf-8")
    return element(
        "head",
        void("meta", charset="utf-8"),
        void("meta", name="viewport", content="width=device-width, initial-scale=1"),
        void("meta", name="color-scheme", content="light dark"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'),
        # Browsers ask a server for an icon unless the page brings one.
        void("link", rel="icon", href="data:,"),
        element("title", sentences.headline(figures)),
        element("style", Html(style)),
    )


def _header(figures: CoverageFigures) -> Html:
    made = f"Coverage report · {moment(figures.made_at)} · codebook {figures.codebook_version}"
    return element(
        "header",
        element("p", made, class_="made"),
        prose(sentences.headline(figures), "h1"),
        *_lead(figures.systems, has_accuracy=figures.accuracy is not None),
    )


def _lead(systems: tuple[SystemFigures, ...], *, has_accuracy: bool) -> list[Html]:
    if not systems:
        return [
            element(
                "p",
                "Load a code file with ",
                element("code", "facets load FILE"),
                ".",
                class_="lead",
            )
        ]
    if len(systems) == 1:
        return [prose(sentences.remainder(systems[0]), class_="lead")]
    links = [
        element("a", system.code_system, href=f"#system-{number}")
        for number, system in enumerate(systems, start=1)
    ]
    others = [
        element("a", title, href=f"#{title.lower()}")
        for title in ("Accuracy", "Cost", "Glossary")
        if has_accuracy or title != "Accuracy"
    ]
    return [
        table_html(tables.overview_table(systems)),
        element("nav", *_spaced([*links, *others]), aria_label="Sections"),
    ]


def _spaced(parts: list[Html]) -> list[str]:
    return [piece for part in parts for piece in (part, " ")]


def _system(number: int, figures: CoverageFigures, codebook: Codebook) -> Html:
    heading = f"system-{number}"
    system = figures.systems[number - 1]
    told = f"{sentences.system_headline(system)}. {sentences.remainder(system)}"
    return element(
        "section",
        element("h2", system.code_system, id=heading),
        # The only system's sentence is the page's headline already.
        *([prose(told)] if len(figures.systems) > 1 else []),
        stacked_bar(tables.state_segments(system), sentences.system_headline(system)),
        _legend(system),
        _key_figures(system),
        *_facets(system, codebook),
        *_findings(system),
        *_open_codes(system),
        *_source(system),
        aria_labelledby=heading,
        class_="system",
    )


def _legend(system: SystemFigures) -> Html:
    entries = [
        element(
            "li",
            swatch(part.tone),
            element("b", count(part.number)),
            f" {part.label.lower()} ",
            element("small", percent(part.number, system.active)),
        )
        for part in tables.state_segments(system)
    ]
    return element("ul", *entries, class_="legend")


def _key_figures(system: SystemFigures) -> Html:
    settled, rest = sentences.decided(system)
    pairs = (
        ("Active codes", count(system.active), sentences.not_counted(system)),
        ("Settled officially", settled, rest),
        ("Rules broken", *sentences.broken(system)),
        ("Answered by", "", system.annotator or "Nobody yet."),
    )
    return element("dl", *(_key_figure(*pair) for pair in pairs), class_="key")


def _key_figure(name: str, figure: str, note: str) -> Html:
    definition = element("dd", element("b", figure), " ", element("span", note))
    return element("div", element("dt", name), definition)


def _facets(system: SystemFigures, codebook: Codebook) -> list[Html]:
    if not system.facets or not system.active:
        return []
    keys = tables.facet_segments(system.facets[0])
    legend = element(
        "ul", *(element("li", swatch(part.tone), part.label) for part in keys), class_="legend"
    )
    charts = [
        chart_html(tables.distribution_table(facet, codebook), sentences.facet_summary(facet))
        for facet in system.facets
    ]
    return [
        element("h3", "Coverage by facet"),
        legend,
        table_html(tables.facet_table(system, codebook)),
        element("h3", "Values"),
        element("p", "Shares are of the codes that have a value for the facet.", class_="note"),
        element("div", *charts, class_="charts"),
    ]


def _findings(system: SystemFigures) -> list[Html]:
    heading = element("h3", "Findings")
    if not system.findings:
        return [heading, element("p", "No rule is broken.")]
    return [heading, table_html(tables.finding_table(system))]


def _open_codes(system: SystemFigures) -> list[Html]:
    listing = [table_html(tables.review_table(system))] if system.review else []
    return [
        element("h3", "Open codes"),
        prose(f"{sentences.pending(system)} {sentences.review(system)}"),
        *listing,
    ]


def _source(system: SystemFigures) -> list[Html]:
    parts = [element("h3", "Source"), prose(sentences.source(system.source))]
    if system.source is None:
        return parts
    parts.append(prose(sentences.changes(system.source)))
    left_out = tables.left_out_table(system.source)
    if left_out.rows:
        parts.append(table_html(left_out))
    else:
        parts.append(element("p", "Every row of the source was used."))
    return parts


def _costs(figures: CoverageFigures) -> Html:
    listing = [table_html(costs.cost_table(figures.costs))] if figures.costs else []
    return element(
        "section",
        element("h2", "Cost", id="cost"),
        prose(costs.cost(figures.costs)),
        *listing,
        aria_labelledby="cost",
    )


def _glossary(codebook: Codebook) -> Html:
    return element(
        "section",
        element("h2", "What each facet means", id="glossary"),
        *(_meaning(facet) for facet in codebook.facets),
        aria_labelledby="glossary",
        class_="glossary",
    )


def _meaning(facet: Facet) -> Html:
    values = [
        element("div", element("dt", plain(value.name)), element("dd", value.meaning))
        for value in facet.values
    ]
    return element(
        "details",
        element(
            "summary",
            element("b", facet.title),
            " ",
            element("code", facet.name),
            " ",
            element("span", first_sentence(facet.definition)),
        ),
        element("p", facet.definition),
        element("dl", *values),
    )


def _method(figures: CoverageFigures, codebook: Codebook) -> Html:
    return element(
        "section",
        element("h2", "How this report was made", id="method"),
        *(prose(sentence) for sentence in sentences.method(figures, codebook)),
        aria_labelledby="method",
        class_="method",
    )
