"""Writing facets as one FHIR Bundle, streamed: memory stays flat however many codes there are.

What the resources say is in `domain.fhir`. JSON is written piece by piece, so the concepts of a
supplement come last in it and its count after them.
"""

import itertools
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TextIO

from facets_pipeline.domain.code_systems import code_system
from facets_pipeline.domain.fhir import Publication, Resource

Row = Mapping[str, Any]


def write_bundle(rows: Iterable[Row], path: Path, publication: Publication) -> int:
    """Write a transaction Bundle and return how many codes are in it.

    Args:
        rows: Rows of the flat table, by code system.
        path: The file.
        publication: What the resources share.

    Raises:
        SettingsError: A code system has no name in FHIR.
    """
    count = 0
    with path.open("w", encoding="utf-8") as file:
        file.write('{"resourceType": "Bundle", "type": "transaction", "entry": [')
        entries = map(publication.entry, publication.value_resources())
        file.write(",".join(f"\n{_json(entry)}" for entry in entries))
        for name, some in itertools.groupby(rows, key=lambda row: str(row["code_system"])):
            head = publication.supplement(code_system(name))
            count += _supplement(file, head, some, publication)
        file.write("\n]}\n")
    return count


def _supplement(file: TextIO, head: Resource, rows: Iterable[Row], publication: Publication) -> int:
    count = 0
    entry = publication.entry(head)
    request = entry.pop("request")
    # Both objects are left open behind their last member: the concepts and the request follow.
    file.write(f",\n{_json({**entry, 'resource': {}}).removesuffix('{}}')}")
    file.write(f'{_json(head).removesuffix("}")}, "concept": [')
    for row in rows:
        file.write(f"{',' if count else ''}\n{_json(publication.concept(row))}")
        count += 1
    file.write(f'\n], "count": {count}}}, "request": {_json(request)}}}')
    return count


def _json(value: Resource) -> str:
    return json.dumps(value, ensure_ascii=False)
