"""Real files of CMS, where this machine has them: exact counts."""

from collections import Counter
from pathlib import Path

import pytest

from facets_pipeline.adapters.sources.reference import open_reference
from facets_pipeline.domain.codes import Code
from facets_pipeline_tests.adapters.sources.layouts import opened, results


def _counted(path: Path, system: str = "HCPCS") -> tuple[dict[str, Code], Counter[str]]:
    found = results(path, system)
    codes = {result.code: result for result in found if isinstance(result, Code)}
    return codes, Counter(result.rule for result in found if not isinstance(result, Code))


@pytest.mark.parametrize(
    ("name", "form", "release", "codes", "modifiers"),
    [
        ("hcpcs_2026_january.csv", "CSV", "2026-01", 8_623, 383),
        ("HCPC2019_CONTR_ANWEB.txt", "CMS HCPCS ANWEB text", "2019", 6_440, 360),
        ("HCPC2020_OCT_ANWEB.xlsx", "CMS HCPCS ANWEB XLSX workbook", "2020-10", 6_825, 371),
    ],
)
def test_every_code_of_a_release_is_read_and_every_modifier_skipped(
    shared_data: Path, name: str, form: str, release: str, codes: int, modifiers: int
) -> None:
    source = opened(shared_data / name)
    assert (source.format, source.release) == (form, release)
    found, skipped = _counted(shared_data / name)
    assert len(found) == codes
    assert skipped == {"modifier": modifiers}


def test_the_terminated_codes_of_2019_have_their_dates(shared_data: Path) -> None:
    codes, _ = _counted(shared_data / "HCPC2019_CONTR_ANWEB.txt")
    assert sum(code.terminated_on is not None for code in codes.values()) == 506
    assert all(code.effective_on is not None for code in codes.values())


def test_two_releases_in_different_layouts_can_be_compared(shared_data: Path) -> None:
    old, _ = _counted(shared_data / "HCPC2019_CONTR_ANWEB.txt")
    new, _ = _counted(shared_data / "hcpcs_2026_january.csv")
    both = old.keys() & new.keys()
    changed = sum(old[code].long_descriptor != new[code].long_descriptor for code in both)
    assert (len(new.keys() - old.keys()), changed, len(old.keys() - new.keys())) == (2_183, 376, 0)


def test_the_fee_schedule_is_a_list_of_codes_of_both_systems(shared_data: Path) -> None:
    path = shared_data / "PPRRVU2025_Oct_indicators.csv"
    cpt, others = _counted(path, "CPT")
    hcpcs, _ = _counted(path, "HCPCS")
    assert len(cpt) + len(hcpcs) == 16_851
    assert others == {"other_code_system": len(hcpcs)}


@pytest.mark.parametrize(
    ("name", "kind", "rows"),
    [("PPRRVU2025_Oct_indicators.csv", "pprrvu", 16_851), ("rbcs_2024.csv", "rbcs", 15_522)],
)
def test_official_tables_give_one_row_per_code(
    shared_data: Path, name: str, kind: str, rows: int
) -> None:
    source = open_reference(shared_data / name)
    codes = [row.code for row in source.rows()]
    assert (source.kind, len(codes), len(set(codes))) == (kind, rows, rows)
