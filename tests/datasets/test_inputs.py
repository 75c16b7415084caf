import pytest

from study.datasets.inputs import squeeze


def test_free_text_stands_in_one_line() -> None:
    assert squeeze(" two\r\nlines\t ") == "two lines"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\n=1+1"])
def test_no_text_runs_as_a_formula_in_a_spreadsheet(text: str) -> None:
    assert squeeze(text).startswith("'")
