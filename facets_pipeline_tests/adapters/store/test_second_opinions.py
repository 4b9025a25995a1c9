"""Second opinions are derived: made from codes, rules and official tables, and made again."""

from datetime import date, timedelta

from facets_pipeline.adapters.store.store import Store
from facets_pipeline.domain.bases import BasisKind
from facets_pipeline_tests.adapters.store.contents import DAY, hcpcs, load

CODES = [
    hcpcs("J0120", "Injection of an antibiotic up to 250 mg"),
    hcpcs("G0104", "Looking into the lower bowel for cancer"),
    hcpcs("C9756", "Near infrared images of the lymph nodes"),
]
FEES = [("G0104", {"status": "A", "global_days": "000", "work_rvu": "0.84"})]
OTHER_FEES = [("G0104", {"status": "A", "global_days": "090", "work_rvu": "0.84"})]


def second(store: Store, day: date = DAY) -> dict[str, dict[str, tuple[object, str]]]:
    """Return value and basis of every facet by code, brought up to date."""
    store.second.refresh("HCPCS", day)
    opinions = store.second.of("HCPCS", [code.code for code in CODES])
    return {
        code: {facet: (stated.value, stated.basis) for facet, stated in opinion.items()}
        for code, opinion in opinions.items()
    }


def test_every_active_code_has_one_with_the_basis_of_each_value(store: Store) -> None:
    load(store, "codes.csv", CODES)
    found = second(store)
    assert set(found) == {"J0120", "G0104", "C9756"}
    value, basis = found["J0120"]["procedure_category"]
    assert value == "drug"
    assert basis.startswith("heading: ")


def test_an_official_table_sharpens_it_and_a_newer_one_again(store: Store) -> None:
    load(store, "codes.csv", CODES)
    before = second(store)["G0104"]["is_major_surgery"]
    assert before[0] is False
    store.references.load("pprrvu", "fees.csv", "1", "2025", FEES)
    assert second(store)["G0104"]["is_major_surgery"][1].startswith("pfs: global 000")
    store.references.load("pprrvu", "new.csv", "2", "2026", OTHER_FEES)
    assert second(store)["G0104"]["is_major_surgery"] == (True, "pfs: global 090")


def test_nothing_is_made_again_unless_something_changed(store: Store) -> None:
    load(store, "codes.csv", CODES)
    assert store.second.refresh("HCPCS", DAY).changed
    assert not store.second.refresh("HCPCS", DAY).changed
    assert not store.second.refresh("HCPCS", DAY + timedelta(days=1)).changed
    load(store, "more.csv", [*CODES, hcpcs("J0121", "Injection of another one, 1 mg")])
    report = store.second.refresh("HCPCS", DAY + timedelta(days=1))
    assert (report.changed, report.codes) == (True, 4)


def test_emptied_it_is_made_again_as_it_was(store: Store) -> None:
    load(store, "codes.csv", CODES)
    before = second(store)
    store.second.clear()
    assert store.second.of("HCPCS", ["J0120"]) == {}
    assert second(store) == before


def test_a_code_that_is_no_longer_active_has_none(store: Store) -> None:
    load(store, "codes.csv", [*CODES[:2], hcpcs("C9756", terminated_on=DAY)], has_dates=True)
    assert "C9756" in second(store)
    assert "C9756" not in second(store, DAY + timedelta(days=1))


def test_what_values_rest_on_is_counted_and_which_codes_need_no_answer(store: Store) -> None:
    load(store, "codes.csv", CODES)
    store.second.refresh("HCPCS", DAY)
    counts = store.second.counts("HCPCS")
    assert sum(counts["procedure_category"].values()) == len(CODES)
    assert counts["procedure_category"][BasisKind.HEADING] >= 1
    assert store.second.enough("HCPCS") == 2, "words leave the third one open"
