"""Content of a bank file: each rule refuses its breach with line and field."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vignettes.schema import (
    BankError,
    Problem,
    VignetteContent,
    contains_figure,
    load_bytes,
    load_directory,
    load_file,
)
from vignettes.structure import SECTIONS, content_sha256, from_canonical, to_canonical

Broken = Callable[[str, str], tuple[Problem, ...]]

REFUSALS = {
    "unknown key": ("difficulty: 1", "difficulty: 1\ncolour: blue", "colour", "unknown key"),
    "missing key": ("difficulty: 1\n", "", "difficulty", "missing"),
    "schema number": ("schema: 2", "schema: 1", "schema", "must be exactly 2"),
    "schema truth value": ("schema: 2", "schema: true", "schema", "must be exactly 2"),
    "approval": ("not clinically approved", "approved", "clinical_approval", "'not clinically approved'"),
    "language": ("en-GB", "en-US", "language", "'en-GB'"),
    "id": ("id: TEST-01", "id: test1", "id", "such as MS-01"),
    "enumeration": ("setting: ward", "setting: kitchen", "strata.setting", "not one of intensive_care"),
    "list instead of word": ("setting: ward", "setting: [ward]", "strata.setting", "a list is not one of"),
    "list expected": ("[prescribing]", "prescribing", "strata.process_steps", "expected a list"),
    "list too short": ("[prescribing]", "[]", "strata.process_steps", "0 entries, 1 to 9"),
    "repeat": ("[prescribing]", "[prescribing, prescribing]", "strata.process_steps[1]", "given twice"),
    "hazard shape": ("[duplication]", "[Renal dosing]", "strata.hazards[0]", "snake_case"),
    "number": ("difficulty: 1", 'difficulty: "1"', "difficulty", "expected a whole number"),
    "number range": ("difficulty: 1", "difficulty: 4", "difficulty", "outside 1 to 3"),
    "truth value": ("critical: true", 'critical: "true"', "key_points[0].critical", "true or false"),
    "scenario length": (
        "  A 40-year-old man weighing",
        f"  {'word ' * 250}",
        "scenario",
        "120 to 320 allowed",
    ),
    "empty text": ('"adult"', '""', "strata.population", "must not be empty"),
    "long text": ('"adult"', f'"{"a" * 201}"', "strata.population", "at most 200"),
    "curly quote": ('"adult"', '"adult\u2019s"', "strata.population", "U+2019"),
    "dash": ('"adult"', '"adult \u2013 old"', "strata.population", "U+2013"),
    "invisible character": ('"adult"', '"adult\u200b"', "strata.population", "invisible character U+200B"),
    "key point id": ("id: KP2", "id: KP1", "key_points[1].id", "must be KP2"),
    "url scheme": (
        "https://example.org/paracetamol",
        "javascript:alert(1)",
        "key_points[0].url",
        "public web address",
    ),
    "verified without url": (
        '"https://example.org/paracetamol"',
        "null",
        "key_points[0].verification",
        "needs the url",
    ),
    "half read, no note": (
        '"The limit for low body weight was not read."',
        "null",
        "key_points[1].note",
        "which half",
    ),
    "trap unexplained": (
        "trap:\n  kind: none",
        "trap:\n  kind: decline",
        "trap.explanation",
        "needs an explanation",
    ),
    "trap explained": ("explanation: null", 'explanation: "x"', "trap.explanation", "must be null"),
    "inputs": ("inputs: {creatinine_mg_dl: 1.0}", "inputs: {}", "calculations[1].inputs", "takes exactly"),
    "inputs no mapping": (
        "inputs: {creatinine_mg_dl: 1.0}",
        "inputs: 1",
        "calculations[1].inputs",
        "a mapping",
    ),
    "figure": ("stated: 100", "stated: 101", "calculations[0].stated", "101 stated, 100 computed"),
    "figure no number": ("stated: 100", 'stated: "x"', "calculations[0].stated", "expected a number"),
    "rounding": (
        "stated: 88\n    decimals: 0",
        "stated: 88.4\n    decimals: 0",
        "calculations[1].decimals",
        "not a figure",
    ),
    "quote absent": ('"(88 µmol/L)"', '"88 mmol/L"', "calculations[1].quote", "occurs nowhere"),
    "quote without figure": (
        '"(88 µmol/L)"',
        '"creatinine"',
        "calculations[1].quote",
        "does not hold the figure 88",
    ),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_breach_is_refused_with_its_field(problems_after: Broken, case: str) -> None:
    old, new, field, message = REFUSALS[case]
    problems = problems_after(old, new)
    assert any(problem.field == field and message in problem.message for problem in problems), problems


def test_a_vignette_without_a_critical_key_point_is_refused(valid_text: str, tmp_path: Path) -> None:
    path = tmp_path / "TEST-01.yaml"
    path.write_text(valid_text.replace("critical: true", "critical: false"), encoding="utf-8")
    with pytest.raises(BankError, match="at least one key point must be critical"):
        load_file(path)


def test_a_reference_answer_of_a_few_words_is_refused(valid_text: str) -> None:
    start, end = valid_text.index("reference_answer:"), valid_text.index("common_errors:")
    short = "".join(f"  {section}: short\n" for section in SECTIONS)
    text = f"{valid_text[:start]}reference_answer:\n{short}{valid_text[end:]}"
    with pytest.raises(BankError, match="reference_answer: 5 words in all sections, 80 to 300 allowed"):
        load_bytes(text.encode(), name="x")


def test_a_mapping_is_expected_at_the_top(tmp_path: Path) -> None:
    (tmp_path / "TEST-01.yaml").write_text("- a\n", encoding="utf-8")
    with pytest.raises(BankError, match=r"TEST-01\.yaml:1: file: expected keys schema, id"):
        load_file(tmp_path / "TEST-01.yaml")


def test_the_problem_names_the_line_of_the_value(problems_after: Broken, valid_text: str) -> None:
    (problem,) = problems_after("id: KP3", "id: KP9")
    assert valid_text.splitlines()[problem.line - 1].strip() == "- id: KP3"
    assert (
        str(problem) == f"TEST-01.yaml:{problem.line}: key_points[2].id: KP9 must be KP3: in order, each once"
    )


def test_all_problems_of_a_file_are_reported_together_in_line_order(problems_after: Broken) -> None:
    problems = problems_after(
        "language: en-GB\nstrata:\n  apinch: []", "language: fr\nstrata:\n  apinch: [x]"
    )
    assert [problem.field for problem in problems] == ["language", "strata.apinch[0]"]


def test_a_file_named_after_another_vignette_is_refused(valid_text: str, tmp_path: Path) -> None:
    (tmp_path / "TEST-02.yaml").write_text(valid_text, encoding="utf-8")
    with pytest.raises(BankError, match="belongs in a file named TEST-01"):
        load_directory(tmp_path)


def test_an_empty_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="holds no"):
        load_directory(tmp_path)


def test_a_directory_reports_the_problems_of_all_its_files(bank: Path) -> None:
    for path in bank.iterdir():
        path.write_text(path.read_text(encoding="utf-8").replace("schema: 2", "schema: 9"), encoding="utf-8")
    with pytest.raises(BankError) as caught:
        load_directory(bank)
    assert [problem.file for problem in caught.value.problems] == ["TEST-01.yaml", "TEST-02.yaml"]


def test_respondents_get_scenario_and_question_only(valid_content: VignetteContent) -> None:
    assert set(vars(valid_content.for_respondents)) == {"scenario", "question"}


def test_raters_get_the_card_and_nothing_hidden(valid_content: VignetteContent) -> None:
    assert set(vars(valid_content.for_raters)) == {"scenario", "question", "key_points"}
    assert set(vars(valid_content.for_raters.key_points[0])) == {"text", "critical", "source", "section"}


def test_the_hidden_part_holds_reference_answer_errors_and_trap(valid_content: VignetteContent) -> None:
    assert set(vars(valid_content.hidden)) == {"reference_answer", "common_errors", "trap"}


def test_the_canonical_form_gives_the_same_vignette_back(valid_content: VignetteContent) -> None:
    again = from_canonical(to_canonical(valid_content))
    assert again == valid_content
    assert content_sha256(again) == valid_content.sha256


def test_the_digest_ignores_layout_and_sees_every_word(
    valid_text: str, valid_content: VignetteContent
) -> None:
    spaced = valid_text.replace("\n", "  \r\n").replace("difficulty: 1", "# level\ndifficulty:   1")
    other = valid_text.replace('harm_text: "pain"', 'harm_text: "pains"')
    assert load_bytes(spaced.encode(), name="x").sha256 == valid_content.sha256
    assert load_bytes(other.encode(), name="x").sha256 != valid_content.sha256


@pytest.mark.parametrize(
    ("quote", "stated", "expected"),
    [
        ("about 43 mL/min", 43, True),
        ("about 143 mL/min", 43, False),
        ("0.43 mL/min", 43, False),
        ("1,250 mg", 1250, True),
        ("1 250 mg", 1250, True),
        ("fell by 52 %", -52, True),
        ("2.50 mL", 2.5, True),
        ("no figure", 1, False),
    ],
)
def test_a_figure_counts_only_as_a_whole_number_of_the_quote(
    quote: str, stated: float, expected: bool
) -> None:
    assert contains_figure(quote, stated) is expected
