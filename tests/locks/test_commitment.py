"""What is committed to when rating opens cannot be another thing when it is revealed."""

import hashlib
import json
from pathlib import Path

import pytest
from django.db import DatabaseError, transaction
from django.db.models import Model
from django.test import Client

from analysis.dataset import DatasetError, load_dataset
from study.blinding.key import CommittedItems
from study.blinding.models import ItemCommitment
from study.blinding.services import prepare_sealing, seal_study
from study.datasets.mismatch import DatasetMismatch
from study.datasets.services import verify_frozen
from study.protocol.models import AuditEvent, Signature, Study
from study.protocol.queries import published_commitment
from study.ratings.models import Allocation
from tests.blinding.world import closed_study
from tests.builders import NOW
from tests.datasets.world import lead, lock, second, unblind
from tests.locks.world import folder_of, manifest_of, rated_study
from tests.protocol.attacks import sql, unguarded
from tests.ratings.world import opened_study, sign_in

pytestmark = pytest.mark.django_db


def published(study: Study) -> str:
    found = published_commitment(study)
    assert found is not None
    return found.sha256


def test_opening_publishes_one_hash_in_the_trail() -> None:
    study = opened_study()
    event = AuditEvent.objects.get(action="ratings.open_rating")
    assert event.detail["commitment"] == Allocation.objects.get(study=study).commitment == published(study)
    assert len(published(study)) == 64


@pytest.mark.parametrize("page", ["", "protocol/", "audit/"])
def test_the_hash_stands_on_the_pages_of_investigators(client: Client, page: str) -> None:
    study = opened_study()
    client.force_login(lead())
    assert published(study) in client.get(f"/studies/trial/{page}").content.decode()


def test_no_rater_reads_a_hash_that_depends_on_arms(client: Client) -> None:
    study = opened_study()
    sign_in(client, study)
    for page in ("", "1/"):
        assert published(study) not in client.get(f"/studies/trial/rate/{page}").content.decode()


def test_what_is_hashed_names_response_vignette_variant_draw_and_arm() -> None:
    study = opened_study(vignettes=2)
    items = json.loads(CommittedItems.objects.get(study_id=study.pk).document)
    assert [set(each) for each in items] == [{"response", "vignette", "variant", "arm", "draw", "wave"}] * 8
    assert {each["arm"] for each in items} == {"pgy1", "pgy2", "model-1", "model-2"}


def test_a_real_study_draws_its_salt_and_a_simulated_one_repeats_it() -> None:
    salts = [
        CommittedItems.objects.get(study_id=sealed(slug, simulated=simulated).pk).salt
        for slug, simulated in (("one", False), ("two", False), ("three", True))
    ]
    assert len({*salts}) == 3
    assert {len(bytes.fromhex(salt)) for salt in salts} == {32}
    assert salts[2] == hashlib.sha256(b"commitment of a simulation\nthree\n7").hexdigest()


def sealed(slug: str, *, simulated: bool) -> Study:
    study = closed_study(vignettes=1, slug=slug, simulated=simulated)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    seal_study(study_id=study.pk, person=lead(), now=NOW)
    return study


def test_the_reveal_is_in_no_file_before_two_have_signed_the_unblinding() -> None:
    study = rated_study()
    lock(study)
    unblind(study, lead())
    assert not (folder_of(study) / "allocation.json").exists()
    salt = CommittedItems.objects.get(study_id=study.pk).salt.encode()
    assert not [path.name for path in folder_of(study).iterdir() if salt in path.read_bytes()]


def test_the_manifest_of_the_lock_carries_the_hash_and_that_of_the_reveal() -> None:
    study = rated_study()
    lock(study)
    manifest = manifest_of(study)
    assert manifest["allocation_commitment"]["sha256"] == published(study)
    unblind(study)
    revealed = (folder_of(study) / "allocation.json").read_bytes()
    assert hashlib.sha256(revealed).hexdigest() == manifest["allocation_file_sha256"]


def test_the_reveal_gives_the_hash_that_was_published_by_sha256_alone() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    revealed = json.loads((folder_of(study) / "allocation.json").read_text())
    items, queues = (
        json.dumps(revealed[name], sort_keys=True, separators=(",", ":")).encode()
        for name in ("items", "queues")
    )
    digest = hashlib.sha256(bytes.fromhex(revealed["salt"]) + items).digest()
    assert hashlib.sha256(digest + queues).hexdigest() == published(study)


