"""Sealing: everything at once, from canonical text, in an order and with ids that tell nothing."""

from itertools import pairwise

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from study.blinding.key import SealKey, StudySecret
from study.blinding.models import (
    BlindedItem,
    ExclusionRun,
    FlagDecision,
    ItemExclusion,
    ScanFlag,
    SealCandidate,
)
from study.blinding.public_ids import public_id, secret_of_simulation
from study.blinding.services import decide_flag, derive_exclusions, prepare_sealing, seal_study
from study.participants.models import Participant, Role
from study.protocol.errors import (
    Conflict,
    InvalidInput,
    NotFound,
    NotPermitted,
    PhaseClosed,
    PreconditionMissing,
)
from study.protocol.models import AuditEvent, Study
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.responses.models import Response
from study.responses.services.closing import close_answering
from tests.blinding.world import add_response, closed_study, curator, lead, plain_texts
from tests.builders import NOW, add_people, draft_study, members, participant

pytestmark = pytest.mark.django_db
LEAK = "As an AI, I hold the dose. I hope this helps!"


def prepared(texts: dict[tuple[str, int], str] | None = None, **design: object) -> Study:
    study = closed_study(texts, **design)  # type: ignore[arg-type]
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    return study


def seal(study: Study) -> int:
    return seal_study(study_id=study.pk, person=lead(), now=NOW)


def decide_all(study: Study, choice: str = "cut") -> None:
    for flag in ScanFlag.objects.filter(candidate__study=study):
        decide_flag(flag_id=flag.pk, curator=curator(study), choice=choice, reason="author", now=NOW)


def snapshot(study: Study) -> list[tuple[object, ...]]:
    flags = ScanFlag.objects.filter(candidate__study=study)
    fields = ("candidate__public_id", "candidate__sections", "section", "start", "end", "rule")
    rows = SealCandidate.objects.filter(study=study).values_list("public_id", "sections")
    return [*rows, *flags.values_list(*fields)]


def test_every_text_is_sealed_with_one_key_and_one_time() -> None:
    study = prepared()
    assert seal(study) == 12
    items = BlindedItem.objects.filter(study=study)
    assert {item.sealed_at for item in items} == {NOW}
    assert (
        SealKey.objects.filter(study_id=study.pk).count() == Response.objects.count() == items.count() == 12
    )
    assert Study.objects.get(pk=study.pk).phase == Phase.SEALED


def test_items_and_candidates_stand_in_public_id_order() -> None:
    study = prepared()
    seal(study)
    for model in (SealCandidate, BlindedItem):
        ids = list(model.objects.filter(study=study).order_by("pk").values_list("public_id", flat=True))
        assert all(before < after for before, after in pairwise(ids))


def test_a_public_id_is_a_function_of_secret_vignette_and_text() -> None:
    study = prepared()
    seal(study)
    secret = StudySecret.objects.get(study_id=study.pk).secret
    for item in BlindedItem.objects.filter(study=study).select_related("study_vignette"):
        assert item.public_id == public_id(secret, item.study_vignette.code, item.sections, 1)


def test_equal_texts_of_one_vignette_are_counted() -> None:
    study = prepared({("PGY1", 1): "Same text", ("model-1", 1): "**Same** text", ("model-2", 2): "Same text"})
    assert seal(study) == 3
    assert len(set(BlindedItem.objects.values_list("public_id", flat=True))) == 3


def test_the_key_leads_to_the_response_of_the_same_text() -> None:
    study = prepared()
    seal(study)
    for key in SealKey.objects.filter(study_id=study.pk):
        item, response = BlindedItem.objects.get(pk=key.item_id), Response.objects.get(pk=key.response_id)
        assert item.sections["assessment"] == response.sections["assessment"]
        assert item.study_vignette_id == response.study_vignette_id


def test_an_empty_response_gets_no_item_and_a_refusal_does() -> None:
    study = closed_study({("PGY1", 1): " - ", ("model-1", 1): "I cannot help with that."})
    done = prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    assert (done.texts, done.empty) == (1, 1)
    decide_all(study, "keep")
    assert seal(study) == 1


