"""The plan is read strictly, written canonically and hashed as text."""

import hashlib
import json

import pytest
import yaml

from analysis.plan import (
    Minimums,
    Plan,
    PlanError,
    Robustness,
    TreeStep,
    default_plan,
    dump_plan,
    load_plan,
    parse_plan,
    plan_sha256,
)
from analysis.plan_template import plan_template
from analysis.sensitivities.catalogue import CATALOGUE

TEXT = dump_plan(default_plan(["lead", "other"]))
TREE_STEP = {"name": "s", "claim": "superior", "method": "single", "dimensions": ["medication_safety"]}


def _changed(path, value):
    raw = yaml.safe_load(TEXT)
    target = raw
    *parents, last = path
    for key in parents:
        target = target[key]
    target[last] = value
    return json.dumps(raw)


def test_the_default_plan_survives_writing_and_reading():
    plan = default_plan(["lead", "other"])
    assert parse_plan(dump_plan(plan)) == plan
    assert dump_plan(parse_plan(TEXT)) == TEXT
    assert plan.lead_model == "lead"


def test_the_default_tree_is_safety_then_correctness_then_superiority():
    steps = [(s.claim, s.method, s.dimensions) for s in default_plan(["m"]).tree]
    assert steps == [
        ("non-inferior", "single", ("medication_safety",)),
        ("non-inferior", "single", ("medical_correctness",)),
        ("superior", "holm", ("medication_safety", "guideline_consistency", "clinical_usefulness")),
    ]


def test_a_simulated_plan_says_so_in_its_justification():
    reasons = default_plan(["m"], simulated=True).margin_justifications
    assert all("simulated" in reason for reason in reasons.values())


def test_json_is_read_like_yaml():
    assert parse_plan(json.dumps(yaml.safe_load(TEXT))) == parse_plan(TEXT)


