"""What a signature is: asked for anew each time, tied to one text and one person, readable by everybody."""

import json

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from study.datasets.models import FrozenDataset
from study.datasets.verification import dataset_folder
from study.protocol.models import Signature, Study
from study.protocol.queries import locked_plan
from tests.builders import PASSWORD
from tests.datasets.world import lead, lock, rated_study, second, unblind

pytestmark = pytest.mark.django_db
OWN_PASSWORD = "another long password"


@pytest.fixture
def study() -> Study:
    return rated_study(vignettes=1)


def signed(study: Study) -> list[tuple[str, str]]:
    """Return who signed what, from the first to the last."""
    return list(study.signatures.order_by("id").values_list("person__name", "meaning"))


@pytest.mark.parametrize(
    "change", [{"subject_sha256": "0" * 64}, {"statement": "Something else."}, {"meaning": "unblinding"}]
)
def test_a_signature_cannot_be_moved_to_another_text_reworded_or_taken_back(
    study: Study, change: dict[str, str]
) -> None:
    found = Signature.objects.filter(pk=study.signatures.get().pk)
    for act in (lambda: found.update(**change), lambda: found.update(person=second()), found.delete):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            act()
    assert signed(study) == [("lead", "plan_lock")]


def test_a_signature_names_the_hash_of_the_text_that_was_signed(study: Study) -> None:
    lock(study)
    unblind(study)
    plan, dataset = locked_plan(study), FrozenDataset.objects.get(study=study)
    assert plan is not None
    hashes = set(study.signatures.values_list("meaning", "subject_sha256"))
    assert hashes == {
        ("plan_lock", plan.sha256),
        ("data_lock", dataset.data_sha256),
        ("unblinding", dataset.manifest_sha256),
    }


def test_a_signature_is_printed_with_name_date_time_and_meaning(study: Study) -> None:
    lock(study)
    manifest = (dataset_folder(FrozenDataset.objects.get(study=study)) / "manifest.json").read_text()
    printed = json.loads(manifest)["data_lock"]["signatures"]
    assert [each["signed_by"] for each in printed] == ["lead", "second"]
    assert {each["signed_at"] for each in printed} == {"2026-03-02T09:00:00+00:00"}
    assert all("I lock them" in each["statement"] for each in printed)


def test_each_signing_of_one_session_asks_for_the_password_again(study: Study, client: Client) -> None:
    lock(study, second())
    client.force_login(lead())
    assert client.post(reverse("dataset-lock", args=[study.slug]), {"password": PASSWORD}).status_code == 302
    unblinding = reverse("dataset-unblind", args=[study.slug])
    assert client.post(unblinding, {"password": ""}).status_code == 422
    assert ("lead", "unblinding") not in signed(study)


def test_the_password_of_somebody_else_signs_nothing(study: Study, client: Client) -> None:
    other = second()
    other.set_password(OWN_PASSWORD)
    other.save()
    client.force_login(lead())
    page = reverse("dataset-lock", args=[study.slug])
    assert client.post(page, {"password": OWN_PASSWORD}).status_code == 422
    assert signed(study) == [("lead", "plan_lock")]
