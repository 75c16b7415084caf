"""Claim words, intersection-union and the testing tree."""

from dataclasses import replace

import pytest

from analysis.decision import (
    NOT_TESTED,
    describe,
    design_faults,
    headline_word,
    interval_word,
    joint_p,
    joint_word,
    level_words,
    run_tree,
)
from analysis.estimate import MeanTest, t_test
from analysis.plan import default_plan
from analysis.schema import DIMENSIONS

PLAN = default_plan(["m"])
NO_FAULTS = {d: [] for d in DIMENSIONS}


def _test(estimate, se=0.2, df=14.0):
    levels = {"margin": 0.5, "confidence": 0.95, "narrow_confidence": 0.9}
    return t_test("t", estimate, se, df, **levels, components={}, rater_share=None, singular=())


def _both(**estimates):
    return {d: [_test(estimates.get(d, 1.0))] * 2 for d in DIMENSIONS}


@pytest.mark.parametrize(
    ("estimate", "se", "word"),
    [
        (1.0, 0.2, "superior"),
        (0.3, 0.1, "superior"),
        (0.0, 0.2, "equivalent"),
        (0.3, 0.2, "non-inferior"),
        (0.0, 0.3, "inconclusive"),
        (-1.0, 0.1, "inconclusive"),
    ],
)
def test_the_word_follows_from_the_interval(estimate, se, word):
    assert interval_word(_test(estimate, se), margin=0.5, equivalence_alpha=0.025) == word


def test_equivalence_at_five_per_cent_uses_the_narrow_upper_limit_only():
    test = _test(0.1, 0.21)
    assert interval_word(test, margin=0.5, equivalence_alpha=0.025) == "non-inferior"
    assert interval_word(test, margin=0.5, equivalence_alpha=0.05) == "equivalent"
    below = _test(-0.1, 0.21)
    assert interval_word(below, margin=0.5, equivalence_alpha=0.05) == "inconclusive"


def test_a_test_that_is_not_estimable_has_no_claim_word():
    word = interval_word(MeanTest("t", 1.0, "all equal"), margin=0.5, equivalence_alpha=0.025)
    assert word == "not estimable, because all equal"


def test_equivalent_says_that_it_excludes_being_better():
    assert describe("equivalent", 0.5) == "equivalent (not better by 0.5 or more)"
    assert describe("superior", 0.5) == "superior"


def test_both_levels_together_take_the_larger_p():
    weak, strong = _test(0.3), _test(1.0)
    assert joint_p([weak, strong], "superior") == weak.p_superior
    assert joint_p([weak, MeanTest("t", None, "gone")], "superior") is None
    assert joint_p([], "superior") is None


def test_the_joint_word_is_the_weakest_of_the_levels():
    assert joint_word(PLAN, "medication_safety", [_test(1.0), _test(1.0)]) == "superior"
    assert joint_word(PLAN, "medication_safety", [_test(1.0), _test(0.0)]) == "non-inferior"
    assert joint_word(PLAN, "medication_safety", [_test(0.0), _test(0.0)]) == "equivalent"
    assert joint_word(PLAN, "medication_safety", [_test(0.0), _test(-1.0)]) == "inconclusive"
    assert "gone" in joint_word(PLAN, "medication_safety", [_test(0.0), MeanTest("t", None, "gone")])


def test_a_strong_model_passes_the_whole_tree():
    tree = run_tree(PLAN, _both(), NO_FAULTS)
    assert all(h.rejected for h in tree)
    words = {d: headline_word(PLAN, d, tree, _both()[d], []) for d in DIMENSIONS}
    assert words["medication_safety"] == "superior"
    assert words["medical_correctness"] == "non-inferior"


def test_a_failed_gate_stops_everything_behind_it():
    tests = _both(medication_safety=-0.4)
    tree = run_tree(PLAN, tests, NO_FAULTS)
    assert tree[0].outcome == "inconclusive"
    assert {h.outcome for h in tree[1:]} == {NOT_TESTED}
    assert headline_word(PLAN, "medical_correctness", tree, tests["medical_correctness"], []) == NOT_TESTED
    assert headline_word(PLAN, "medication_safety", tree, tests["medication_safety"], []) == "inconclusive"


def test_equivalence_on_correctness_blocks_nothing():
    tests = _both(medical_correctness=0.0)
    tree = run_tree(PLAN, tests, NO_FAULTS)
    assert headline_word(PLAN, "medical_correctness", tree, tests["medical_correctness"], []) == "equivalent"
    assert all(h.rejected for h in tree)


