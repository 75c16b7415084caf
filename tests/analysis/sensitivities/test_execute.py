"""The whole list of a plan: every entry gives findings or a reason, and a word by the same rule."""

from dataclasses import replace

import pytest

from analysis.sensitivities.catalogue import CATALOGUE
from analysis.sensitivities.execute import (
    METHODS,
    availability,
    is_changed,
    outcomes,
    records,
    word_of,
)
from analysis.sensitivities.findings import Finding


def test_every_sensitivity_of_the_catalogue_has_a_method():
    assert list(METHODS) == list(CATALOGUE)


def test_each_entry_of_the_plan_gives_findings_or_a_reason(subject):
    found = outcomes(subject)
    assert [outcome.name for outcome in found] == [entry["name"] for entry in subject.plan.sensitivities]
    assert all(bool(outcome.findings) != bool(outcome.reason) for outcome in found)
    listed = availability(subject.plan.sensitivities, {outcome.name: [outcome] for outcome in found})
    absent = {entry["sensitivity"]: entry["reason"] for entry in listed if not entry["available"]}
    assert set(absent) == {"strata", "other_draws", "missing_response", "missing_ratings"}
    assert all(reason.startswith("not available, because ") for reason in absent.values())


def test_records_hold_estimate_interval_and_word_of_each_case(subject):
    rows = records(outcomes(subject), "superior", subject.plan.alpha)
    tornado = [row for row in rows if row["sensitivity"] == "leave_one_rater_out"]
    assert [row["case"] for row in tornado] == [f"without R0{i}" for i in (1, 2, 3, 4)]
    assert all(row["low"] < row["estimate"] < row["high"] for row in tornado)
    assert all(row["changed"] == (row["word"] != "superior") for row in tornado)


@pytest.mark.parametrize(
    ("primary", "word", "has_margin", "changed"),
    [
        ("superior", "superior", True, False),
        ("superior", "non-inferior", True, True),
        ("superior", "no claim: 2 raters", True, None),
        ("not estimable, because x", "superior", True, None),
        ("non-inferior", "inconclusive", False, False),
        ("non-inferior", "superior", False, True),
        ("superior", "inconclusive", False, True),
    ],
)
def test_a_word_is_changed_if_another_claim_stands_in_its_place(primary, word, has_margin, changed):
    assert is_changed(primary, word, has_margin=has_margin) is changed


def test_without_a_margin_only_superiority_is_read(subject):
    clear = Finding("", replace(subject.primary, p_superior=0.001), 40, None, 0.025)
    unclear = Finding("", replace(subject.primary, p_superior=0.2), 40, None, 0.025)
    assert (word_of(clear, 0.025), word_of(unclear, 0.025)) == ("superior", "inconclusive")


def test_a_design_fault_withholds_the_word(subject):
    finding = Finding("", subject.primary, 40, 0.5, 0.025, ("2 raters",))
    assert word_of(finding, 0.025) == "no claim: 2 raters"