def test_the_raw_text_stays_as_it_was() -> None:
    study = prepared({("PGY1", 1): "**Hold** — now"})
    seal(study)
    assert BlindedItem.objects.get().sections["assessment"] == "Hold - now"
    assert Response.objects.get().sections["assessment"] == "**Hold** — now"


def test_preparing_twice_gives_the_same_candidates_and_flags() -> None:
    study = prepared(plain_texts() | {("model-1", 1): LEAK})
    before = snapshot(study)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    assert snapshot(study) == before


def test_preparing_again_keeps_the_decisions() -> None:
    study = prepared(plain_texts() | {("model-1", 1): LEAK})
    decide_all(study)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    assert FlagDecision.objects.count() == ScanFlag.objects.count() > 0


def test_preparing_waits_until_answering_is_closed() -> None:
    study = draft_study()
    move_phase(study, Phase.ANSWERING)
    with pytest.raises(PreconditionMissing, match="still open"):
        prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    assert not SealCandidate.objects.exists()
    assert not StudySecret.objects.exists()


def test_a_study_without_any_text_cannot_be_prepared() -> None:
    study = closed_study({("PGY1", 1): " - "})
    with pytest.raises(PreconditionMissing, match="nothing to seal"):
        prepare_sealing(study_id=study.pk, person=lead(), now=NOW)


def test_sealing_waits_while_a_flag_has_no_decision() -> None:
    study = prepared(plain_texts() | {("model-1", 1): LEAK})
    with pytest.raises(PreconditionMissing) as error:
        seal(study)
    assert error.value.details == ["A curator still has to decide about 2 of 2 flagged spans."]
    assert not BlindedItem.objects.exists()
    assert Study.objects.get(pk=study.pk).phase == Phase.ANSWERING


def test_a_cut_span_is_gone_and_a_kept_one_stays() -> None:
    study = prepared({("PGY1", 1): LEAK})
    first, second = ScanFlag.objects.order_by("start")
    decide_flag(flag_id=first.pk, curator=curator(study), choice="cut", reason="author", now=NOW)
    decide_flag(flag_id=second.pk, curator=curator(study), choice="keep", reason="harmless", now=NOW)
    seal(study)
    assert BlindedItem.objects.get().sections["assessment"] == "I hold the dose. I hope this helps!"


def test_sealing_refuses_cuts_that_leave_nothing() -> None:
    study = prepared({("model-1", 1): "I hope this helps!"})
    decide_all(study)
    with pytest.raises(PreconditionMissing, match="text empty"):
        seal(study)
    decide_all(study, "keep")
    assert seal(study) == 1


def test_sealing_refuses_texts_that_were_not_prepared() -> None:
    study = prepared()
    SealCandidate.objects.filter(study=study).first().delete()  # type: ignore[union-attr]
    with pytest.raises(Conflict, match="not those that were prepared"):
        seal(study)


def test_sealing_twice_is_refused() -> None:
    study = prepared()
    seal(study)
    with pytest.raises(PhaseClosed):
        seal(study)
    assert BlindedItem.objects.count() == 12


def test_the_same_decision_changes_nothing_and_another_is_a_revision() -> None:
    study = prepared({("PGY1", 1): "As an AI I hold it."})
    decide_all(study, "cut")
    decide_all(study, "cut")
    decide_all(study, "keep")
    assert list(FlagDecision.objects.values_list("revision", "choice")) == [(1, "cut"), (2, "keep")]
    assert AuditEvent.objects.filter(action="blinding.decide_flag").count() == 2


def test_only_a_curator_of_this_study_decides() -> None:
    study = prepared({("PGY1", 1): "As an AI I hold it."})
    flag = ScanFlag.objects.get()
    stranger = curator_of_another_study()
    for who, error in ((members(study, Role.INVESTIGATOR)[0], NotPermitted), (stranger, NotFound)):
        with pytest.raises(error):
            decide_flag(flag_id=flag.pk, curator=who, choice="keep", reason="so", now=NOW)
    assert not FlagDecision.objects.exists()


def curator_of_another_study() -> Participant:
    other = draft_study(slug="other")
    move_phase(other, Phase.ANSWERING)
    return participant(other, Role.CURATOR, "other-curator@example.org")


