"""Finding the columns of a table: by their names, else by what stands in them.

Belongs here: the names that columns go by, and the search for a header under licence lines.
Does not belong here: reading the rows (`table`), and layouts whose columns are fixed.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from facets_pipeline.adapters.sources.grid import GridRow
from facets_pipeline.domain.code_systems import CODE_SYSTEMS, CodeSystem
from facets_pipeline.domain.codes import normalise_text
from facets_pipeline.domain.quoting import LONGEST_QUOTE

_OWN_CODE_NAMES: dict[str, tuple[str, ...]] = {
    "CPT": ("cptcode", "cpt", "cpt4", "cpt4code", "cptcd"),
    "HCPCS": ("hcpcscode", "hcpcs", "hcpc", "hcpccode", "hcpcscd", "hcpccd", "hcpcslevelii"),
}
# Within a role, the first name that the header has is taken.
_NAMES: dict[str, tuple[str, ...]] = {
    "code": (
        *("procedurecode", "proccode", "proccd", "procedurecd", "cpthcpcs", "cpthcpcscode"),
        *("hcpcscpt", "hcpcscptcode", "cptorhcpcs", "code", "codes", "codevalue", "conceptcode"),
        *("billingcode", "servicecode"),
    ),
    "short": (
        *("shortdescriptor", "shortdescription", "shortdesc", "short", "shortdescr", "shorttext"),
        *("shortname", "hcpcsshortdescription", "cptshortdescription", "mediumdescriptor"),
        *("mediumdescription", "mediumdesc", "medium"),
    ),
    "long": (
        *("longdescriptor", "longdescription", "longdesc", "long", "longdescr", "longtext"),
        *("longname", "fulldescriptor", "fulldescription", "hcpcslongdescription"),
        *("cptlongdescription", "cliniciandescriptor", "descriptor", "description", "desc"),
        *("descr", "proceduredescription", "proceduredesc", "codedescription", "codedesc"),
        *("hcpcsdescription", "cptdescription", "descriptiontext", "definition", "text"),
        *("display", "conceptname", "procedurename", "name", "title", "label"),
    ),
    "plain": (
        *("plaindescriptor", "plaindescription", "consumer", "consumerdescriptor"),
        *("consumerdescription", "consumerfriendlydescriptor", "consumerdesc", "plain"),
        *("paraphraseddesc", "paraphraseddescriptor", "paraphraseddescription", "paraphrased"),
        *("plainlanguage", "plaintext", "friendlydescription", "laydescription", "layterm"),
    ),
    "category": (
        *("category", "categoryname", "categorydescription", "codecategory", "section"),
        *("sectionname", "heading", "chapter", "procedurecategory", "group", "groupname"),
    ),
    "effective": (
        *("effectiveon", "effectivedate", "effdate", "effective", "effectivefrom", "adddt"),
        *("adddate", "dateadded", "startdate", "validfrom", "hcpcsdateadded", "acteffdt"),
    ),
    "terminated": (
        *("terminatedon", "terminationdate", "termdt", "termdate", "terminated", "enddate"),
        *("dateended", "expirationdate", "expirydate", "obsoletedate", "inactivedate"),
        *("discontinueddate", "validto", "effectiveto", "effectivethrough", "hcpcsdateended"),
    ),
    "code_system": ("codesystem", "codingsystem", "codetype", "codeset", "system", "vocabulary"),
}
_TEXT_ROLES = ("short", "long", "plain")
# A guess must look like descriptors: words of some length, and not the same few again and again.
_GUESSED_TEXT_LENGTH = 12
_GUESSED_DISTINCT_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Column:
    """A chosen column: where it stands, what it is called, and how it was found."""

    index: int
    name: str
    how: str

    def __str__(self) -> str:
        return f"{self.name} ({self.how})"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a table by role, and where its rows begin.

    Attributes:
        roles: Role to column; `code` is always there.
        first_row: Number of the first row below the header.
        width: How many cells a whole row has.
        header: The header's cells; empty if the table has none.
    """

    roles: dict[str, Column]
    first_row: int
    width: int
    header: tuple[str, ...]

    @property
    def has_text(self) -> bool:
        """Whether any descriptor column was found."""
        return any(role in self.roles for role in _TEXT_ROLES)


