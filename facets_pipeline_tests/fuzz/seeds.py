"""Valid files of every layout that is read, small: where mutation begins. No real CPT text.

Belongs here: bytes of good files, by what they are. Does not belong here: how they are spoilt.
"""

import io
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
from pyarrow import parquet

from facets_pipeline.domain.facets import CODEBOOK
from facets_pipeline_tests.adapters.sources.layouts import (
    ANWEB_HEADER,
    LICENCE,
    PPRRVU_HEADER,
    anweb_records,
    pprrvu_line,
    write_workbook,
    write_zip,
)
from facets_pipeline_tests.fuzz.legacy_workbook import xls_bytes

arrow = cast("Any", pa)
"""The library types only a part of what it has."""

_TEXTS = {"E0100": "Cane, any material", "E0105": "Cane, quad", "J0120": "Drug, up to 250 mg"}
_CSV = "code,short_desc,long_desc,effective_date,termination_date\r\n" + "".join(
    f'{code},{text[:4]},"{text}",2020-01-31,\r\n' for code, text in _TEXTS.items()
)
_FEE_TITLE = ("2025 National Physician Fee Schedule Relative Value File", "RELEASED 09/10/2025")
_FEE_ROW = ",,Cane,A,,1.25,,,,,,,,0,XXX,1"
_RBCS = (
    "HCPCS_Cd,RBCS_Cat_Desc,RBCS_Subcat_Desc,RBCS_Family_Desc,RBCS_Major_Ind,"
    "RBCS_Assignment_Eff_Dt,RBCS_Assignment_End_Dt\n"
    "E0100,DME,Other DME,No RBCS Family,N,01/01/2020,\n"
    "E0105,DME,Other DME,No RBCS Family,N,20200101,20231231\n"
)
_GOLD = (
    "code_system,code,facet,value,basis\nHCPCS,E0100,procedure_category,dme,range\n"
    "HCPCS,E0105,is_major_surgery,,none\n"
)
_CELLS: Sequence[Sequence[object]] = [
    ["HCPCS", "Long Description", "Effective Date", "Termination Date", "Note"],
    *([code, text, datetime(2020, 1, 31), None, 1.5] for code, text in _TEXTS.items()),  # noqa: DTZ001 (cells have no zone)
]


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1")


def _anweb() -> list[str]:
    records = [anweb_records(code, text * 6, text[:28]) for code, text in _TEXTS.items()]
    return ["\t\tAbout this file", *chain(*records), *anweb_records("A1", "Modifier", "Mod")]


def _fees() -> list[str]:
    title = "HDR2025 National Physician Fee Schedule Relative Value File October Release"
    dated = "HDRRELEASED 09/10/2025"
    return [title, dated, *(pprrvu_line(code, "", text) for code, text in _TEXTS.items())]


def _texts() -> dict[str, bytes]:
    clinician = [f"1\t99213\t{n}\tVisit, kind {n}" for n in range(3)]
    return {
        "codes.csv": _CSV.encode(),
        "codes_utf16.csv": _CSV.encode("utf-16"),
        "codes_latin1.csv": _CSV.replace("Cane", "Can\xe9").encode("latin-1"),
        "codes_licence.csv": _lines([*LICENCE, *_CSV.splitlines()]),
        "codes.psv": _CSV.replace(",", "|").encode(),
        "codes_no_header.tsv": "".join(
            f"{c}\t{t} of some sort\n" for c, t in _TEXTS.items()
        ).encode(),
        "HCPC2025_OCT_ANWEB.txt": _lines(_anweb()),
        "PPRRVU25_OCT.csv": _lines(
            [*_FEE_TITLE, PPRRVU_HEADER, *(f"{code}{_FEE_ROW}" for code in _TEXTS)]
        ),
        "PPRRVU25_OCT.txt": _lines(_fees()),
        "rbcs_2024.csv": _RBCS.encode(),
        "LONGULT.txt": _lines([*LICENCE, *(f"9921{n}\tA visit, kind {n}" for n in range(1, 6))]),
        "LONGULF.txt": _lines(
            [f"9921{n}0{part} A visit, part {part}" for n in range(1, 6) for part in (1, 2)]
        ),
        "MEDU.txt": _lines([f"9921{n} A VISIT, KIND {n}" for n in range(1, 6)]),
        "ClinicianDescriptor.txt": _lines(
            ["Concept Id\tCPT Code\tClinician Descriptor Id\tClinician Descriptor", *clinician]
        ),
        "gold.csv": _GOLD.encode(),
        "gold_wide.csv": _lines(
            [",".join(("code", *CODEBOOK.names)), "E0100,dme" + "," * (len(CODEBOOK.names) - 1)]
        ),
    }


def _parquet() -> bytes:
    columns: dict[str, object] = {
        "code": list(_TEXTS),
        "long_desc": arrow.array(list(_TEXTS.values())).dictionary_encode(),
        "effective_date": [date(2020, 1, 31)] * 3,
        "termination_date": arrow.array([None, None, 10**15], arrow.timestamp("us", "UTC")),
        "amount": [Decimal("1.25"), None, Decimal(2)],
        "parts": [["a"], [], None],
        "raw": [b"\xff", b"", None],
    }
    stream = io.BytesIO()
    parquet.write_table(arrow.table(columns), stream, compression="zstd")
    return stream.getvalue()


def _containers(folder: Path) -> dict[str, bytes]:
    anweb_rows: list[Sequence[object]] = [["Disclaimer"], ANWEB_HEADER]
    for number, (code, text) in enumerate(_TEXTS.items()):
        anweb_rows.append(
            [code, f"{number}00", "3", text, text[:9], "C", 20200101, 20200101, "", "N"]
        )
        anweb_rows.append([code, f"{number}01", "4", "and more"])
    made = (
        write_workbook(folder / "codes.xlsx", {"Read me": [["Hello"]], "Codes": _CELLS}),
        write_workbook(folder / "HCPC2025_ANWEB.xlsx", {"A": anweb_rows}),
        write_workbook(folder / "gold.xlsx", {"A": [row.split(",") for row in _GOLD.splitlines()]}),
        write_zip(folder / "one.zip", {"codes.csv": _CSV.encode(), "readme.pdf": b"%PDF"}),
        write_zip(
            folder / "several.zip",
            {"HCPC2025_ANWEB.txt": _lines(_anweb()), "layout.txt": b"Columns\n", "x.xls": b"x"},
        ),
        write_zip(folder / "nested.zip", {"codes.parquet": _parquet()}),
    )
    return {path.name: path.read_bytes() for path in made}


@cache
def seeds() -> Mapping[str, bytes]:
    """Return name to bytes of a valid file of every layout."""
    rows = [["code", "long_desc", "amount"], *([c, t, 1.5] for c, t in _TEXTS.items())]
    with tempfile.TemporaryDirectory() as folder:
        containers = _containers(Path(folder))
    return {**_texts(), **containers, "codes.xls": xls_bytes(rows), "codes.parquet": _parquet()}


@cache
def database_seed() -> bytes:
    """Return the bytes of an SQLite database with a table `codes` of every declared type."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "codes.db")
        connection = sqlite3.connect(path)
        connection.execute(
            "CREATE TABLE codes (code TEXT, long_desc VARCHAR, effective_date DATE, "
            "termination_date TIMESTAMP, category NUMERIC)"
        )
        rows = [(code, text, "2020-01-31", None, 1) for code, text in _TEXTS.items()]
        connection.executemany("INSERT INTO codes VALUES (?, ?, ?, ?, ?)", rows)
        connection.commit()
        connection.close()
        return path.read_bytes()
