"""Gold files of many kinds: the same labels, and a sentence where there are none."""

from pathlib import Path

import openpyxl
import pytest

from facets_pipeline.adapters.sources.gold import read_gold
from facets_pipeline.domain.errors import SourceError

LONG = "code_system,code,facet,value\nCPT,00100,body_region,head_neck\nHCPCS,G0008,em_level,\n"
LABELS = {("CPT", "00100", "body_region"): "head_neck", ("HCPCS", "G0008", "em_level"): None}


def written(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (LONG, "utf-8"),
        (LONG, "utf-8-sig"),
        (LONG.replace("\n", "\r\n"), "utf-16"),
        (LONG.replace(",", "\t"), "utf-8"),
        (LONG.replace(",", ";"), "utf-8"),
        (LONG.replace("00100", '"00100"').replace("code,", '"Code",'), "utf-8"),
        ("value,FACET,Code,Code System,basis\nhead_neck,body_region,00100,CPT,by, hand\n", "utf-8"),
    ],
    ids=["csv", "mark", "utf-16", "tabs", "semicolons", "quotes", "other order"],
)
def test_the_same_labels_are_read_from_any_delimited_text(
    tmp_path: Path, text: str, encoding: str
) -> None:
    found = read_gold([written(tmp_path / "gold.csv", text.replace("by, hand", "hand"), encoding)])
    assert found.labels.values.items() <= LABELS.items()
    assert found.labels.values[next(iter(LABELS))] == "head_neck"
    assert {issue.rule for issue in found.labels.issues} <= {"other_spelling"}


def test_a_workbook_is_read_with_codes_as_text_or_whole_numbers(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (
        ("code_system", "code", "facet", "value"),
        ("CPT", 70010, "uses_contrast", True),
        ("CPT", 100, "body_region", "thorax"),
        ("CPT", "00100", "body_region", "head_neck"),
    ):
        sheet.append(row)
    book.save(tmp_path / "gold.xlsx")
    found = read_gold([tmp_path / "gold.xlsx"]).labels
    assert found.values == {
        ("CPT", "70010", "uses_contrast"): True,
        ("CPT", "00100", "body_region"): "head_neck",
    }
    assert found.counts == {"numeric_code_cell": 1}


def test_a_column_per_facet_is_understood(tmp_path: Path) -> None:
    text = "code,procedure_category,Body System,extra\n70010,imaging,nervous,x\nG0008,treatment,,\n"
    found = read_gold([written(tmp_path / "wide.csv", text)])
    assert found.labels.values == {
        ("CPT", "70010", "procedure_category"): "imaging",
        ("CPT", "70010", "body_system"): "nervous",
        ("HCPCS", "G0008", "procedure_category"): "treatment",
        ("HCPCS", "G0008", "body_system"): None,
    }
    assert "empty cells mean no value" in found.layouts[0]


def test_a_list_without_values_names_cells_that_must_be_empty(tmp_path: Path) -> None:
    listed = written(tmp_path / "na.csv", "code_system,code,facet\nCPT,0005U,em_level\n")
    found = read_gold([written(tmp_path / "gold.csv", LONG), listed])
    assert found.labels.not_applicable == {("CPT", "0005U", "em_level")}
    assert found.labels.values == LABELS
    assert found.labels.empty_cells == {
        ("CPT", "0005U", "em_level"),
        ("HCPCS", "G0008", "em_level"),
    }
    assert found.labels.files == ("gold.csv", "na.csv")


def test_notes_are_kept_and_short_rows_told(tmp_path: Path) -> None:
    text = "code_system,code,facet,value,basis\nCPT,00100,body_region,thorax,section\nCPT,00102\n"
    found = read_gold([written(tmp_path / "gold.csv", text)]).labels
    assert found.notes == {("CPT", "00100", "body_region"): "section"}
    assert found.counts == {"other_width": 1}
    assert found.rows == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("code_system,code,facet,value\nCPT,70010,colour,red\n", "Not one of 1 rows.*'colour'"),
        ("a,b\n1,2\n", "names the columns of a gold file"),
        ("code_system,code,facet,value\n", "Not one of 0 rows"),
    ],
)
def test_a_file_without_one_usable_label_is_refused_in_a_sentence(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(SourceError, match=says) as caught:
        read_gold([written(tmp_path / "gold.csv", text)])
    assert caught.value.exit_code == 2
    assert "\n" not in str(caught.value)


def test_the_digest_changes_with_the_content_alone(tmp_path: Path) -> None:
    one = read_gold([written(tmp_path / "a.csv", LONG)]).digest
    assert read_gold([written(tmp_path / "b.csv", LONG)]).digest == one
    assert read_gold([written(tmp_path / "a.csv", LONG + "CPT,00102,em_level,\n")]).digest != one


def test_the_real_labels_are_read_whole(shared_data: Path) -> None:
    found = read_gold([shared_data / "gold_dev.csv", shared_data / "gold_dev_not_applicable.csv"])
    assert (len(found.labels.values), len(found.labels.not_applicable)) == (6502, 18496)
    assert found.labels.issues == ()
