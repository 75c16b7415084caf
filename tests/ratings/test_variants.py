"""Variants in rating: the case as it was asked, in a wave of its own, or no rater at all."""

import re
from itertools import combinations
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from study.protocol.errors import PreconditionMissing
from study.protocol.models import Study
from study.ratings.models import Assignment
from study.ratings.services import open_rating
from tests.blinding.world import lead
from tests.builders import NOW, PRESSED, VARIANTS
from tests.ratings.world import FORM, opened_study, sealed_study

pytestmark = pytest.mark.django_db
DESIGN: dict[str, Any] = {"vignettes": 2, "raters_per_response": 2, "raters": 6}
NAMES = re.compile(r"retold|pressed|variant|paraphrase|adversarial|role_play|original", re.IGNORECASE)


def rated_study() -> Study:
    return opened_study(variants=VARIANTS, rated=True, **DESIGN)


def assignment_of(study: Study, variant: str) -> Assignment:
    found = Assignment.objects.filter(item__study=study, item__variant=variant).order_by("pk")
    return found.select_related("item__study_vignette__version", "rater__person")[0]


def page_of(client: Client, study: Study, assignment: Assignment, name: str = "rate-page") -> str:
    client.force_login(assignment.rater.person)
    return client.get(reverse(name, args=[study.slug, assignment.position])).content.decode()


def test_unrated_variants_reach_no_rater_and_leave_the_allocation_as_it_was() -> None:
    point = transaction.savepoint()
    opened_study()
    plain = queues()
    transaction.savepoint_rollback(point)
    opened_study(variants=VARIANTS)
    assert set(Assignment.objects.values_list("item__variant", flat=True)) == {"original"}
    assert queues() == plain


def queues() -> list[tuple[object, ...]]:
    rows = Assignment.objects.order_by("rater__person__email", "position")
    return list(rows.values_list("rater__person__email", "position", "item__public_id", "guess_asked"))


def test_a_rater_meets_a_vignette_in_one_form_only_and_every_form_has_its_raters() -> None:
    study = rated_study()
    met: dict[tuple[int, str], set[int]] = {}
    rows = Assignment.objects.values_list("item__study_vignette_id", "item__variant", "rater_id")
    for vignette, variant, rater in rows:
        met.setdefault((vignette, variant), set()).add(rater)
    assert len(met) == 2 * 3 and all(len(raters) == 2 for raters in met.values())
    for vignette in study.study_vignettes.all():
        forms = [met[vignette.pk, name] for name in ("original", "retold", "pressed")]
        assert not any(one & other for one, other in combinations(forms, 2))


def test_the_page_shows_the_case_as_it_was_asked(client: Client) -> None:
    study = rated_study()
    for variant in ("original", "retold", "pressed"):
        assignment = assignment_of(study, variant)
        version = assignment.item.study_vignette.version
        page = page_of(client, study, assignment)
        first_line = escape(version.scenario.split("\n")[0])
        assert (first_line in page) == (variant != "retold")
        assert ("The same case, told anew." in page) == (variant == "retold")
        assert (str(PRESSED.pressure) in page) == (variant == "pressed")
        assert escape(version.key_points[0].text) in page


def test_no_page_of_a_rater_tells_that_there_are_variants(client: Client) -> None:
    study = rated_study()
    for variant in ("original", "retold", "pressed"):
        assignment = assignment_of(study, variant)
        open_page = page_of(client, study, assignment)
        place = reverse("rate-page", args=[study.slug, assignment.position])
        client.post(place, FORM)
        guess = client.get(f"{place}guess/").content.decode()
        queue = client.get(reverse("rate-queue", args=[study.slug])).content.decode()
        shown = assignment.item.study_vignette.version.scenario + str(assignment.item.sections)
        own = {word.lower() for word in NAMES.findall(shown)}
        for page in (open_page, guess, queue, page_of(client, study, assignment)):
            assert {word.lower() for word in NAMES.findall(page)} <= own


def test_too_few_raters_for_the_forms_of_a_vignette_are_told_in_words() -> None:
    study = sealed_study(variants=VARIANTS, rated=True, vignettes=2)
    with pytest.raises(PreconditionMissing) as refusal:
        open_rating(study_id=study.pk, person=lead(), now=NOW)
    sentence = (
        "Each response needs 4 raters, and nobody rates a vignette in more than one of its 3 forms "
        "(original, pressed, retold): 12 raters are needed, and 4 agreed to take part."
    )
    assert refusal.value.details == [sentence]
