"""Files and options that cannot be used get one clear line, exit status 2, and nothing is written."""

import pandas as pd
import pytest

from analysis.quick import reading
from tests.analysis.quick.conftest import study

GOOD = study()
HEADER = "vignette,responder,arm,rater,dimension,score\n"


def changed(column, row, value):
    return GOOD.assign(**{column: GOOD[column].astype(object).where(GOOD.index != row, value)})


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (GOOD.drop(columns="rater"), (), "missing column: rater"),
        (GOOD, ("--occasion", "day"), "missing column: day"),
        (changed("score", 5, "good"), (), "line 7: score 'good' is not a number"),
        (changed("score", 5, "1_0"), (), "line 7: score '1_0' is not a number"),
        (changed("score", 5, 9), (), "line 7: score 9 is outside the scale 1 to 5"),
        (changed("rater", 2, ""), (), "line 4: rater is empty"),
        (changed("vignette", 2, "NA"), (), "line 4: vignette is empty"),
        (GOOD[GOOD["arm"] == "model"], (), "one arm only (model); "),
        (GOOD[:0], (), "0 rows of ratings"),
        ("", (), "0 rows of ratings"),
        (pd.concat([GOOD, GOOD[3:4]]), (), "line 98 repeats a cell"),
        (HEADER.encode() + b"v,a,A,\xe9,d,1\n", (), "line 2 is not UTF-8 text"),
        (HEADER + "v,a,A,r,d\n", (), "line 2 has 5 fields, the header has 6"),
        (HEADER + '"v,a,A,r,d,1\n', (), "line 2 is not readable CSV"),
        (HEADER.replace("rater", "score"), (), "column 'score' is there twice"),
        (b"PAR1 but no more", (), "is not a readable Parquet file"),
        (GOOD, ("--scale", "5", "1"), "LOW must be below HIGH"),
        (GOOD, ("--margin", "7"), "--margin 7"),
        (GOOD, ("--lead", "nobody"), "--lead nobody is no arm; arms: doctors, model"),
        (GOOD, ("--lead", "model", "--reference", "model"), "name the same arm"),
        (GOOD, ("--draws", "5"), "--draws 5"),
        (GOOD, ("--paired-scores",), "needs a scale of differences around 0"),
        (study(2, tuple((f"a{i}", 1) for i in range(60)), 1), (), "name an arm with --lead or --reference"),
    ],
)
def test_a_bad_file_or_option_gets_one_line_and_writes_nothing(quick, data, options, message):
    outcome = quick(data, *options)
    assert outcome.status == 2
    assert message in outcome.err
    assert outcome.err.count("\n") == 1
    assert not outcome.folder.exists()
    assert outcome.out == ""


def test_one_arm_is_told_of_the_option_for_differences(quick):
    assert "--paired-scores" in quick(GOOD[GOOD["arm"] == "model"]).err


def test_too_many_rows_are_refused_while_they_are_read(quick, monkeypatch):
    monkeypatch.setattr(reading, "MAX_ROWS", 50)
    assert "has more than 50 rows" in quick(GOOD).err


def test_an_unreadable_path_gets_one_line(quick, tmp_path):
    assert "cannot be read (Is a directory)" in quick(tmp_path).err
    assert "cannot be read (No such file" in quick(tmp_path / "absent.csv").err


def test_a_folder_that_cannot_be_written_gets_one_line(quick, tmp_path):
    (tmp_path / "out").write_text("a file")
    outcome = quick(GOOD)
    assert (outcome.status, outcome.err.count("\n")) == (2, 1)
    assert "cannot be written" in outcome.err
