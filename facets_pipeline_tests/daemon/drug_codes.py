"""Invented HCPCS drug codes, and an answer to each that breaks no rule: none is asked twice.

No test belongs here.
"""

import csv
from pathlib import Path

SYSTEM = "HCPCS"


def drug_codes(count: int) -> list[str]:
    """Return so many codes."""
    return [f"J{number:04d}" for number in range(count)]


def write_codes(path: Path, count: int) -> Path:
    """Write a code file with so many codes; return its path."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "long_descriptor"])
        writer.writerows((code, f"Injection of substance {code}") for code in drug_codes(count))
    return path


def drug_answers(count: int) -> dict[str, dict[str, object]]:
    """Return what the server is to answer."""
    return {code: {"procedure_category": "drug"} for code in drug_codes(count)}