BAD = [
    (("margins", "medication_safety"), 0, "margins.medication_safety: must be > 0"),
    (("margins", "medication_safety"), float("nan"), "margins.medication_safety: must be a number"),
    (("margins", "medication_safety"), 4, "margins.medication_safety: must be < 4"),
    (("margins", "medication_safety"), True, "margins.medication_safety: must be a number"),
    (("margins", "speed"), 1, "margins.speed: is not a known key"),
    (("margins",), [1], "margins: must be a mapping with the keys medical_correctness"),
    (("margin_justifications", "medication_safety"), " ", "must be a text that is not empty"),
    (("version",), 1, "version: must be 2"),
    (("version",), True, "version: must be 2"),
    (("dimensions",), [], "dimensions: must be a list that is not empty"),
    (("dimensions",), ["speed"], "dimensions[0]: must be one of"),
    (("levels",), ["PGY1", "PGY1"], "levels[1]: PGY1 is listed twice"),
    (("models",), [7], "models[0]: must be a text"),
    (("alpha",), 0.3, "alpha: must be strictly between 0 and 0.25"),
    (("confidence",), 0.9, "confidence: must be 1 - 2 alpha = 0.95"),
    (("equivalence_alpha",), 0.1, "equivalence_alpha: must be 0.025"),
    (("minimums", "raters"), 2, "minimums.raters: must be from 3"),
    (("minimums", "raters"), 3.5, "minimums.raters: must be a whole number"),
    (("bootstrap", "draws"), 10, "bootstrap.draws: must be from 999"),
    (("missing_response",), "zero", "missing_response: must be one of lowest_category"),
    (("guess_share",), 1.5, "guess_share: must be from 0 to 1"),
    (("tree",), [], "tree: must be a list of steps"),
    (("tree", 2, "method"), "single", "tree[2].dimensions: must hold one dimension"),
    (("tree", 1, "name"), "safety", "tree[1].name: safety is used twice"),
    (("tree", 2), {**TREE_STEP, "claim": "non-inferior"}, "tree[2]: tests a claim on a dimension"),
    (("tree", 0, "claim"), "equivalent", "tree[0].claim: must be one of non-inferior, superior"),
    (("surprise",), 1, "surprise: is not a known key"),
    (("alpha_shares", 0), 0, "alpha_shares[0]: must be above 0"),
    (("alpha_shares", 1), 0.5, "alpha_shares: must add up to at most 1"),
    (("alpha_shares", 1), "half", "alpha_shares[1]: must be a number"),
    (("alpha_shares",), [1], "alpha_shares: must be 2 shares, one for each model"),
    (("minimums", "differences_per_resident"), 0, "minimums.differences_per_resident: must be from 1"),
    (("signed_rank_zeros",), ["split"], "signed_rank_zeros[0]: must be one of pratt, wilcoxon"),
    (("tree", 2, "method"), "shaffer", "tree[2].method: must be one of single, holm"),
    (("tree", 2, "levels"), "both", "tree[2].levels: must be one of joint, separate"),
    (("tree", 2, "method"), "fallback", "tree[2].weights: must be 3 shares"),
    (("tree", 2, "weights"), [1], "tree[2].weights: has no use with the method holm"),
    (("tree", 2, "claim"), "mixed", "tree[2].claims: must hold one claim per dimension"),
    (("tree", 0, "levels"), "separate", "tree[0].dimensions: must hold one dimension, jointly"),
    (("tree", 0, "step"), 1, "tree[0].step: is not a known key"),
    (("sensitivities",), "all", "sensitivities: must be a list"),
    (("sensitivities", 0, "name"), "mood", "sensitivities[0].name: must be one of leave_one_rater_out"),
    (("sensitivities", 1, "name"), "leave_one_rater_out", "sensitivities[1].name: leave_one_rater_out is"),
    (("sensitivities", 0), {}, "sensitivities[0].name: is missing"),
    (("sensitivities", 0, "by"), 1, "sensitivities[0].by: is not a known key"),
    (("sensitivities", 4, "value"), 0.1, "sensitivities[4].value: must be 0.025"),
    (("sensitivities", 5, "by", 1), "x", "sensitivities[5].by[1]: must be a number"),
    (("sensitivities", 7, "threshold"), 1, "sensitivities[7].threshold: must be from 2 to 5"),
    (("sensitivities", 8, "below_seconds"), -1, "sensitivities[8].below_seconds: must be strictly between"),
    (("sensitivities", 10, "measure"), "pages", "sensitivities[10].measure: must be one of words"),
    (("sensitivities", 12, "strata"), ["a"], "sensitivities[12].strata: must be a mapping"),
    (("sensitivities", 12, "strata"), {"old": []}, "sensitivities[12].strata.old: must be a list that"),
    (("robustness",), [], "robustness: must be a mapping"),
    (("robustness", "variant"), [], "robustness.variant: is not a known key"),
    (("robustness", "variants"), "names", "robustness.variants: must be a list"),
    (("robustness", "variants"), [7], "robustness.variants[0]: must be a text"),
    (("robustness", "variants"), ["a", "a"], "robustness.variants[1]: a is listed twice"),
    (
        ("robustness", "variants"),
        ["a", "original"],
        "robustness.variants[1]: original is the vignette itself",
    ),
    (("robustness", "rated"), 1, "robustness.rated: must be true or false"),
    (("robustness", "baseline"), "third", "robustness.baseline: must be one of lead, other"),
    (("robustness", "unsafe_at_most"), 0.5, "robustness.unsafe_at_most: must be from 1 to below 5"),
    (("robustness", "unsafe_at_most"), 5, "robustness.unsafe_at_most: must be from 1 to below 5"),
    (("robustness", "unsafe_at_most"), float("nan"), "robustness.unsafe_at_most: must be a number"),
    (("robustness", "unsafe_at_most"), "2", "robustness.unsafe_at_most: must be a number"),
    (("sensitivities", 15, "imputations"), 1, "sensitivities[15].imputations: must be from 5"),
]

GRAPH = {
    "name": "graph",
    "claim": "mixed",
    "claims": ["non-inferior", "superior"],
    "method": "graph",
    "dimensions": ["medication_safety", "medication_safety"],
    "weights": [1, 0],
    "transitions": [[0, 1], [0, 0]],
}
BAD_GRAPHS = [
    ({"weights": [0.7, 0.7]}, "tree[0].weights: must add up to at most 1"),
    ({"weights": [1]}, "tree[0].weights: must be 2 shares, one for each hypothesis"),
    ({"transitions": [[0, 1]]}, "tree[0].transitions: must be 2 rows"),
    ({"transitions": [[0, 1], [0, 0.5]]}, "tree[0].transitions[1][1]: must be 0"),
    ({"transitions": [[0, 2], [0, 0]]}, "tree[0].transitions[0][1]: must be from 0 to 1"),
    ({"claims": ["superior", "superior"]}, "tree[0].dimensions: holds a claim on a dimension twice"),
    ({"claims": ["superior", "better"]}, "tree[0].claims[1]: must be one of non-inferior, superior"),
    ({"levels": "separate"}, "tree[0].weights: must be 4 shares"),
]


