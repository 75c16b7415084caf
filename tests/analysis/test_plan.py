"""The plan is read strictly, written canonically and hashed as text."""

import hashlib
import json

import pytest
import yaml

from analysis.plan import PlanError, default_plan, dump_plan, load_plan, parse_plan, plan_sha256

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
    (("margins", "medication_safety"), float("nan"), "margins.medication_safety: must be > 0"),
    (("margins", "medication_safety"), 4, "margins.medication_safety: must be < 4"),
    (("margins", "medication_safety"), True, "margins.medication_safety: must be a number"),
    (("margins", "speed"), 1, "margins.speed: is not a known key"),
    (("margins",), [1], "margins: must be a mapping with the keys medical_correctness"),
    (("margin_justifications", "medication_safety"), " ", "must be a text that is not empty"),
    (("version",), 2, "version: must be 1"),
    (("version",), True, "version: must be 1"),
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
]


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
        ("!!python/object:os.system {}", "plan: is not readable YAML"),
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