def compact(name: str) -> str:
    """Return a column name as it is compared: letters and digits only, lower case."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def find_columns(sample: Sequence[GridRow], system: CodeSystem) -> Columns | None:
    """Find header and columns in the first rows of a table, or None if it has no code column.

    A column is taken by its name, unless not one code stands in it while another is full of them.
    """
    named = _by_name(sample, system)
    if named is not None and _holds_codes(sample, named):
        return named
    return _by_pattern(sample, system) or named


def named_roles(header: Sequence[str], system: CodeSystem) -> dict[str, Column]:
    """Return the columns that `header` names, by role."""
    places: dict[str, int] = {}
    for index, name in enumerate(header):
        places.setdefault(compact(name), index)
    roles: dict[str, Column] = {}
    for role, names in _NAMES.items():
        for name in _code_names(system) if role == "code" else names:
            if name in places:
                index = places[name]
                roles[role] = Column(index, _name_of(index, header), "by its name")
                break
    return roles


def _code_names(system: CodeSystem) -> list[str]:
    others = [
        name for key, names in _OWN_CODE_NAMES.items() if key != system.name for name in names
    ]
    name = compact(system.name)
    own = _OWN_CODE_NAMES.get(system.name, (f"{name}code", name))
    return [*own, *_NAMES["code"], *others]


def _by_name(sample: Sequence[GridRow], system: CodeSystem) -> Columns | None:
    best: Columns | None = None
    for row in sample:
        roles = named_roles(row.cells, system)
        alone = sum(1 for cell in row.cells if cell.strip()) == 1 and len(row.cells) > 1
        # A lone cell in a wide row is a title such as "HCPCS", not a header.
        if "code" in roles and not alone and (best is None or len(roles) > len(best.roles)):
            best = Columns(roles, row.row + 1, len(row.cells), tuple(row.cells))
    if best is None or best.has_text:
        return best
    below = [row for row in sample if row.row >= best.first_row]
    roles = best.roles | _guessed_text(below, best.roles["code"].index, best.header)
    return Columns(roles, best.first_row, best.width, best.header)


def _by_pattern(sample: Sequence[GridRow], system: CodeSystem) -> Columns | None:
    found = _code_column(sample, system)
    if found is None:
        return None
    first = next(place for place, row in enumerate(sample) if _is_code_at(row, found))
    above = sample[first - 1].cells if first else []
    is_header = len(above) > found and bool(above[found].strip())
    header = tuple(above) if is_header else ()
    code = Column(found, _name_of(found, header), "by the codes in it")
    roles = {**named_roles(header, system), "code": code}
    below = sample[first:]
    if not any(role in roles for role in _TEXT_ROLES):
        roles |= _guessed_text(below, found, header)
    return Columns(roles, sample[first].row, _usual_width(below), header)


def _holds_codes(sample: Sequence[GridRow], columns: Columns) -> bool:
    index = columns.roles["code"].index
    return any(row.row >= columns.first_row and _is_code_at(row, index) for row in sample)


def _code_column(sample: Sequence[GridRow], system: CodeSystem) -> int | None:
    best: tuple[int, int, int] | None = None
    for index in range(max((len(row.cells) for row in sample), default=0)):
        cells = [row.cells[index].strip().upper() for row in sample if len(row.cells) > index]
        filled = [cell for cell in cells if cell]
        own = sum(system.is_code(cell) for cell in filled)
        known = sum(_is_any_code(cell) for cell in filled)
        score = (own, known, -index)
        if known * 2 > len(filled) and (best is None or score > best):
            best = score
    return None if best is None else -best[2]


def _is_any_code(text: str) -> bool:
    return any(system.is_code(text) for system in CODE_SYSTEMS.values())


def _is_code_at(row: GridRow, index: int) -> bool:
    return len(row.cells) > index and _is_any_code(row.cells[index].strip().upper())


def _usual_width(rows: Sequence[GridRow]) -> int:
    widths = [len(row.cells) for row in rows]
    return max(set(widths), key=lambda width: (widths.count(width), width))


def _name_of(index: int, header: Sequence[str]) -> str:
    name = normalise_text(header[index]) if index < len(header) else ""
    return name[:LONGEST_QUOTE] or f"column {index + 1}"


def _guessed_text(
    rows: Sequence[GridRow], code_index: int, header: Sequence[str]
) -> dict[str, Column]:
    best: tuple[float, int] | None = None
    for index in range(max((len(row.cells) for row in rows), default=0)):
        cells = [row.cells[index].strip() for row in rows if len(row.cells) > index]
        filled = [cell for cell in cells if cell]
        if index == code_index or not filled:
            continue
        length = sum(map(len, filled)) / len(filled)
        varied = len(set(filled)) >= _GUESSED_DISTINCT_SHARE * len(filled)
        if varied and length >= _GUESSED_TEXT_LENGTH and (best is None or length > best[0]):
            best = (length, index)
    if best is None:
        return {}
    return {"long": Column(best[1], _name_of(best[1], header), "by the length of its texts")}
