"""Markup: text is escaped once, markup never twice."""

from facets_pipeline.report.markup import element, join, prose, void


def test_text_is_escaped_and_markup_is_not_escaped_again() -> None:
    inner = element("b", "1 < 2 & 'x'")
    assert inner == "<b>1 &lt; 2 &amp; &#x27;x&#x27;</b>"
    assert element("p", inner, "<i>") == f"<p>{inner}&lt;i&gt;</p>"
    assert join("<", inner) == f"&lt;{inner}"


def test_attributes_are_quoted_and_escaped() -> None:
    assert element("td", class_="a", data_label='"x"') == (
        '<td class="a" data-label="&quot;x&quot;"></td>'
    )
    assert void("meta", charset="utf-8") == '<meta charset="utf-8">'


def test_shares_in_prose_stay_on_one_line() -> None:
    assert prose("Half (<0.01 %) <of>") == (
        '<p>Half <span class="share">(&lt;0.01 %)</span> &lt;of&gt;</p>'
    )