def test_equivalence_is_headlined_on_correctness_only():
    tests = _both(medication_safety=0.0)
    tree = run_tree(PLAN, tests, NO_FAULTS)
    assert interval_word(tests["medication_safety"][0], margin=0.5, equivalence_alpha=0.025) == "equivalent"
    assert headline_word(PLAN, "medication_safety", tree, tests["medication_safety"], []) == "non-inferior"


def test_a_better_model_is_not_blocked_for_not_being_equivalent():
    tests = _both(medical_correctness=2.0)
    assert all(h.rejected for h in run_tree(PLAN, tests, NO_FAULTS))


def test_holm_holds_back_a_word_that_a_single_interval_would_allow():
    tests = _both(guideline_consistency=0.0, clinical_usefulness=0.45)
    tree = run_tree(PLAN, tests, NO_FAULTS)
    usefulness = next(h for h in tree if h.dimension == "clinical_usefulness")
    assert interval_word(tests["clinical_usefulness"][0], margin=0.5, equivalence_alpha=0.025) == "superior"
    assert usefulness.p <= PLAN.alpha < usefulness.p_adjusted
    assert (
        headline_word(PLAN, "clinical_usefulness", tree, tests["clinical_usefulness"], []) == "inconclusive"
    )


def test_a_design_fault_withholds_the_word_and_blocks_the_tree():
    tree = run_tree(PLAN, _both(), {**NO_FAULTS, "medication_safety": ["2 raters"]})
    assert tree[0].outcome == "no claim: 2 raters"
    assert not tree[0].rejected
    assert tree[1].outcome == NOT_TESTED
    assert headline_word(PLAN, "medication_safety", tree, [], ["2 raters"]) == "no claim: 2 raters"


def test_a_level_that_is_not_estimable_fails_its_gate():
    tests = _both() | {"medication_safety": [_test(1.0), MeanTest("t", None, "no pairs")]}
    tree = run_tree(PLAN, tests, NO_FAULTS)
    assert tree[0].outcome == "not estimable, because no pairs"
    assert tree[1].outcome == NOT_TESTED


def test_a_dimension_outside_the_tree_has_no_headline():
    plan = replace(PLAN, tree=PLAN.tree[:1])
    assert headline_word(plan, "clinical_usefulness", [], [], []) == "not in the tree"


def test_too_small_designs_are_named():
    enough = {"raters": 4, "raters_per_response": 4.0, "residents": 15, "level": "PGY1"}
    assert design_faults(PLAN, **enough) == []
    faults = design_faults(PLAN, raters=2, raters_per_response=1.0, residents=4, level="PGY1")
    assert [fault.split(";")[0] for fault in faults] == [
        "2 raters",
        "1 raters per response",
        "4 PGY1 residents",
    ]


SEPARATE = replace(PLAN, tree=(*PLAN.tree[:2], replace(PLAN.tree[2], levels="separate")))


def test_separate_levels_make_six_hypotheses_in_holms_procedure():
    tree = run_tree(SEPARATE, _both(), NO_FAULTS)
    own = [h for h in tree if h.step == "superiority"]
    assert [(h.dimension, h.level) for h in own[:3]] == [
        ("medication_safety", "PGY1"),
        ("medication_safety", "PGY2"),
        ("guideline_consistency", "PGY1"),
    ]
    p = _test(1.0).p_superior
    assert [h.p_adjusted for h in own] == pytest.approx([6 * p] * 6)


def test_superiority_to_one_level_is_a_claim_about_that_level_only():
    tests = _both() | {"medication_safety": [_test(1.0), _test(0.1)]}
    tree = run_tree(SEPARATE, tests, NO_FAULTS)
    word = headline_word(SEPARATE, "medication_safety", tree, tests["medication_safety"], [])
    assert word == "non-inferior"
    assert level_words("medication_safety", tree) == {"PGY1": "superior", "PGY2": "non-inferior"}
    assert level_words("medical_correctness", tree) == {}


def test_a_tree_at_a_share_of_alpha_rejects_less():
    tests = _both(medication_safety=0.0)
    assert run_tree(PLAN, tests, NO_FAULTS)[0].rejected
    assert not run_tree(PLAN, tests, NO_FAULTS, alpha=0.01)[0].rejected
