"""The queue and a code in it, as a terminal and as a document for machines show them."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facets_pipeline.cli.terminal import console, results_table
from facets_pipeline.domain.code_systems import CODE_SYSTEMS
from facets_pipeline.domain.deciding import shown
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.opinions import FacetValue, Opinion
from facets_pipeline.domain.review import Waiting

if TYPE_CHECKING:
    from facets_pipeline.adapters.store.decisions import Recorded

NARROW = 16
"""Characters of a value in the queue: two of them and a sentence fit 80 columns."""

_OPINIONS = ("answer", "second", "third")

Document = Mapping[str, Any]
"""A code with all that is known for a decision, as plain values."""


def queue_document(queue: Sequence[Waiting], limit: int) -> dict[str, Any]:
    """Return the queue for machines; no descriptors."""
    return {
        "waiting": len(queue),
        "codes": [
            {
                "code_system": item.code_system,
                "code": item.code,
                "cause": item.cause.name.lower(),
                "facet": item.facet,
                "answer": item.said,
                "second": item.second,
                "basis": item.basis,
                "facets": list(item.facets),
                "why": item.why,
            }
            for item in queue[:limit]
        ],
    }


def show_queue(queue: Sequence[Waiting], limit: int) -> None:
    """Print the first codes of the queue with a line why each waits."""
    out = console()
    if not queue:
        out.print("Nothing waits for a person.")
        return
    table = results_table(f"{len(queue):,} codes wait; the first {min(limit, len(queue)):,}")
    table.add_column("code", no_wrap=True)
    for name in ("facet", "answer", "second"):
        table.add_column(name, overflow="fold", max_width=NARROW)
    table.add_column("why", overflow="fold")
    for item in queue[:limit]:
        more = f" +{len(item.facets) - 1}" if len(item.facets) > 1 else ""
        table.add_row(
            item.code,
            item.facet + more,
            shown(item.said),
            shown(item.second) if item.basis else "-",
            _why(item),
        )
    out.print(table, markup=False)
    out.print(f"Next: facets review show {queue[0].code}")


def _why(item: Waiting) -> str:
    from rich.markup import escape

    return escape(f"{item.cause.title}: {item.why}" if item.why != item.cause.title else item.why)


def shown_code(
    row: Mapping[str, Any], second: Opinion, decisions: Sequence["Recorded"]
) -> Document:
    """Return what a person needs to decide on a code.

    Args:
        row: Its row of the flat table.
        second: The second opinion on it.
        decisions: What was decided on it, the oldest first.
    """
    opinions = row["opinions"]
    return {
        "code_system": row["code_system"],
        "code": row["code"],
        "descriptor": row["descriptor"],
        "status": row["status"],
        "source": opinions.get("source", ""),
        "reason": opinions.get("reason", ""),
        "facets": {name: _facet(name, row, second) for name in CODEBOOK.names},
        "decisions": [
            {
                "facet": made.facet,
                "value": made.value,
                "action": made.action,
                "by": made.decided_by,
                "at": made.decided_at.isoformat(),
                "note": made.note,
                "same_descriptor": made.same_text,
            }
            for made in decisions
        ],
    }


def _facet(name: str, row: Mapping[str, Any], second: Opinion) -> dict[str, Any]:
    opinions = row["opinions"]
    chosen = opinions.get("chosen", {}).get(name)
    is_decided = name in opinions.get("decisions", {})
    stated = opinions.get("stated", {}).get(name)
    other, third = second.get(name), opinions.get("third", {}).get(name)
    return {
        "stands": row[name],
        "chosen": "decision" if is_decided else chosen[0] if chosen else "",
        "why": chosen[1] if chosen else "",
        "doubt": opinions.get("doubts", {}).get(name, ""),
        "answer": None if stated is None else {"value": stated[0], "basis": stated[1]},
        "second": None if other is None else {"value": other.value, "basis": other.basis},
        "third": None
        if third is None
        else {"value": third[0], "basis": third[1], "model": third[2]},
    }


def for_machines(document: Document) -> Document:
    """Return a code as a file may hold it: without a descriptor that is not public."""
    system = CODE_SYSTEMS.get(document["code_system"])
    is_public = system is not None and system.public_text
    return {**document, "descriptor": document["descriptor"] if is_public else ""}


def show_code(document: Document) -> None:
    """Print a code: a line per facet, and more on those at which the opinions differ."""
    out = console()
    out.print(f"{document['code_system']} {document['code']}", style="bold", end="  ")
    out.print(document["descriptor"] or "(no descriptor)", markup=False)
    state = document["status"].replace("_", " ")
    # A row that was repaired is valid and still says what was wrong.
    reason = f": {document['reason']}" if document["reason"] else ""
    out.print(
        f"{state}{', the answer alone' if state == 'valid' and reason else ''}{reason}",
        markup=False,
    )
    table = results_table("")
    for name in ("facet", document["source"].split(" ")[0] or "answer", "second", "stands"):
        table.add_column(name, overflow="fold")
    for name, facet in document["facets"].items():
        mark = " ?" if facet["doubt"] else " *" if facet["chosen"] == "decision" else ""
        stands = shown(facet["stands"]) + mark
        table.add_row(name, _value(facet["answer"]), _value(facet["second"]), stands)
    out.print(table)
    out.print("? in doubt   * decided by a person", markup=False)
    for name, facet in document["facets"].items():
        if _differs(facet):
            _show_facet(document, name, facet)
    _show_decisions(document["decisions"])


def _value(parts: Mapping[str, Any] | None) -> str:
    return "-" if parts is None else shown(parts["value"])


def _differs(facet: Mapping[str, Any]) -> bool:
    first, other = facet["answer"], facet["second"]
    return bool(facet["doubt"]) or (
        first is not None and other is not None and first["value"] != other["value"]
    )


def _show_facet(document: Document, name: str, facet: Mapping[str, Any]) -> None:
    console().print(f"\n{name}{': in doubt' if facet['doubt'] else ''}", style="bold")
    for who, key in ((document["source"] or "answer", "answer"), ("second opinion", "second")):
        if (parts := facet[key]) is not None:
            basis = f" ({parts['basis']})" if parts["basis"] else ""
            _indented(f"{who}: {shown(parts['value'])}{basis}")
    if (third := facet["third"]) is not None:
        _indented(f"{third['model']}: {shown(third['value'])} ({third['basis']})")
    if facet["chosen"]:
        _indented(f"{facet['chosen']} stands: {facet['why'] or 'see the decisions'}")
    _indented(CODEBOOK.facet(name).definition, style="dim")
    at_issue = [parts["value"] for key in _OPINIONS if (parts := facet[key]) is not None]
    for value in dict.fromkeys(at_issue):
        if meaning := _meaning(name, value):
            _indented(f"{shown(value)}: {meaning}", style="dim")


def _indented(text: str, style: str = "") -> None:
    from rich.padding import Padding
    from rich.text import Text

    console().print(Padding(Text(text, style), (0, 0, 0, 2)))


def _meaning(facet: str, name: FacetValue | None) -> str:
    """Return what the codebook says of a value."""
    values = (value for value in CODEBOOK.facet(facet).values if value.name == name)
    found = next(values, None)
    if found is None:
        return ""
    return f"{found.meaning} ({found.where})" if found.where else found.meaning


def _show_decisions(decisions: Sequence[Mapping[str, Any]]) -> None:
    if decisions:
        console().print("\nDecisions", style="bold")
    for made in decisions:
        what = "undone" if made["action"] == "undo" else shown(made["value"])
        on = "" if made["same_descriptor"] else ", on an earlier descriptor"
        note = f": {made['note']}" if made["note"] else ""
        _indented(f"{made['at'][:16]} {made['by']}{on}: {made['facet']} {what}{note}")
