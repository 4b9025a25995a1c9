"""The shipped sample: spread over all families, well formed, and in words of our own."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from facets_pipeline.domain.code_systems import CODE_SYSTEMS, CodeSystem
from facets_pipeline.domain.codes import normalise_text
from facets_pipeline.domain.errors import SettingsError
from facets_pipeline.sample import sample_file

COLUMNS = ["code", "short_descriptor", "long_descriptor"]
HCPCS_LETTERS = set("ABCEGHJKLMPQRSTUV")
CPT_SECTIONS = {
    "evaluation and management": r"99[2-4]\d\d",
    "online and telephone visits": r"980[01]\d",
    "anesthesia": r"0[01]\d{3}",
    "surgery, skin and breast": r"1\d{4}",
    "surgery, bones and joints": r"2\d{4}",
    "surgery, airways": r"3[0-2]\d{3}",
    "surgery, heart and vessels": r"3[3-7]\d{3}",
    "surgery, spleen and marrow": r"38\d{3}",
    "surgery, mid-chest and diaphragm": r"39\d{3}",
    "surgery, digestive": r"4\d{4}",
    "surgery, urinary": r"5[0-3]\d{3}",
    "surgery, male": r"5[45]\d{3}",
    "surgery, reproductive": r"55920",
    "surgery, intersex": r"559[78]0",
    "surgery, female": r"5[678]\d{3}",
    "maternity": r"59\d{3}",
    "surgery, endocrine": r"60\d{3}",
    "surgery, nervous": r"6[1-4]\d{3}",
    "surgery, eye": r"6[5-8][0-8]\d\d",
    "surgery, ear": r"69[0-8]\d\d",
    "operating microscope": r"69990",
    "X-ray, CT and MRI": r"7[0-5]\d{3}",
    "ultrasound": r"76\d{3}",
    "guidance, breast and bone density": r"770\d\d",
    "radiation oncology": r"77[2-7]\d\d",
    "nuclear medicine": r"78\d{3}",
    "laboratory": r"8[0-7]\d{3}",
    "pathology": r"88\d{3}",
    "vaccine administration": r"904[678]\d",
    "vaccines": r"90[67]\d\d",
    "medicine": r"9[1-7]\d{3}",
    "performance measures": r"\d{4}F",
    "new technology": r"\d{4}T",
    "laboratory tests of one maker": r"\d{4}U",
    "multi-marker scores": r"\d{4}M",
}


def read_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.casefold())


def runs(text: str, length: int) -> set[tuple[str, ...]]:
    found = words(text)
    return {tuple(found[i : i + length]) for i in range(len(found) - length + 1)}


def descriptors(row: dict[str, str]) -> Iterator[str]:
    yield row["short_descriptor"]
    yield row["long_descriptor"]


@pytest.fixture(params=["CPT", "HCPCS"])
def system(request: pytest.FixtureRequest) -> CodeSystem:
    return CODE_SYSTEMS[request.param]


@pytest.fixture
def rows(system: CodeSystem) -> list[dict[str, str]]:
    return read_rows(sample_file(system.name))


@pytest.fixture
def official_hcpcs(shared_data: Path) -> dict[str, dict[str, str]]:
    return {row["HCPCS_CODE"]: row for row in read_rows(shared_data / "hcpcs_2026_january.csv")}


def test_the_sample_is_found_in_any_case_of_its_name() -> None:
    assert sample_file("hcpcs") == sample_file("HCPCS")
    assert sample_file("HCPCS") != sample_file("CPT")


def test_an_unknown_code_system_is_named_in_the_error() -> None:
    with pytest.raises(SettingsError, match="'ICD'"):
        sample_file("ICD")


def test_a_code_system_without_a_sample_says_how_to_load_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = CodeSystem("OTHER", "Other codes", r"Z\d{4}", r"ZZ", public_text=True)
    monkeypatch.setitem(CODE_SYSTEMS, "OTHER", other)
    with pytest.raises(SettingsError, match="facets load FILE --code-system OTHER"):
        sample_file("other")


@pytest.mark.parametrize(("name", "least"), [("CPT", 110), ("HCPCS", 220)])
def test_the_sample_is_large_enough(name: str, least: int) -> None:
    assert len(read_rows(sample_file(name))) >= least


def test_the_columns_are_the_promised_ones(rows: list[dict[str, str]]) -> None:
    assert all(list(row) == COLUMNS for row in rows)


def test_every_code_has_the_form_of_its_system(
    system: CodeSystem, rows: list[dict[str, str]]
) -> None:
    assert [row["code"] for row in rows if not system.is_code(row["code"])] == []


def test_codes_are_unique_and_sorted(rows: list[dict[str, str]]) -> None:
    codes = [row["code"] for row in rows]
    assert codes == sorted(set(codes))


def test_every_text_is_there_and_normalised(rows: list[dict[str, str]]) -> None:
    odd = [
        (row["code"], text)
        for row in rows
        for text in descriptors(row)
        if not text or text != normalise_text(text)
    ]
    assert odd == []


def test_no_two_codes_share_a_long_text(rows: list[dict[str, str]]) -> None:
    texts = [row["long_descriptor"] for row in rows]
    assert len(set(texts)) == len(texts)


def test_every_hcpcs_letter_is_there_and_no_dental_code() -> None:
    codes = [row["code"] for row in read_rows(sample_file("HCPCS"))]
    assert {code[0] for code in codes} == HCPCS_LETTERS


@pytest.mark.parametrize("section", CPT_SECTIONS)
def test_every_cpt_section_is_there(section: str) -> None:
    pattern = re.compile(CPT_SECTIONS[section])
    assert any(pattern.fullmatch(row["code"]) for row in read_rows(sample_file("CPT")))


def test_hcpcs_codes_are_real(official_hcpcs: dict[str, dict[str, str]]) -> None:
    codes = {row["code"] for row in read_rows(sample_file("HCPCS"))}
    assert codes - set(official_hcpcs) == set()


def test_hcpcs_texts_are_not_the_official_ones(
    official_hcpcs: dict[str, dict[str, str]],
) -> None:
    copied: list[str] = []
    for row in read_rows(sample_file("HCPCS")):
        official = official_hcpcs[row["code"]]
        theirs = [words(official["SHORT_DESCRIPTION"]), words(official["LONG_DESCRIPTION"])]
        if any(words(text) in theirs for text in descriptors(row)):
            copied.append(row["code"])
    assert copied == []


def test_hcpcs_texts_share_no_five_words_in_a_row_with_the_official_ones(
    official_hcpcs: dict[str, dict[str, str]],
) -> None:
    shared = {
        row["code"]: found
        for row in read_rows(sample_file("HCPCS"))
        for text in descriptors(row)
        if (found := runs(text, 5) & runs(official_hcpcs[row["code"]]["LONG_DESCRIPTION"], 5))
    }
    assert shared == {}


def test_cpt_codes_are_in_the_official_fee_schedule_or_have_a_laboratory_letter(
    shared_data: Path,
) -> None:
    schedule = shared_data / "PPRRVU2025_Oct_indicators.csv"
    with schedule.open(encoding="iso-8859-1", newline="") as file:
        official = {row[0] for row in csv.reader(file) if row}
    unknown = {row["code"] for row in read_rows(sample_file("CPT"))} - official
    assert {code for code in unknown if code[-1] not in "UM"} == set()
