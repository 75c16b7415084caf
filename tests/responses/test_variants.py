"""Models answer variants of each vignette when the plan says so; residents never do."""

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from study.protocol.errors import InvalidInput, PreconditionMissing
from study.protocol.models import Study
from study.protocol.queries import model_arms, robustness_of
from study.responses.models import Generation, GenerationAttempt, ModelSetup, PlannedResponse, Response
from study.responses.queries import generation_board, open_answers, planned_draws
from study.responses.services.closing import close_answering
from study.responses.services.determinism import check_determinism
from study.responses.services.imports import import_answers
from study.responses.services.opening import open_answering
from study.responses.services.setups import PRESSURE_COST
from study.responses.worker import request_for, run_next
from tests.builders import NOW, PRESSED, TOLD_ANEW, VARIANTS, add_people, draft_study, plan_variants
from tests.responses.conftest import lead, opened_study
from tests.responses.test_imports import _line

pytestmark = pytest.mark.django_db


def _queue(study: Study) -> list[tuple[object, ...]]:
    rows = Generation.objects.filter(study=study).order_by("pk")
    return list(rows.values_list("arm__name", "study_vignette__code", "variant", "draw", "seed"))


def _imported() -> Study:
    study = draft_study(vignettes=2, models=1, variants=VARIANTS)
    add_people(study, raters=0)
    ModelSetup.objects.filter(arm__in=model_arms(study)).update(engine="imported", draws=2)
    return open_answering(study_id=study.pk, person=lead(), now=NOW)


def _import(study: Study, *lines: dict[str, Any]) -> int:
    text = "\n".join(map(json.dumps, lines))
    return import_answers(study_id=study.pk, person=lead(), lines=text, now=NOW).stored


def test_each_model_owes_one_answer_to_each_variant_beside_its_draws_of_the_original() -> None:
    study = draft_study(vignettes=2, variants=VARIANTS)
    add_people(study, raters=0)
    ModelSetup.objects.filter(arm__study=study).update(draws=2)
    open_answering(study_id=study.pk, person=lead(), now=NOW)
    asked = [(variant, draw) for _, _, variant, draw, _ in _queue(study)]
    assert len(asked) == len(planned_draws(study)) == 2 * 2 * 4
    assert set(asked) == {("original", 1), ("original", 2), ("retold", 1), ("pressed", 1)}


def test_the_originals_are_asked_first_with_the_seeds_that_they_have_without_variants() -> None:
    plain = _queue(opened_study(slug="plain"))
    varied = _queue(opened_study(slug="varied", variants=VARIANTS))
    assert varied[: len(plain)] == plain
    assert len({seed for *_, seed in varied}) == len(varied) == 3 * len(plain)


def test_the_prompt_holds_the_case_as_the_variant_puts_it() -> None:
    study = opened_study(vignettes=1, vignettes_per_resident=1, models=1, variants=VARIANTS)
    related = Generation.objects.select_related("arm__model_setup", "study_vignette__version", "study")
    asked = {row.variant: request_for(row).messages[-1]["content"] for row in related.filter(study=study)}
    scenario = study.study_vignettes.get().version.scenario
    assert scenario in asked["original"] and scenario in asked["pressed"]
    assert str(PRESSED.pressure) in asked["pressed"] and str(PRESSED.pressure) not in asked["original"]
    assert "Case\n\nThe same case, told anew.\n\nQuestion\n\nSo what is to be done?" in asked["retold"]
    assert scenario not in asked["retold"]


def test_a_scripted_model_loses_ability_under_pressure_and_only_there() -> None:
    study = opened_study(vignettes=1, vignettes_per_resident=1, models=1, variants=VARIANTS)
    while run_next():
        pass
    attempts = GenerationAttempt.objects.values_list("generation__variant", "raw_request__ability")
    expected = {"original": 0.9, "retold": 0.9, "pressed": 0.9 - PRESSURE_COST}
    assert dict(attempts) == pytest.approx(expected)
    assert set(Response.objects.values_list("variant", "draw")) == {(name, 1) for name in expected}
    assert not open_answers(study).model_vignettes


