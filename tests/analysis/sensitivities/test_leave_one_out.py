"""Leaving one out at once for all gives what leaving out one after the other gives."""

import numpy as np
import pytest

from analysis.sensitivities.findings import NotAvailableError, subset
from analysis.sensitivities.leave_one_out import (
    leave_one_rater_out,
    leave_one_resident_out,
    leave_one_vignette_out,
)

METHODS = [
    (leave_one_rater_out, "rater", 4, "two-way-random t"),
    (leave_one_resident_out, "second", 5, "two-way-random t"),
    (leave_one_vignette_out, "vignette", 10, "REML with Kenward-Roger"),
]


@pytest.mark.parametrize(("method", "labels", "cases", "engine"), METHODS)
def test_each_case_is_the_primary_procedure_on_what_is_left(subject, method, labels, cases, engine):
    found = method(subject, {})
    assert len(found) == cases
    names = getattr(subject.differences, labels)
    for finding, name in zip(found, np.unique(names), strict=True):
        alone = subject.test(subset(subject.differences, names != name))
        assert finding.case == f"without {name}"
        assert finding.test.engine == alone.engine == engine
        assert finding.test.estimate == pytest.approx(alone.estimate, abs=1e-9)
        assert finding.test.interval == pytest.approx(alone.interval, abs=1e-7)
        assert finding.test.rater_share == pytest.approx(alone.rater_share, abs=1e-7)
        assert finding.test.singular == alone.singular


@pytest.mark.parametrize(("method", "labels", "cases"), [m[:3] for m in METHODS])
def test_incomplete_data_are_tested_case_by_case(subject_of, frames, method, labels, cases):
    score = frames["ratings"]["score"].astype("Int64")
    own = (frames["ratings"]["response"] == "r0000") & (frames["ratings"]["rater"] == "R01")
    subject = subject_of(frames | {"ratings": frames["ratings"].assign(score=score.mask(own))})
    found = method(subject, {})
    assert len(found) == cases
    assert all(finding.test.estimable for finding in found)


def test_what_is_left_is_held_to_the_minimums_of_the_plan(subject):
    found = leave_one_resident_out(subject, {})
    assert all("4 PGY1 residents" in finding.faults[0] for finding in found)


def test_a_single_rater_cannot_be_left_out(subject_of, frames):
    alone = {t: frames[t][frames[t]["rater"] == "R01"] for t in ("ratings", "harms", "guesses")}
    with pytest.raises(NotAvailableError, match="fewer than 2 raters"):
        leave_one_rater_out(subject_of(frames | alone), {})
