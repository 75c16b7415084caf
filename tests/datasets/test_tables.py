import pytest

from analysis.schema import GUESSES_TABLE, RATERS, RESPONDERS
from study.datasets.inputs import Row
from study.datasets.tables import RowError, checked

MARK: Row = {"watermark": ""}
RATER: Row = {"rater": "R01", "profession": "physician", "years_in_practice": 4, "watermark": ""}
GUESS: Row = {
    "vignette": "MS-01",
    "response": "X",
    "responder": "S01",
    "arm": "A",
    "rater": "R01",
    "watermark": "",
    "copy": 0,
    "guess": "model",
    "certainty": None,
    "reason": "",
}


def test_rows_are_sorted_by_key_and_columns_stand_in_order() -> None:
    rows = checked(
        RESPONDERS, [{"arm": "A", "responder": "S02", **MARK}, {"arm": "B", "responder": "S01", **MARK}]
    )
    assert [list(row.items()) for row in rows] == [
        [("responder", "S01"), ("arm", "B"), ("watermark", "")],
        [("responder", "S02"), ("arm", "A"), ("watermark", "")],
    ]


def test_a_key_that_stands_twice_is_refused() -> None:
    with pytest.raises(RowError, match="stands twice"):
        checked(RATERS, [RATER, RATER])


@pytest.mark.parametrize(
    "change",
    [{"profession": ""}, {"profession": None}, {"years_in_practice": -1}, {"years_in_practice": "4"}],
)
def test_a_cell_that_the_definition_does_not_allow_is_refused(change: Row) -> None:
    with pytest.raises(RowError, match="cannot be"):
        checked(RATERS, [{**RATER, **change}])


@pytest.mark.parametrize("change", [{"guess": "robot"}, {"copy": 2}, {"certainty": 4}, {"copy": 0.5}])
def test_a_value_outside_its_list_or_range_is_refused(change: Row) -> None:
    with pytest.raises(RowError, match="cannot be"):
        checked(GUESSES_TABLE, [{**GUESS, **change}])


def test_an_optional_cell_may_be_empty() -> None:
    assert checked(RATERS, [{**RATER, "years_in_practice": None}])
    assert checked(GUESSES_TABLE, [GUESS])


def test_a_missing_or_an_extra_column_is_refused() -> None:
    with pytest.raises(RowError, match="columns"):
        checked(RESPONDERS, [{"responder": "S01"}])
    with pytest.raises(RowError, match="columns"):
        checked(RESPONDERS, [{"responder": "S01", "arm": "A", "name": "x", **MARK}])
