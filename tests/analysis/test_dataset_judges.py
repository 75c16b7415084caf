"""The tables of judges are read as strictly as the others, and older datasets have none."""

import hashlib
import json

import pytest

from analysis.dataset import DatasetError, load_dataset
from analysis.plan import Robustness
from tests.analysis.instruments import VARIANTS, Judge, instrument_folder
from tests.analysis.simulate import Study

STUDY = Study(vignettes=4, residents=2, raters=3, models=("model-a",))
NEW = ("judges.csv", "judgements.csv")


@pytest.fixture
def folder(tmp_path):
    """A small study with a judge and variants that raters did not read."""
    path = tmp_path / "data"
    families = {"model-a": "fam"}
    instrument_folder(path, STUDY, [Judge("j")], Robustness(VARIANTS), families=families)
    return path


def _sign(folder, change):
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


def _edit(folder, name, old, new):
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    content = text.replace(old, new, 1).encode()
    (folder / name).write_bytes(content)
    digest = hashlib.sha256(content).hexdigest()
    _sign(folder, lambda manifest: manifest["files"].update({name: {"sha256": digest}}))


def test_judges_judgements_families_and_unrated_answers_are_read(folder):
    dataset = load_dataset(folder)
    assert dataset.judges["judge"].tolist() == ["j"]
    key = ["response", "judge", "dimension"]
    assert dataset.judgements.equals(dataset.judgements.sort_values(key, ignore_index=True))
    assert [arm.family for arm in dataset.arms] == ["unknown", "unknown", "fam"]
    variants = dataset.responses[dataset.responses["variant"] != "original"]
    assert set(variants["status"]) == {"unrated"}


def test_a_dataset_of_the_first_format_is_read_with_both_tables_empty(folder):
    for name in NEW:
        (folder / name).unlink()

    def older(manifest):
        manifest["format"] = 1
        for name in NEW:
            del manifest["files"][name]

    _sign(folder, older)
    dataset = load_dataset(folder)
    assert len(dataset.judges) == len(dataset.judgements) == 0
    assert list(dataset.judgements.columns[:4]) == ["vignette", "response", "responder", "arm"]


@pytest.mark.parametrize("name", NEW)
def test_a_dataset_of_the_second_format_must_list_both_tables(folder, name):
    _sign(folder, lambda manifest: manifest["files"].pop(name))
    with pytest.raises(DatasetError, match=f"does not list {name}"):
        load_dataset(folder)


CELLS = [
    (",scored,", ",guessed,", "'guessed' is not an allowed value"),
    (",scored,", ",refused,", "there must be a score if and only if the outcome is scored"),
    (",j,", ",k,", "judge k is not in judges.csv"),
    (",j,medical_correctness,", ",j,speed,", "'speed' is not an allowed value"),
    ("r0000,", "r9999,", "response r9999 disagrees with responses.csv"),
    (",S01,A,", ",S01,B,", "responder S01 in arm B disagrees"),
]


@pytest.mark.parametrize(("old", "new", "message"), CELLS)
def test_a_bad_judgement_is_named_with_its_file(folder, old, new, message):
    _edit(folder, "judgements.csv", old, new)
    with pytest.raises(DatasetError) as caught:
        load_dataset(folder)
    assert str(caught.value).startswith("judgements.csv")
    assert message in str(caught.value)
