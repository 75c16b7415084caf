"""Locks need two different people, each with the meaning stated: the database says so, too."""

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from study.datasets.models import FrozenDataset
from study.protocol.models import Signature, Study
from study.protocol.vocabulary import Meaning, Phase
from tests.builders import NOW
from tests.datasets.world import lead, lock, rated_study, second, unblind
from tests.ratings.world import sealed_study

pytestmark = pytest.mark.django_db


def frozen(study: Study, data: str) -> FrozenDataset:
    return FrozenDataset.objects.create(
        study=study,
        folder=study.slug,
        manifest={},
        manifest_sha256="0" * 64,
        data_sha256=data,
        arms="{}",
        arms_sha256="0" * 64,
        pseudonyms={},
        frozen_at=NOW,
    )


def test_the_database_freezes_no_data_that_one_person_signed() -> None:
    study = rated_study()
    lock(study, lead())
    data = Signature.objects.get(meaning=Meaning.DATA_LOCK).subject_sha256
    with pytest.raises(DatabaseError, match="two different people"), transaction.atomic():
        frozen(study, data)


def test_two_signatures_under_other_data_freeze_nothing() -> None:
    study = rated_study()
    for signer, data in ((lead(), "1" * 64), (second(), "2" * 64)):
        signed(study, signer, data)
    with pytest.raises(DatabaseError, match="two different people"), transaction.atomic():
        frozen(study, "1" * 64)


def signed(study: Study, signer: object, data: str, statement: str = "I lock the data.") -> Signature:
    return Signature.objects.create(
        study=study,
        person=signer,
        meaning=Meaning.DATA_LOCK,
        statement=statement,
        subject_sha256=data,
        signed_at=NOW,
    )


def test_the_database_takes_one_signature_per_person_and_matter() -> None:
    study = rated_study()
    signed(study, lead(), "1" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        signed(study, lead(), "1" * 64)


def test_the_database_releases_no_names_that_one_person_signed() -> None:
    study = rated_study()
    lock(study)
    unblind(study, lead())
    with pytest.raises(DatabaseError, match="two different people"), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(phase=Phase.UNBLINDED)


def test_a_signature_without_its_meaning_is_refused_by_the_database() -> None:
    study = rated_study()
    with pytest.raises(DatabaseError, match="states what it means"), transaction.atomic():
        signed(study, lead(), "1" * 64, statement="  ")


def test_every_signature_states_what_it_means() -> None:
    study = rated_study()
    lock(study)
    unblind(study)
    statements = set(Signature.objects.values_list("meaning", "statement"))
    assert {meaning for meaning, _ in statements} == {"plan_lock", "data_lock", "unblinding"}
    assert all(statement.startswith(("I ", "The data are locked")) for _, statement in statements)


def test_the_plan_lock_names_the_version_and_the_hash_of_the_plan() -> None:
    study = sealed_study()
    signature = Signature.objects.get(study=study, meaning=Meaning.PLAN_LOCK)
    plan = study.plans.get(sha256=signature.subject_sha256)
    assert f"version {plan.version}" in signature.statement
