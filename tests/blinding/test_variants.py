"""Answers to variants are sealed like all others; the plan decides whether raters get them."""

from collections.abc import Iterable

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from study.blinding.key import SealKey
from study.blinding.models import BlindedItem
from study.blinding.services import prepare_sealing, seal_study
from study.protocol.models import Study
from study.responses.models import Response
from tests.blinding.world import closed_study, lead
from tests.builders import NOW, VARIANTS, plan_variants

pytestmark = pytest.mark.django_db


def seal(study: Study) -> list[BlindedItem]:
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    seal_study(study_id=study.pk, person=lead(), now=NOW)
    return list(BlindedItem.objects.filter(study=study).select_related("study_vignette").order_by("pk"))


def waves_of(items: Iterable[BlindedItem], variant: str) -> dict[str, set[int]]:
    """Return vignette -> the waves in which this variant is rated."""
    found: dict[str, set[int]] = {}
    for item in items:
        if item.variant == variant:
            found.setdefault(item.study_vignette.code, set()).add(item.wave)
    return found


def test_every_answer_to_a_variant_becomes_an_item_of_that_variant() -> None:
    items = seal(closed_study(variants=VARIANTS))
    for item in items:
        response = Response.objects.get(pk=SealKey.objects.get(item_id=item.pk).response_id)
        assert item.variant == response.variant
        assert item.sections["assessment"] == response.sections["assessment"]
    assert sorted(item.variant for item in items) == ["original"] * 12 + ["pressed"] * 6 + ["retold"] * 6


def test_unrated_variants_get_wave_0_and_leave_ids_and_waves_of_the_originals_alone() -> None:
    point = transaction.savepoint()
    plain = [(item.public_id, item.wave) for item in seal(closed_study())]
    transaction.savepoint_rollback(point)
    varied = seal(closed_study(variants=VARIANTS))
    assert [(item.public_id, item.wave) for item in varied if item.variant == "original"] == plain
    assert {item.wave for item in varied if item.variant != "original"} == {0}


def test_each_rated_variant_has_one_wave_per_vignette_that_tells_neither_variant_nor_original() -> None:
    items = seal(closed_study(vignettes=6, variants=VARIANTS, rated=True))
    found = {name: waves_of(items, name) for name in ("original", "retold", "pressed")}
    for code in found["original"]:
        assert sorted(list(found[name][code]) for name in found) == [[1], [2], [3]]
    assert all(len(set(map(frozenset, waves.values()))) > 1 for waves in found.values())


def test_what_the_plan_says_at_sealing_counts() -> None:
    study = closed_study(variants=VARIANTS)
    plan_variants(study, "retold", "pressed", rated=True)
    assert {item.wave for item in seal(study)} == {1, 2, 3}


def test_the_sealing_page_tells_what_becomes_of_the_variants_and_how_many_raters_that_needs(
    client: Client,
) -> None:
    study = closed_study(variants=VARIANTS)
    client.force_login(lead())
    page = client.get(reverse("seal", args=[study.slug])).content.decode()
    assert "Answers to variants: 12. As the plan stands, only judges read them" in page
    assert "Rating will need 4 raters; 4 agreed so far." in page
    plan_variants(study, "retold", "pressed", rated=True)
    page = client.get(reverse("seal", args=[study.slug])).content.decode()
    assert "raters rate them, too; sealing fixes this." in page
    assert "need 12 raters, because a rater meets a vignette in one of its 3 forms only; 4 agreed" in page