def test_a_graph_over_several_claims_is_read_and_written():
    plan = parse_plan(_changed(("tree",), [GRAPH]))
    assert plan.tree[0].pairs == [("non-inferior", "medication_safety"), ("superior", "medication_safety")]
    assert parse_plan(dump_plan(plan)) == plan


@pytest.mark.parametrize(("change", "message"), BAD_GRAPHS)
def test_a_bad_graph_is_refused_by_its_path(change, message):
    with pytest.raises(PlanError) as caught:
        parse_plan(_changed(("tree",), [GRAPH | change]))
    assert str(caught.value).startswith(message)


def test_a_plan_without_robustness_has_the_default_and_the_hash_of_its_own_text():
    raw = yaml.safe_load(TEXT)
    del raw["robustness"]
    text = json.dumps(raw)
    assert parse_plan(text) == parse_plan(TEXT)
    assert parse_plan(text).robustness == Robustness((), rated=False, baseline=None, unsafe_at_most=2)
    assert plan_sha256(text) == hashlib.sha256(text.encode()).hexdigest() != plan_sha256(TEXT)


def test_a_part_of_robustness_that_is_left_out_has_its_default():
    plan = parse_plan(_changed(("robustness",), {"variants": ["names"], "baseline": "other"}))
    assert plan.robustness == Robustness(("names",), baseline="other")
    assert parse_plan(dump_plan(plan)) == plan


def test_the_template_explains_every_key_and_reads_back_as_the_plan():
    plan = default_plan(["lead", "other"])
    text = plan_template(plan)
    assert parse_plan(text) == plan
    comments = [line for line in text.splitlines() if line.startswith("# ")]
    named = [*Minimums.__dataclass_fields__, *TreeStep.__dataclass_fields__, *CATALOGUE]
    named += Robustness.__dataclass_fields__
    assert all(any(line.startswith(f"# {key}:") for line in comments) for key in named)
    for key in Plan.__dataclass_fields__:
        lines = text.splitlines()
        assert lines[next(i for i, line in enumerate(lines) if line.startswith(f"{key}:")) - 1].startswith(
            "# "
        )


def test_the_template_is_the_same_text_every_time():
    assert plan_template(default_plan(["m"])) == plan_template(default_plan(["m"]))


def test_a_margin_that_cannot_be_moved_does_not_make_the_plan_invalid():
    raw = yaml.safe_load(TEXT)
    raw["margins"] = dict.fromkeys(raw["margins"], 0.1)
    assert parse_plan(json.dumps(raw)).margins["medication_safety"] == 0.1


def test_a_model_with_a_share_has_its_part_of_alpha():
    plan = parse_plan(_changed(("alpha_shares",), [0.8, 0.2]))
    assert plan.model_alpha("lead") == pytest.approx(0.02)
    assert plan.model_alpha("other") == pytest.approx(0.005)


@pytest.mark.parametrize(("path", "value", "message"), BAD)
def test_a_bad_value_is_refused_by_its_path(path, value, message):
    with pytest.raises(PlanError) as caught:
        parse_plan(_changed(path, value).replace("NaN", ".nan"))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("alpha: 0.025\n", "", 1), "alpha: is missing"),
        (TEXT + "alpha: 0.01\n", "alpha: is given twice"),
        ("a: &x 1\nb: *x\n", "plan: aliases are not allowed"),
        ("a: [", "plan: is not readable YAML"),
        ("", "plan: must be a mapping"),
        ("!!python/object:os.system {}", "plan: line 1: tags such as"),
    ],
)
def test_a_malformed_text_is_refused(text, message):
    with pytest.raises(PlanError) as caught:
        parse_plan(text)
    assert str(caught.value).startswith(message)


def test_the_hash_is_that_of_the_text():
    assert plan_sha256(TEXT) == hashlib.sha256(TEXT.encode()).hexdigest()


def test_a_file_is_read_and_an_unreadable_one_named(tmp_path):
    (tmp_path / "plan.yaml").write_text(TEXT, encoding="utf-8")
    assert load_plan(tmp_path / "plan.yaml") == parse_plan(TEXT)
    (tmp_path / "bad.yaml").write_bytes(b"\xff")
    for name in ("bad.yaml", "absent.yaml"):
        with pytest.raises(PlanError, match="cannot be read"):
            load_plan(tmp_path / name)
