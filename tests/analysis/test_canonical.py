"""Results become the same bytes every time."""

from dataclasses import dataclass

import pytest

from analysis.canonical import p_text, plain, to_csv, to_json


@dataclass(frozen=True)
class _Pair:
    low: float
    high: float | None


def test_numbers_have_nine_significant_digits_and_no_negative_zero():
    assert plain({"a": 1 / 3, "b": -0.0, "c": 123456789012.0}) == {
        "a": 0.333333333,
        "b": 0.0,
        "c": 123456789000.0,
    }
    assert to_json(-0.0) == "0.0\n"


def test_dataclasses_tuples_and_flags_become_plain_types():
    assert plain({"x": (_Pair(1.0, None), True, 2, "t", None)}) == {
        "x": [{"low": 1.0, "high": None}, True, 2, "t", None]
    }


def test_keys_are_sorted_and_text_stays_readable():
    assert to_json({"b": "é", "a": []}) == '{\n  "a": [],\n  "b": "é"\n}\n'


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_that_is_not_finite_is_refused(value):
    with pytest.raises(ValueError, match="not finite"):
        plain({"x": [value]})


def test_an_unknown_type_is_refused():
    with pytest.raises(TypeError, match="set has no JSON form"):
        plain({"x": set()})


@pytest.mark.parametrize(
    ("p", "text"),
    [(None, "not estimable"), (1e-17, "<1e-16"), (0.0, "<1e-16"), (0.04567, "0.0457"), (1.0, "1")],
)
def test_p_values_are_never_printed_as_zero(p, text):
    assert p_text(p) == text


def test_csv_leaves_missing_cells_empty_and_ends_lines_with_lf():
    rows = [{"a": 1 / 3, "b": None, "c": True, "d": "x,y"}, {"c": False}]
    assert to_csv(rows, ["a", "b", "c", "d"]) == 'a,b,c,d\n0.333333333,,1,"x,y"\n,,0,\n'
