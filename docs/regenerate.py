"""Make the generated parts of the documents anew, or with --check tell whether they are current.

What a document repeats from the code belongs here: the README's table of facets and the graph in
docs/architecture.md, each between two markers, and the whole of docs/codebook.md. Prose that people
write does not.
"""

import argparse
import sys
from pathlib import Path

import dagster as dg
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph

from facets_pipeline.definitions import build_defs
from facets_pipeline.domain.codebook import Codebook, Facet, Value
from facets_pipeline.domain.facets import CODEBOOK

ROOT = Path(__file__).resolve().parents[1]
FACETS = ("<!-- facets: made by `make docs` -->", "<!-- end of facets -->")
GRAPH = ("<!-- graph: made by `make docs` -->", "<!-- end of graph -->")
"""What stands before and after a generated part."""


def spelled(value: Value) -> str:
    """Return the value as JSON spells it."""
    return str(value.name).lower() if isinstance(value.name, bool) else value.name


def applies(facet: Facet) -> str:
    """Return in words for which categories `facet` may have a value."""
    if facet.only_for:
        return "only " + ", ".join(facet.only_for)
    if facet.never_for:
        return "all but " + ", ".join(facet.never_for)
    return "every code"


def facet_table(codebook: Codebook) -> str:
    """Return the README's table: a row per facet with its values and where it applies."""
    rows = ["| facet | values | applies to |", "|---|---|---|"]
    for facet in codebook.facets:
        values = ", ".join(spelled(value) for value in facet.values)
        rows.append(f"| `{facet.name}` | {values} | {applies(facet)} |")
    return "\n".join(rows)


def codebook_page(codebook: Codebook) -> str:
    """Return docs/codebook.md: every definition, in the order of the codebook."""
    parts = [
        f"# The codebook, version {codebook.version}",
        "Made by `make docs` from `facets_pipeline/domain/facets.py`; change it there.",
        "## Principles",
        "\n".join(f"{number}. {text}" for number, text in enumerate(codebook.principles, 1)),
    ]
    for facet in codebook.facets:
        parts += [f"## {facet.title} (`{facet.name}`)", facet.definition]
        parts.append(f"Applies to: {applies(facet)}.")
        rows = ["| value | when it is right | usual codes |", "|---|---|---|"]
        rows += [f"| `{spelled(v)}` | {v.meaning} | {v.where} |" for v in facet.values]
        parts.append("\n".join(rows))
    cases = "\n".join(f"- {case}" for case in codebook.settled_cases)
    return "\n\n".join([*parts, "## Settled cases", cases]) + "\n"


def asset_graph(graph: AssetGraph) -> str:
    """Return the assets as a picture and as a table: what each holds, and what checks it."""
    nodes = [graph.get(key) for key in graph.toposorted_asset_keys]
    named = {node.key: node.key.to_user_string() for node in nodes}
    arrows = [
        f"  {named[parent]} --> {named[node.key]}"
        for node in nodes
        for parent in sorted(node.parent_keys)
    ]
    rows = ["| asset | partitions | holds | checks |", "|---|---|---|---|"]
    for node in nodes:
        checks = sorted(key.name for key in graph.get_check_keys_for_assets({node.key}))
        cells = (
            f"`{named[node.key]}`",
            _partitions(node.partitions_def),
            (node.description or "").split(". ")[0].rstrip(".") + ".",
            ", ".join(f"`{name}`" for name in checks),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(["```mermaid", "flowchart LR", *arrows, "```", "", *rows])


def _partitions(definition: dg.PartitionsDefinition[str] | None) -> str:
    if definition is None:
        return "none"
    if isinstance(definition, dg.MultiPartitionsDefinition):
        return " x ".join(sorted(definition.partition_dimension_names))
    return "code_system"


def with_part(text: str, markers: tuple[str, str], part: str, name: str) -> str:
    """Return `text` with `part` between two markers.

    Raises:
        SystemExit: A marker is missing or stands twice.
    """
    begin, end = markers
    if text.count(begin) != 1 or text.count(end) != 1:
        sys.exit(f"{name} must hold {begin!r} and {end!r} once each: put them back.")
    before, rest = text.split(begin)
    return f"{before}{begin}\n{part}\n{end}{rest.split(end)[1]}"


def main() -> None:
    """Write what has changed; with --check write nothing and fail where something would change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail instead of writing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder of the project")
    options = parser.parse_args()
    root: Path = options.root
    parts = {
        root / "README.md": (FACETS, facet_table(CODEBOOK)),
        root / "docs" / "architecture.md": (GRAPH, asset_graph(build_defs().resolve_asset_graph())),
    }
    wanted = {
        path: with_part(path.read_text(encoding="utf-8"), markers, part, path.name)
        for path, (markers, part) in parts.items()
    }
    wanted[root / "docs" / "codebook.md"] = codebook_page(CODEBOOK)
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if options.check:
            sys.exit(f"{path.name} is not what the code says: run `make docs`.")
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.name}\n")


if __name__ == "__main__":
    main()
