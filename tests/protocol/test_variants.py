"""What the plan says about variants is fixed step by step: by the opening, the sealing, the lock."""

import pytest
from django.test import Client
from django.urls import reverse

from analysis.plan import Robustness
from study.participants.models import Role
from study.protocol.errors import InvalidInput, PreconditionMissing
from study.protocol.models import AnalysisPlan, Study
from study.protocol.queries import current_plan, locked_plan, robustness_of, shared_variants
from study.protocol.services import lock_plan
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from tests.builders import (
    NOW,
    PASSWORD,
    PRESSED,
    TOLD_ANEW,
    VARIANTS,
    draft_study,
    participant,
    person,
    plan_variants,
)

pytestmark = pytest.mark.django_db


def in_phase(phase: Phase, **design: object) -> Study:
    study = draft_study(vignettes=1, variants=VARIANTS, **design)  # type: ignore[arg-type]
    for step in (Phase.ANSWERING, Phase.SEALED):
        if study.phase != phase:
            move_phase(study, step)
    return study


def test_a_new_study_asks_for_no_variant() -> None:
    assert robustness_of(draft_study(vignettes=1)) == Robustness()


def test_in_draft_the_variants_may_change() -> None:
    study = in_phase(Phase.DRAFT)
    plan_variants(study, "pressed", rated=True, baseline="model-2")
    assert robustness_of(study) == Robustness(("pressed",), rated=True, baseline="model-2")


@pytest.mark.parametrize("names", [(), ("retold",), ("retold", "pressed", "shouted")])
def test_after_the_opening_the_variants_stay_as_they_were_asked(names: tuple[str, ...]) -> None:
    study = in_phase(Phase.ANSWERING)
    with pytest.raises(InvalidInput, match=r"opened with the variants retold, pressed: robustness\.variants"):
        plan_variants(study, *names)
    assert robustness_of(study).variants == ("retold", "pressed")


def test_a_study_that_opened_without_variants_takes_none_later() -> None:
    study = draft_study(vignettes=1)
    move_phase(study, Phase.ANSWERING)
    with pytest.raises(InvalidInput, match="Answering opened without variants"):
        plan_variants(study, "paraphrase")


def test_the_rest_may_change_until_the_lock() -> None:
    study = in_phase(Phase.ANSWERING)
    plan_variants(study, "pressed", "retold", rated=True, baseline="model-1")
    move_phase(study, Phase.SEALED)
    plan_variants(study, "retold", "pressed", rated=True, baseline="model-2")
    assert robustness_of(study).baseline == "model-2"


@pytest.mark.parametrize(("rated", "who"), [(True, "raters, too"), (False, "judges alone")])
def test_after_the_sealing_it_is_fixed_whether_raters_rate_variants(rated: bool, who: str) -> None:
    study = in_phase(Phase.SEALED, rated=rated)
    with pytest.raises(InvalidInput, match=f"sealed for {who}: robustness.rated stays"):
        plan_variants(study, "retold", "pressed", rated=not rated)


def test_a_plan_whose_variants_the_vignettes_lack_is_not_locked() -> None:
    study = draft_study(vignettes=1, variants=(TOLD_ANEW,))
    plan_variants(study, "retold", "shouted")
    with pytest.raises(PreconditionMissing) as refusal:
        lock_plan(study_id=study.pk, person=person("lead@example.org"), password=PASSWORD, now=NOW)
    assert refusal.value.details == ["The plan asks for the variant shouted, which MS-01 does not have."]
    assert locked_plan(study) is None


def test_a_plan_that_agrees_with_what_was_asked_is_locked() -> None:
    study = in_phase(Phase.SEALED)
    lock_plan(study_id=study.pk, person=person("lead@example.org"), password=PASSWORD, now=NOW)
    assert locked_plan(study) == current_plan(study)


def test_a_plan_of_an_older_form_asks_for_no_variant() -> None:
    study = draft_study(vignettes=1)
    AnalysisPlan.objects.create(
        study=study, version=2, text="version: 1\n", sha256="0" * 64, reason="old", created_at=NOW
    )
    assert robustness_of(study) == Robustness()


def test_the_plan_page_names_the_variants_that_all_vignettes_have(client: Client) -> None:
    study = in_phase(Phase.DRAFT)
    client.force_login(person("lead@example.org"))
    page = client.get(reverse("plan", args=[study.slug])).content.decode()
    assert shared_variants(study) == ["retold", "pressed"]
    assert "All vignettes of this study have: retold, pressed." in page
    assert "variants: [retold, pressed]" in page


def test_a_clinician_reads_every_variant_before_approving(client: Client) -> None:
    study = in_phase(Phase.DRAFT)
    client.force_login(participant(study, Role.CURATOR, "curator@example.org").person)
    page = client.get(reverse("protocol-approve", args=[study.slug, 1])).content.decode()
    assert "Variant: retold" in page and str(TOLD_ANEW.scenario) in page
    assert "Variant: pressed" in page and str(PRESSED.pressure) in page
