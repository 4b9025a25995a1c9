"""Facets in FHIR R4: a CodeSystem supplement per code system, and the values of each facet.

Belongs here: what the resources say, as plain JSON values. Writing many of them is an adapter's
business. Shapes: HL7 FHIR R4 (4.0.1) CodeSystem, ValueSet and Bundle; canonical addresses of the
code systems as HL7 Terminology (THO) registers them.

A facet's value is a `Coding`, not a `code`: in FHIR a property of type code names a concept of the
same code system, and "imaging" is no CPT code.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from facets_pipeline.domain.code_systems import CodeSystem
from facets_pipeline.domain.codebook import Codebook, Facet
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline.domain.validation import Status, why_empty

DEFAULT_BASE = "https://facets-pipeline.invalid/fhir"
"""Begins the canonical addresses of our own resources; no one can own it, so nobody is claimed."""

VALUES_OF_PROPERTY = "http://hl7.org/fhir/StructureDefinition/codesystem-property-valueset"
"""The extension that says which value set the values of a property are from."""

STATUS = "facets_status"
"""The property with what a code's facets stand on."""

EMPTY = "facets_empty"
"""The property that says why facets are missing, where some are."""

IN_DOUBT = "facets_in_doubt"
"""The property that counts facets that a person should look at although they stand, if any."""

Resource = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Publication:
    """What all resources of one export share.

    Attributes:
        codebook: The facets.
        base: Begins their canonical addresses, without a slash at its end.
        day: The date of publication (UTC).
    """

    day: date
    codebook: Codebook = CODEBOOK
    base: str = DEFAULT_BASE

    def __post_init__(self) -> None:
        """Check the base.

        Raises:
            SettingsError: It is not an absolute address, or has a part that names a version.
        """
        if not re.fullmatch(r"(https?://|urn:)[^\s|#?]+[^\s|#?/]", self.base):
            raise SettingsError(
                f"{self.base!r} cannot begin addresses of FHIR resources: give one such as "
                f"https://example.org/fhir, without a slash at its end."
            )

    def url(self, kind: str, name: str) -> str:
        """Return the canonical address of a resource of ours."""
        return f"{self.base}/{kind}/{name}"

    def value_resources(self) -> Iterator[Resource]:
        """Yield the code systems of the facets' values, then the value sets of all their codes.

        A truth value has neither.
        """
        worded = [facet for facet in self.codebook.facets if not facet.is_truth_value]
        for facet in worded:
            yield self._code_system(facet)
        for facet in worded:
            yield self._value_set(facet)

    def supplement(self, system: CodeSystem) -> Resource:
        """Return the supplement of `system` without its concepts.

        Raises:
            SettingsError: The system has no name in FHIR.
        """
        if not system.canonical_url:
            raise SettingsError(
                f"The code system {system.name!r} has no canonical address: give it one in "
                f"CODE_SYSTEMS, or export another with --code-system."
            )
        name = f"{system.name.lower()}-facets"
        owned = f"{system.title} codes belong to their publisher and are used under its licence."
        return {
            **self._head("CodeSystem", name, f"Clinical facets of {system.title} codes"),
            # Of the same codebook there is another supplement for each day's facets.
            "version": f"{self.codebook.version}.{self.day:%Y%m%d}",
            **({} if system.public_text else {"copyright": owned}),
            "description": (
                f"One property per clinical facet for each active {system.title} code. It holds "
                f"codes and facets only, no descriptor."
            ),
            "caseSensitive": True,
            "content": "supplement",
            "supplements": system.canonical_url,
            "property": [*map(self._property, self.codebook.facets), *self._own_properties()],
        }

    def concept(self, row: Mapping[str, Any]) -> Resource:
        """Return the concept of one row of the flat table; an empty facet has no property."""
        found: list[Resource] = [
            self._stated(facet, row[facet.name])
            for facet in self.codebook.facets
            if row[facet.name] is not None
        ]
        if len(found) < len(self.codebook.facets):
            reason = why_empty(Status(row["status"])).value
            found.append({"code": EMPTY, "valueString": reason})
        found.append({"code": STATUS, "valueString": row["status"]})
        if row["in_doubt"]:
            found.append({"code": IN_DOUBT, "valueInteger": row["in_doubt"]})
        return {"code": row["code"], "property": found}

    def entry(self, resource: Resource) -> Resource:
        """Return the resource as the entry of a transaction, which creates or replaces it."""
        place = f"{resource['resourceType']}/{resource['id']}"
        return {
            "fullUrl": f"{self.base}/{place}",
            "resource": resource,
            "request": {"method": "PUT", "url": place},
        }

    def _head(self, kind: str, name: str, title: str) -> Resource:
        return {
            "resourceType": kind,
            "id": name,
            "url": self.url(kind, name),
            "version": self.codebook.version,
            "name": "".join(part.capitalize() for part in re.split(r"[-_]", name)),
            "title": title,
            "status": "active",
            "experimental": False,
            "date": self.day.isoformat(),
        }

    def _code_system(self, facet: Facet) -> Resource:
        return {
            **self._head("CodeSystem", _id(facet), facet.title),
            "description": facet.definition,
            "caseSensitive": True,
            "valueSet": self.url("ValueSet", _id(facet)),
            "content": "complete",
            "count": len(facet.values),
            "concept": [
                {
                    "code": str(value.name),
                    "display": str(value.name).replace("_", " "),
                    "definition": value.meaning,
                }
                for value in facet.values
            ],
        }

    def _value_set(self, facet: Facet) -> Resource:
        system = {"system": self.url("CodeSystem", _id(facet)), "version": self.codebook.version}
        return {
            **self._head("ValueSet", _id(facet), f"{facet.title}: all values"),
            "description": facet.definition,
            "compose": {"include": [system]},
        }

    def _property(self, facet: Facet) -> Resource:
        described = {
            "code": facet.name,
            "uri": self.url("facet", _dashed(facet.name)),
            "description": facet.definition,
            "type": "boolean" if facet.is_truth_value else "Coding",
        }
        if facet.is_truth_value:
            return described
        values = {"url": VALUES_OF_PROPERTY, "valueCanonical": self.url("ValueSet", _id(facet))}
        return {"extension": [values], **described}

    def _own_properties(self) -> Iterator[Resource]:
        reasons = ", ".join(dict.fromkeys(why_empty(status).value for status in Status))
        states = ", ".join(Status)
        for code, kind, description in (
            (EMPTY, "string", f"Why facets are missing, where some are: {reasons}."),
            (STATUS, "string", f"What the facets stand on: {states}."),
            (IN_DOUBT, "integer", "How many facets a person should look at although they stand."),
        ):
            uri = self.url("facet", _dashed(code))
            yield {"code": code, "uri": uri, "description": description, "type": kind}

    def _stated(self, facet: Facet, value: str | bool) -> Resource:  # noqa: FBT001 - a value
        if facet.is_truth_value:
            return {"code": facet.name, "valueBoolean": value}
        coding = {"system": self.url("CodeSystem", _id(facet)), "code": value}
        return {"code": facet.name, "valueCoding": coding}


def _id(facet: Facet) -> str:
    return f"facet-{_dashed(facet.name)}"


def _dashed(name: str) -> str:
    # An underscore may not stand in the id of a resource.
    return name.replace("_", "-")
