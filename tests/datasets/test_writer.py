import io
import stat
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from analysis.schema import RATERS
from study.datasets import writer
from study.datasets.inputs import Row

ROWS: list[Row] = [
    {"rater": "R01", "profession": 'a "quoted", word', "years_in_practice": None, "watermark": ""},
    {"rater": "R02", "profession": "naïve", "years_in_practice": 12, "watermark": ""},
]


def test_csv_is_utf_8_with_line_feeds_and_empty_cells_for_nothing() -> None:
    content = writer.csv_bytes(RATERS.column_names, ROWS)
    assert content.decode() == (
        'rater,profession,years_in_practice,watermark\nR01,"a ""quoted"", word",,\nR02,naïve,12,\n'
    )


def test_parquet_holds_the_same_rows_with_types_and_the_watermark() -> None:
    table = pq.read_table(io.BytesIO(writer.parquet_bytes(RATERS, ROWS, "simulated data")))
    assert table.to_pylist() == ROWS
    assert str(table.schema.field("years_in_practice").type) == "int64"
    assert table.schema.metadata[b"watermark"] == b"simulated data"


def test_the_dictionary_of_a_simulated_study_says_so_in_every_row() -> None:
    rows = writer.dictionary_bytes("simulated data").decode().splitlines()[1:]
    assert rows and all("simulated data" in row for row in rows)
    assert "(simulated data)" not in writer.dictionary_bytes("").decode()


def test_the_exports_directory_and_a_dataset_are_for_this_account_only(tmp_path: Path) -> None:
    exports = tmp_path / "exports"
    draft = writer.draft_folder(exports, "trial")
    for folder in (exports, draft):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_a_file_that_exists_is_never_overwritten_in_a_draft(tmp_path: Path) -> None:
    writer.write_files(tmp_path, {"a.csv": b"1"})
    with pytest.raises(FileExistsError):
        writer.write_files(tmp_path, {"a.csv": b"2"})


def test_replacing_a_file_leaves_no_draft_behind(tmp_path: Path) -> None:
    for content in (b"1", b"2"):
        writer.replace_file(tmp_path, "results.json", content)
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]
    assert (tmp_path / "results.json").read_bytes() == b"2"