@pytest.mark.parametrize(("choice", "reason"), [("edit", "so"), ("keep", "  ")])
def test_a_decision_needs_a_known_choice_and_a_reason(choice: str, reason: str) -> None:
    study = prepared({("PGY1", 1): "As an AI I hold it."})
    with pytest.raises(InvalidInput):
        decide_flag(
            flag_id=ScanFlag.objects.get().pk, curator=curator(study), choice=choice, reason=reason, now=NOW
        )


def test_own_site_is_excluded_where_the_study_says_so() -> None:
    study = closed_study(exclude_own_site=True)
    rater = members(study, Role.RATER)[0]
    Participant.objects.filter(level="PGY1").update(site="North Hill")
    Participant.objects.filter(level="PGY2").update(site="")
    Participant.objects.filter(pk=rater.pk).update(site=" north  HILL ")
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    seal(study)
    excluded = ItemExclusion.objects.values_list("rater_id", "item_id")
    keys = SealKey.objects.filter(item_id__in=[item for _, item in excluded]).values("response_id")
    assert {rater_id for rater_id, _ in excluded} == {rater.pk}
    assert set(Response.objects.filter(pk__in=keys).values_list("resident__level", flat=True)) == {"PGY1"}


def test_exclusions_are_derived_for_all_raters_at_sealing_and_for_late_ones_later() -> None:
    study = prepared()
    seal(study)
    participant(study, Role.RATER, "late@example.org")
    assert ExclusionRun.objects.count() == 4
    assert derive_exclusions(study=study, person=lead(), now=NOW) == 1
    assert derive_exclusions(study=study, person=lead(), now=NOW) == 0
    assert ExclusionRun.objects.count() == 5


def test_waves_differ_between_vignettes_and_pair_residents_with_the_first_draw() -> None:
    study = draft_study(vignettes=6)
    add_people(study, residents_per_level=6)
    move_phase(study, Phase.ANSWERING)
    for number in range(1, 7):
        add_response(study, "PGY1", number, f"resident {number}")
        for draw in (1, 2):
            add_response(study, "model-1", number, f"draw {draw} of {number}", draw=draw)
    close_answering(study_id=study.pk, person=lead(), reason="over", now=NOW)
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    seal(study)
    wave = {item.sections["assessment"]: item.wave for item in BlindedItem.objects.all()}
    assert all(wave[f"resident {n}"] == wave[f"draw 1 of {n}"] != wave[f"draw 2 of {n}"] for n in range(1, 7))
    assert {wave[f"draw 1 of {n}"] for n in range(1, 7)} == {1, 2}


def test_a_seal_that_breaks_half_way_leaves_nothing_behind() -> None:
    study = prepared()
    last = SealCandidate.objects.filter(study=study).order_by("public_id").last()
    assert last is not None
    BlindedItem.objects.create(
        study=study,
        study_vignette=last.study_vignette,
        public_id=last.public_id,
        sections=last.sections,
        normaliser_version="1",
        sealed_at=NOW,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        seal(study)
    assert (BlindedItem.objects.count(), SealKey.objects.count(), ExclusionRun.objects.count()) == (1, 0, 0)
    assert Study.objects.get(pk=study.pk).phase == Phase.ANSWERING


def test_a_sealed_item_never_changes() -> None:
    study = prepared()
    seal(study)
    with pytest.raises(DatabaseError, match="append-only"):
        BlindedItem.objects.filter(study=study).update(wave=2)


def test_a_real_study_draws_its_secret_and_a_simulated_one_repeats_it() -> None:
    study = prepared()
    secret = StudySecret.objects.get(study_id=study.pk).secret
    prepare_sealing(study_id=study.pk, person=lead(), now=NOW)
    assert StudySecret.objects.get(study_id=study.pk).secret == secret
    real = closed_study({("PGY1", 1): "Hold"}, slug="real", simulated=False)
    prepare_sealing(study_id=real.pk, person=lead(), now=NOW)
    assert secret == secret_of_simulation("trial", 7)
    assert StudySecret.objects.get(study_id=real.pk).secret != secret_of_simulation("real", 7)
