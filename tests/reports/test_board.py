import pytest

from study.participants.models import Role
from study.protocol.models import Study
from study.protocol.services import lock_plan
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment
from study.reports.board import actions, blockers, phase_line, standing_pages
from study.reports.queries import progress
from study.reports.services import run_analysis
from study.responses.models import ModelSetup, PlannedResponse
from study.responses.services.closing import close_answering
from tests.builders import NOW, PASSWORD, add_people, draft_study, members, participant
from tests.datasets.world import lead, lock, rated_study, save_rating, unblind

pytestmark = pytest.mark.django_db


def _answering() -> Study:
    study = draft_study(vignettes=2)
    add_people(study, residents_per_level=1)
    move_phase(study, Phase.ANSWERING)
    for position, vignette in enumerate(study.study_vignettes.all(), start=1):
        PlannedResponse.objects.create(
            study=study,
            resident=members(study, Role.RESIDENT)[0],
            study_vignette=vignette,
            position=position,
            seed=1,
            algorithm="1",
        )
    return study


def test_the_phase_line_marks_what_is_done_and_where_the_study_is() -> None:
    steps = phase_line(_answering())
    assert [step.label for step in steps if step.is_done] == ["Draft"]
    assert [step.label for step in steps if step.is_current] == ["Answering"]


def test_a_draft_without_residents_says_so() -> None:
    assert "The arm PGY1 residents has no resident who agreed to take part." in blockers(draft_study())


def test_open_answers_are_counted_in_words() -> None:
    found = blockers(_answering())
    assert found[0] == "1 resident has 2 vignettes open."
    assert "4 answers by models are not there yet." in found
    assert found[-1].startswith("Answering is open")


def test_after_closing_the_board_says_what_keeps_the_study_from_being_sealed() -> None:
    study = _answering()
    close_answering(study_id=study.pk, person=lead(), reason="The time is over.", now=NOW)
    assert blockers(study)[0].startswith("The texts are not prepared")


def test_an_open_study_without_open_answers_only_waits_to_be_closed() -> None:
    study = draft_study(vignettes=1)
    ModelSetup.objects.all().delete()
    move_phase(study, Phase.ANSWERING)
    assert blockers(study) == ["Answering is open: close it when no more answers are to come."]


def test_a_sealed_study_waits_for_the_plan_lock() -> None:
    study = _answering()
    move_phase(study, Phase.SEALED)
    assert "The analysis plan is not locked by signature." in blockers(study)
    lock_plan(study_id=study.pk, person=lead(), password=PASSWORD, now=NOW)
    assert "The analysis plan is not locked by signature." not in blockers(study)


def test_open_ratings_are_counted_by_rater() -> None:
    study = rated_study()
    rater = participant(study, Role.RATER, "late@example.org")
    item = Assignment.objects.filter(item__study=study)[0].item
    Assignment.objects.create(rater=rater, item=item, position=1, guess_asked=False)
    assert blockers(study)[0] == "1 rater has 1 rating open."


def test_after_the_lock_the_board_asks_for_the_analysis_and_the_signatures() -> None:
    study = rated_study()
    lock(study)
    assert blockers(study) == [
        "The analysis on arm codes has not run.",
        "The release of the arm names needs 2 signatures.",
    ]
    unblind(study)
    assert blockers(study) == ["The analysis with the names of the arms has not run."]
    run_analysis(study_id=study.pk, person=lead(), now=NOW)
    study.refresh_from_db()
    assert blockers(study) == []


def test_every_phase_names_the_page_of_its_next_step() -> None:
    study = draft_study()
    for phase in list(Phase)[1:]:
        assert all(action.url.startswith("/studies/trial/") for action in actions(study))
        move_phase(study, phase)
    assert [action.label for action in actions(study)] == ["Report"]


def test_an_act_already_done_keeps_its_page() -> None:
    study = rated_study()
    assert [page.label for page in standing_pages(study)][-2:] == ["Judges", "Sealing"]
    lock(study)
    unblind(study)
    assert [page.label for page in standing_pages(study)][-4:] == [
        "Judges",
        "Sealing",
        "Data lock",
        "Unblinding",
    ]


def test_a_corrected_rating_is_counted_once() -> None:
    study = rated_study()
    save_rating(Assignment.objects.filter(item__study=study)[0], {}, revision=2)
    found = progress(study)
    assert (found.ratings.done, found.ratings.total) == (24, 24)
    assert [(share.done, share.total) for share in found.ratings_by_rater] == [(8, 8)] * 3


def test_progress_of_answering_counts_all_arms_together() -> None:
    found = progress(_answering())
    assert (found.responses.done, found.responses.total) == (0, 6)
    assert [(share.label, share.total) for share in found.responses_by_vignette] == [
        ("MS-01", 3),
        ("MS-02", 3),
    ]
