"""A dataset folder is read only if it is whole, unchanged and of the defined form."""

import hashlib
import json

import numpy as np
import pytest

from analysis.dataset import DatasetError, load_dataset
from tests.analysis.simulate import Study, simulate_study, write_dataset

SMALL = Study(vignettes=4, residents=2, raters=3, models=("model-a",))


@pytest.fixture
def folder(tmp_path):
    write_dataset(tmp_path / "data", simulate_study(np.random.default_rng(1), SMALL), SMALL)
    return tmp_path / "data"


def _sign(folder, name):
    manifest = json.loads((folder / "manifest.json").read_text())
    content = (folder / name).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    if name == "arms.json":
        manifest["arms_sha256"] = digest
    else:
        manifest["files"][name] = {"sha256": digest}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _edit(folder, name, old, new, count=1):
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")
    _sign(folder, name)


def _manifest(folder, **changes):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))


def test_a_whole_dataset_is_read_sorted_and_unblinded(folder):
    dataset = load_dataset(folder)
    key = ["vignette", "response", "rater", "copy", "dimension"]
    assert dataset.ratings.equals(dataset.ratings.sort_values(key, ignore_index=True))
    assert [arm.title for arm in dataset.arms] == ["PGY1 residents", "PGY2 residents", "Model-A"]
    assert dataset.unblinded


def test_without_arms_the_dataset_is_read_on_codes(folder):
    (folder / "arms.json").unlink()
    dataset = load_dataset(folder)
    assert not dataset.unblinded
    assert [arm.title for arm in dataset.arms] == ["arm A", "arm B", "arm C"]


def test_a_changed_file_is_refused(folder):
    path = folder / "ratings.csv"
    path.write_bytes(path.read_bytes().replace(b"MS-01", b"MS-02", 1))
    with pytest.raises(DatasetError, match=r"ratings\.csv: SHA-256 differs from the manifest"):
        load_dataset(folder)


def test_a_changed_arms_file_is_refused(folder):
    path = folder / "arms.json"
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(DatasetError, match=r"arms\.json: SHA-256 differs"):
        load_dataset(folder)


CELLS = [
    ("ratings.csv", "vignette,response", "case,response", "the columns must be vignette"),
    ("ratings.csv", ",1,original,", ",0,original,", "'0' is out of range"),
    ("ratings.csv", ",1,original,", ",x,original,", "'x' is no integer"),
    ("ratings.csv", ",1,original,", ",1.5,original,", "'1.5' is no integer"),
    ("ratings.csv", "medical_correctness", "speed", "'speed' is not an allowed value"),
    ("ratings.csv", ",R01,", ",,", "rater: row 2 is empty"),
    ("ratings.csv", ",R01,", ",R99,", "rater R99 is not in raters.csv"),
    ("ratings.csv", ",S01,A,", ",S01,B,", "responder S01 in arm B disagrees"),
    ("ratings.csv", "r0000,", "r9999,", "response r9999 disagrees with responses.csv"),
    ("ratings.csv", "r0000,S01,A,R02,medical", "r0000,S01,A,R01,medical", "stands twice"),
    ("harms.csv", "omission,2,0", "omission;haste,2,0", "'haste' is not an allowed value"),
    ("harms.csv", ",0,1,omission", ",2,1,omission", "'2' is out of range"),
    ("responses.csv", "r0001", "r0000", "response r0000 stands twice"),
    ("raters.csv", ",10", ",ten", "'ten' is no integer"),
]


@pytest.mark.parametrize(("name", "old", "new", "message"), CELLS)
def test_a_bad_cell_is_named_with_its_file(folder, name, old, new, message):
    _edit(folder, name, old, new)
    with pytest.raises(DatasetError) as caught:
        load_dataset(folder)
    assert str(caught.value).startswith(name)
    assert message in str(caught.value)


def test_optional_cells_may_be_empty(folder):
    _edit(folder, "raters.csv", ",10", ",")
    _edit(folder, "harms.csv", "omission,2,0", ",,0")
    dataset = load_dataset(folder)
    assert dataset.raters["years_in_practice"].isna().sum() == 1
    assert (dataset.harms["error_tags"] == "").sum() == 1


def test_text_that_is_no_csv_is_refused(folder):
    (folder / "raters.csv").write_bytes(b"\xff\xfe")
    _sign(folder, "raters.csv")
    with pytest.raises(DatasetError, match=r"raters\.csv: is not readable CSV"):
        load_dataset(folder)


def test_a_row_count_other_than_the_manifest_is_refused(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["raters.csv"]["rows"] = 9
    _manifest(folder, **manifest)
    with pytest.raises(DatasetError, match="has 3 rows, the manifest says 9"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 3}, "format must be 2 or 1"),
        ({"files": None}, "files is missing"),
        ({"plan_sha256": None}, "plan_sha256 is missing"),
        ({"files": {}}, "does not list ratings.csv"),
        ({"files": {"../x": {}}}, "no plain file entry"),
        ({"files": {"absent.csv": {"sha256": ""}}}, "absent.csv: cannot be read"),
    ],
)
def test_a_bad_manifest_is_refused(folder, changes, message):
    _manifest(folder, **changes)
    with pytest.raises(DatasetError, match=message):
        load_dataset(folder)


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff"])
def test_a_manifest_that_is_no_json_object_is_refused(folder, content):
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(DatasetError, match=r"manifest\.json"):
        load_dataset(folder)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('"kind": "model"', '"kind": "robot"', "needs a name and a kind"),
        ('"level": null', '"level": "PGY1"', "needs a level if and only if"),
        ('"level": "PGY2"', '"level": "PGY9"', "needs a level if and only if"),
        ('"name": "pgy2"', '"name": "pgy1"', "two arms have the same name"),
        ('"C": ', '"D": ', "must name every arm code"),
    ],
)
def test_a_bad_arms_file_is_refused(folder, old, new, message):
    _edit(folder, "arms.json", old, new)
    with pytest.raises(DatasetError, match=message):
        load_dataset(folder)


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError, match="absent: is not a folder"):
        load_dataset(tmp_path / "absent")
