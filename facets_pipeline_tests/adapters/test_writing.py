"""Files that are written whole: names that no file can have, and what stays behind."""

from pathlib import Path

import pytest

from facets_pipeline.adapters.writing import written_whole
from facets_pipeline.domain.errors import StoreError


@pytest.mark.parametrize("name", [".", "..", "x" * 300])
def test_a_name_that_no_file_can_have_is_told_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with (
        pytest.raises(StoreError, match="cannot be written") as caught,
        written_whole(Path(name)) as beside,
    ):
        beside.write_text("something", encoding="utf-8")
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_nothing_stays_of_what_breaks_off(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_text("before", encoding="utf-8")

    def break_off() -> None:
        with written_whole(path) as beside:
            beside.write_text("half", encoding="utf-8")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        break_off()
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]
    assert path.read_text(encoding="utf-8") == "before"
