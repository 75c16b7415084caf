"""Form of a bank file: what plain YAML would let pass is refused with line, field and remedy."""

from collections.abc import Callable
from pathlib import Path

import pytest

from vignettes.schema import BankError, Problem, load_bytes, load_file
from vignettes.strict_yaml import MAX_BYTES, parse

Broken = Callable[[str, str], tuple[Problem, ...]]


def test_the_valid_file_has_no_problem(problems_after: Broken) -> None:
    assert problems_after("schema: 2", "schema: 2") == ()


@pytest.mark.parametrize("word", ["no", "yes", "on", "off", "No", "YES", "y", "n", "True"])
def test_a_word_that_yaml_reads_as_truth_value_is_refused_with_the_remedy(
    problems_after: Broken, word: str
) -> None:
    (problem,) = problems_after('population: "adult"', f"population: {word}")
    assert (problem.line, problem.field) == (11, "strata.population")
    assert f'quote it: "{word}"' in problem.message


@pytest.mark.parametrize(
    "number", ["012", "0x1F", "1:30", "12:30:45", "1_000", "1e3", "007.5", "089", "0o17", "1:1000"]
)
def test_a_number_that_readers_disagree_on_is_refused_with_the_remedy(
    problems_after: Broken, number: str
) -> None:
    problems = problems_after('population: "adult"', f"population: {number}")
    assert f'quote it: "{number}"' in problems[0].message
    assert problems[0].line == 11


@pytest.mark.parametrize("date", ["2024-01-02", "2024-1-2", "2024-01-02 10:00:00"])
def test_a_date_is_refused_with_the_remedy(problems_after: Broken, date: str) -> None:
    (problem,) = problems_after('population: "adult"', f"population: {date}")
    assert "read as a date" in problem.message


@pytest.mark.parametrize("word", [".inf", ".nan", "+5", ".5", "=", "+12", "5."])
def test_any_other_plain_value_that_is_not_text_is_refused(problems_after: Broken, word: str) -> None:
    (problem,) = problems_after('population: "adult"', f"population: {word}")
    assert "quote it" in problem.message


def test_quoted_surprises_are_plain_text() -> None:
    node = parse('["no", "012", "1:30", "2024-01-02", "~", ""]', name="x")
    assert node.plain() == ["no", "012", "1:30", "2024-01-02", "~", ""]


def test_whole_and_decimal_numbers_truth_values_and_null_keep_their_type() -> None:
    assert parse("[0, -3, 1.50, true, false, null]", name="x").plain() == [0, -3, 1.5, True, False, None]


@pytest.mark.parametrize("word", ["", "~", "Null"])
def test_a_value_left_out_is_refused(problems_after: Broken, word: str) -> None:
    problems = problems_after("    note: null", f"    note: {word}")
    assert "write null" in problems[0].message


def test_a_number_where_text_is_expected_names_the_remedy(problems_after: Broken) -> None:
    (problem,) = problems_after('population: "adult"', "population: 82")
    assert problem.message == 'expected text, got 82; quote it: "82"'


def test_a_key_given_twice_is_refused_with_its_first_line(problems_after: Broken) -> None:
    (problem,) = problems_after("difficulty: 1", "difficulty: 1\ndifficulty: 2")
    assert (problem.line, problem.field, problem.message) == (
        13,
        "difficulty",
        "key given twice, first on line 12",
    )


def test_an_anchor_and_its_alias_are_refused(problems_after: Broken) -> None:
    anchor, alias = problems_after(
        "[prescribing]\n  hazards: [duplication]", "&a [prescribing]\n  hazards: *a"
    )
    assert "anchor &a refused" in anchor.message
    assert "alias *a refused" in alias.message


def test_a_tag_is_refused(problems_after: Broken) -> None:
    (problem,) = problems_after("difficulty: 1", "difficulty: !!int 1")
    assert "tag tag:yaml.org,2002:int refused" in problem.message


def test_a_tag_that_names_python_code_is_refused_and_never_run(problems_after: Broken) -> None:
    (problem,) = problems_after("difficulty: 1", "difficulty: !!python/name:os.system 1")
    assert "refused" in problem.message


def test_a_merge_key_is_refused(problems_after: Broken) -> None:
    problems = problems_after("trap:\n", "trap:\n  <<: {kind: none}\n")
    assert "merge key '<<' refused" in problems[0].message


def test_a_second_document_is_refused(problems_after: Broken) -> None:
    (problem,) = problems_after("None known.\ncalculations:", "None known.\n---\ncalculations:")
    assert "one document per file" in problem.message


def test_a_directive_is_refused(valid_text: str) -> None:
    with pytest.raises(BankError, match="directives"):
        load_bytes(f"%YAML 1.1\n---\n{valid_text}".encode(), name="x")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(BankError, match="x:1: file: empty"):
        load_bytes(b"", name="x")


def test_a_file_over_one_mebibyte_is_refused(tmp_path: Path, valid_text: str) -> None:
    path = tmp_path / "TEST-01.yaml"
    path.write_bytes(valid_text.encode() + b"#" * MAX_BYTES)
    with pytest.raises(BankError, match="larger than 1 MiB"):
        load_file(path)


def test_a_file_that_is_not_utf8_is_refused_with_its_line(valid_text: str) -> None:
    with pytest.raises(BankError, match="x:15: file: not UTF-8"):
        load_bytes(valid_text.encode("latin-1"), name="x")


def test_a_byte_order_mark_is_refused(valid_text: str) -> None:
    with pytest.raises(BankError, match="byte order mark"):
        load_bytes(valid_text.encode("utf-8-sig"), name="x")


def test_a_file_that_cannot_be_read_is_a_bank_error(tmp_path: Path) -> None:
    with pytest.raises(BankError, match="No such file"):
        load_file(tmp_path / "TEST-01.yaml")


def test_broken_yaml_is_refused_with_its_line(problems_after: Broken) -> None:
    (problem,) = problems_after('population: "adult"', "population: adult: yes")
    assert problem.line == 11
    assert "not valid YAML" in problem.message


def test_a_control_character_is_refused(problems_after: Broken) -> None:
    (problem,) = problems_after("adult", "adu\x07lt")
    assert "not valid YAML" in problem.message


def test_text_cut_by_a_comment_sign_is_refused(problems_after: Broken) -> None:
    (problem,) = problems_after('population: "adult"', "population: adult in bed #3")
    assert "quote the whole text" in problem.message


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(BankError, match="nested deeper than 8 levels"):
        parse("[" * 500 + "]" * 500, name="x")


def test_a_key_that_is_no_text_is_refused(problems_after: Broken) -> None:
    problems = problems_after("difficulty: 1", "difficulty: 1\n12: 3")
    assert "a key must be text" in problems[0].message