def test_a_scripted_answer_to_a_variant_comes_back_identical() -> None:
    study = opened_study(vignettes=1, vignettes_per_resident=1, models=1, variants=VARIANTS)
    while run_next():
        pass
    compared = check_determinism(study=study, draws=3, now=NOW)
    assert {(row.variant, row.is_identical) for row in compared} == {
        ("original", True),
        ("retold", True),
        ("pressed", True),
    }


def test_the_models_page_names_the_variants_that_are_asked(client: Client) -> None:
    study = draft_study(vignettes=1, variants=VARIANTS)
    client.force_login(lead())
    page = client.get(reverse("model-list", args=[study.slug])).content.decode()
    assert "once in each of these forms: retold, pressed." in page


def test_a_residents_list_has_no_variant_and_is_the_one_without_them() -> None:
    lists = [
        list(
            PlannedResponse.objects.filter(study=opened_study(slug=slug, variants=variants))
            .order_by("pk")
            .values_list("study_vignette__code", "position", "seed")
        )
        for slug, variants in (("plain", ()), ("varied", VARIANTS))
    ]
    assert lists[0] == lists[1]


def test_a_variant_that_a_vignette_lacks_blocks_the_opening_and_is_named() -> None:
    study = draft_study(vignettes=2, vignettes_per_resident=1, variants=(TOLD_ANEW,))
    add_people(study, raters=0)
    plan_variants(study, "retold", "shouted")
    with pytest.raises(PreconditionMissing) as refusal:
        open_answering(study_id=study.pk, person=lead(), now=NOW)
    assert refusal.value.details == ["The plan asks for the variant shouted, which MS-01, MS-02 do not have."]


def test_an_answer_to_a_variant_that_never_came_stands_in_the_list_of_the_close() -> None:
    study = opened_study(vignettes=1, vignettes_per_resident=1, models=1, variants=VARIANTS)
    run_next()
    closure = close_answering(study_id=study.pk, person=lead(), reason="over", now=NOW)
    assert closure.open_list["model_vignettes"] == {"MS-01": 2}
    assert robustness_of(study).variants == ("retold", "pressed")


def test_an_imported_line_may_name_a_planned_variant() -> None:
    study = _imported()
    assert generation_board(study).awaited_imports == 2 * (2 + 2)
    assert _import(study, _line(), _line(variant="original") | {"draw": 2}, _line(variant="retold")) == 3
    assert _import(study, _line(variant="retold")) == 0
    assert set(Response.objects.values_list("variant", "draw")) == {
        ("original", 1),
        ("original", 2),
        ("retold", 1),
    }
    assert generation_board(study).awaited_imports == 5


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (_line(variant="shouted"), "variant: the plan asks for original, retold, pressed, not 'shouted'"),
        (_line(variant=""), "variant: the plan asks for original, retold, pressed, not ''"),
        (_line(2, variant="retold"), "draw: must be from 1 to 1, not 2"),
        (_line(variant=3), "variant: must be a text"),
    ],
)
def test_an_imported_line_with_another_variant_is_refused(line: dict[str, Any], fault: str) -> None:
    study = _imported()
    with pytest.raises(InvalidInput) as refusal:
        _import(study, line)
    assert refusal.value.details == [f"line 1: {fault}"]
    assert not Response.objects.exists()


def test_without_a_word_in_the_plan_no_import_may_name_a_variant() -> None:
    study = draft_study(vignettes=2, models=1)
    add_people(study, raters=0)
    ModelSetup.objects.filter(arm__in=model_arms(study)).update(engine="imported")
    open_answering(study_id=study.pk, person=lead(), now=NOW)
    with pytest.raises(InvalidInput) as refusal:
        _import(study, _line(variant="paraphrase"))
    assert refusal.value.details == ["line 1: variant: the plan asks for original, not 'paraphrase'"]
