"""Make the generated parts of the documents anew, or with --check tell whether they are current.

What a document repeats from the code belongs here: the README's table of facets, between its two
markers, and the whole of docs/codebook.md. Prose that people write does not.
"""

import argparse
import sys
from pathlib import Path

from facets_pipeline.domain.codebook import Codebook, Facet, Value
from facets_pipeline.domain.facets import CODEBOOK

ROOT = Path(__file__).resolve().parents[1]
BEGIN = "<!-- facets: made by `make docs` -->"
END = "<!-- end of facets -->"


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


def with_table(text: str, table: str) -> str:
    """Return `text` with `table` between the two markers.

    Raises:
        SystemExit: A marker is missing or stands twice.
    """
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        sys.exit(f"README.md must hold {BEGIN!r} and {END!r} once each: put them back.")
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{table}\n{END}{rest.split(END)[1]}"


def main() -> None:
    """Write what has changed; with --check write nothing and fail where something would change."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="fail instead of writing")
    parser.add_argument("--root", type=Path, default=ROOT, help="the folder of the project")
    options = parser.parse_args()
    readme: Path = options.root / "README.md"
    wanted = {
        readme: with_table(readme.read_text(encoding="utf-8"), facet_table(CODEBOOK)),
        options.root / "docs" / "codebook.md": codebook_page(CODEBOOK),
    }
    for path, text in wanted.items():
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if options.check:
            sys.exit(f"{path.name} is not what the code says: run `make docs`.")
        path.write_text(text, encoding="utf-8")
        sys.stdout.write(f"wrote {path.name}\n")


if __name__ == "__main__":
    main()
