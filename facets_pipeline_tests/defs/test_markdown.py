"""markdown: tables of plain text, whatever the text holds."""

from facets_pipeline.defs.markdown import table


def test_a_table_has_a_row_per_entry_and_no_markup_of_its_content() -> None:
    rows = [("A|1", "*bold*\nand <b>"), ("body_region", "_x_")]
    assert table(("code", "text"), rows, empty="None.") == (
        "| code | text |\n"
        "| --- | --- |\n"
        "| A\\|1 | \\*bold\\* and \\<b\\> |\n"
        "| body_region | \\_x\\_ |"
    )


def test_no_rows_are_a_sentence() -> None:
    assert table(("code",), [], empty="None.") == "None."
