"""The texts of the responses leave the application together with the names of the arms."""

import json
from pathlib import Path

import pytest

from analysis.dataset import load_dataset
from study.blinding.models import BlindedItem
from study.datasets.documents import sha256_of
from study.datasets.models import FrozenDataset
from study.datasets.style import whole_text
from study.datasets.verification import dataset_folder
from study.protocol.models import Study
from tests.datasets.world import lock, rated_study, unblind

pytestmark = pytest.mark.django_db


def _folder(study: Study) -> Path:
    return dataset_folder(FrozenDataset.objects.get(study=study))


def test_no_file_of_a_blinded_dataset_holds_a_text() -> None:
    study = rated_study()
    lock(study)
    contents = [path.read_bytes() for path in _folder(study).iterdir()]
    assert contents
    assert not any(b"Resident answer" in content or b"First point" in content for content in contents)
    assert not load_dataset(_folder(study)).texts


def test_the_unblinding_releases_both_texts_of_every_sealed_response() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    texts = load_dataset(_folder(study)).texts
    items = dict(BlindedItem.objects.filter(study=study).values_list("public_id", "sections"))
    assert {name: each.sealed for name, each in texts.items()} == {
        name: whole_text(sections) for name, sections in items.items()
    }
    assert any(each.written.startswith("Resident answer 0.") for each in texts.values())


def test_the_texts_are_fixed_by_the_hash_that_the_data_lock_signed() -> None:
    study = rated_study()
    lock(study)
    dataset = FrozenDataset.objects.get(study=study)
    assert len(json.loads(dataset.texts)["sealed"]) == BlindedItem.objects.filter(study=study).count()
    assert dataset.manifest["texts_file_sha256"] == sha256_of(dataset.texts)


def test_the_names_of_the_arms_can_be_passed_on_without_the_texts() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    (_folder(study) / "texts.json").unlink()
    dataset = load_dataset(_folder(study))
    assert dataset.unblinded
    assert not dataset.texts