def test_the_analysis_accepts_a_true_reveal() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    assert load_dataset(folder_of(study)).unblinded


def changed_reveal(folder: Path, old: str, new: str, *, everywhere: bool) -> None:
    """Change allocation.json and, as its forger would, its hash in the manifest."""
    path, manifest = folder / "allocation.json", folder / "manifest.json"
    before = path.read_bytes()
    path.write_text(path.read_text().replace(old, new, 1))
    if everywhere:
        hashes = [hashlib.sha256(each).hexdigest() for each in (before, path.read_bytes())]
        manifest.write_text(manifest.read_text().replace(*hashes))


@pytest.mark.parametrize(
    ("everywhere", "complaint"),
    [(False, "allocation.json: SHA-256 differs"), (True, "does not give the hash that was published")],
)
def test_the_analysis_refuses_a_changed_reveal(everywhere: bool, complaint: str) -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    changed_reveal(folder_of(study), '"arm":"pgy1"', '"arm":"model-1"', everywhere=everywhere)
    with pytest.raises(DatasetError, match=complaint):
        load_dataset(folder_of(study))


def test_the_analysis_refuses_arms_that_were_exchanged_after_the_commitment() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    arms, manifest = folder_of(study) / "arms.json", folder_of(study) / "manifest.json"
    before = hashlib.sha256(arms.read_bytes()).hexdigest()
    text = arms.read_text().replace('"name": "model-1"', '"name": "x"')
    arms.write_text(text.replace('"name": "model-2"', '"name": "model-1"').replace('"x"', '"model-2"'))
    after = hashlib.sha256(arms.read_bytes()).hexdigest()
    manifest.write_text(manifest.read_text().replace(before, after))
    with pytest.raises(DatasetError, match=r"tells another vignette, arm, variant or draw of [A-Z2-7]{26}"):
        load_dataset(folder_of(study))


def test_the_analysis_refuses_a_dataset_without_its_reveal() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    (folder_of(study) / "allocation.json").unlink()
    with pytest.raises(DatasetError, match="cannot be read, although"):
        load_dataset(folder_of(study))
    verify_frozen(study)
    assert load_dataset(folder_of(study)).unblinded


def test_a_response_that_changed_its_author_stops_the_lock_by_name() -> None:
    study = rated_study()
    keys = sql("SELECT item_id, response_id FROM study_sealkey k ORDER BY item_id")
    names = dict(sql("SELECT id, public_id FROM study_blindeditem"))
    one, other = same_vignette(keys)
    with unguarded("study_sealkey"):
        sql("UPDATE study_sealkey SET response_id = -1 WHERE item_id = %s", one[0])
        sql("UPDATE study_sealkey SET response_id = %s WHERE item_id = %s", one[1], other[0])
        sql("UPDATE study_sealkey SET response_id = %s WHERE item_id = %s", other[1], one[0])
    with pytest.raises(DatasetMismatch, match="committed to") as refused:
        lock(study, lead())
    assert refused.value.details == sorted([names[one[0]], names[other[0]]])
    assert not Signature.objects.filter(meaning="data_lock").exists()


def same_vignette(keys: list[tuple[int, int]]) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return two keys whose responses answer one vignette."""
    vignette_of = dict(sql("SELECT id, study_vignette_id FROM study_response"))
    first = keys[0]
    return first, next(key for key in keys[1:] if vignette_of[key[1]] == vignette_of[first[1]])


def test_a_queue_that_was_changed_stops_the_lock() -> None:
    study = rated_study()
    with unguarded("study_assignment"):
        sql("UPDATE study_assignment SET guess_asked = NOT guess_asked WHERE position = 1")
    with pytest.raises(DatasetMismatch, match="queues are not those"):
        lock(study, second())


@pytest.mark.parametrize("model", [CommittedItems, ItemCommitment, Allocation])
def test_a_commitment_cannot_be_deleted(model: type[Model]) -> None:
    study = opened_study()
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        model._default_manager.filter(study_id=study.pk).delete()
