"""A study from its first account to its unblinding, by services alone: every step is one use case."""

from collections.abc import Callable, Iterator
from functools import partial

from django.utils import timezone

from study.blinding.models import FlagDecision, ScanFlag
from study.blinding.services import decide_flag, derive_exclusions, prepare_sealing, seal_study
from study.datasets.services import LOCK_STATEMENT, UNBLINDING_STATEMENT, sign_data_lock, sign_unblinding
from study.participants.inputs import InvitationInput
from study.participants.models import Person, Role
from study.participants.queries import current_consent_text
from study.participants.services import (
    accept_invitation,
    create_person,
    decide_consent,
    invite_people,
    revoke_invitation,
    start_study,
)
from study.participants.tokens import create_token, revoke_token
from study.protocol.inputs import StudyInput, default_arms
from study.protocol.models import Study
from study.protocol.queries import current_plan, model_arms
from study.protocol.services import change_plan, lock_plan
from study.ratings.inputs import GuessInput, RatingInput
from study.ratings.models import Assignment
from study.ratings.services import open_rating, revise_rating, save_guess, save_rating
from study.responses.inputs import AnswerInput, ModelSetupInput
from study.responses.models import PlannedResponse
from study.responses.services.closing import close_answering
from study.responses.services.opening import open_answering
from study.responses.services.queue import claim_next
from study.responses.services.setups import configure_model
from study.responses.services.submission import submit_answer
from study.responses.worker import run_generation
from tests.builders import PASSWORD, load_vignettes, members
from tests.ratings.world import RATING

PEOPLE = (
    InvitationInput("second@example.org", "Second", "investigator"),
    InvitationInput("curator@example.org", "Curator", "curator"),
    InvitationInput("first-year@example.org", "First year", "resident", level="PGY1"),
    InvitationInput("second-year@example.org", "Second year", "resident", level="PGY2"),
    InvitationInput("rater-1@example.org", "Rater", "rater"),
    InvitationInput("rater-2@example.org", "Rater", "rater"),
)
Step = Callable[[], object]


def person(email: str) -> Person:
    return Person.objects.get(email=email)


def trial() -> Study:
    return Study.objects.get(slug="trial")


def whole_study() -> Iterator[Step]:
    """Yield the steps; each may look at what the steps before it have left."""
    load_vignettes(1)
    now = timezone.now()
    yield partial(create_person, email="lead@example.org", password=PASSWORD, name="Lead", now=now)
    yield from _drafting()
    yield from _answering()
    yield from _sealing()
    yield from _rating()
    yield from _locking()


def _drafting() -> Iterator[Step]:
    lead, now = person("lead@example.org"), timezone.now()
    design = StudyInput(
        "trial", "A trial", simulated=True, seed=7, arms=default_arms([("model-1", "Model")]),
        vignettes_per_resident=1, raters_per_response=2, spacing=1,
    )  # fmt: skip
    yield partial(start_study, person=lead, design=design, now=now)
    study = trial()
    sent = []
    yield lambda: sent.extend(invite_people(study_id=study.pk, person=lead, rows=PEOPLE, now=now))
    for each in sent:
        yield partial(accept_invitation, token=each.token, password=PASSWORD, name="", now=now)
    extra = (InvitationInput("late@example.org", "Late", "rater"),)
    yield lambda: sent.extend(invite_people(study_id=study.pk, person=lead, rows=extra, now=now))
    withdrawn = sent[-1].invitation.pk
    yield partial(revoke_invitation, study_id=study.pk, person=lead, invitation_id=withdrawn, now=now)
    for role in (Role.RESIDENT, Role.RATER):
        text = current_consent_text(study, role)
        assert text is not None
        for member in members(study, role):
            yield partial(decide_consent, participant=member, agreed=True, text_id=text.pk, now=now)
    made = []
    yield lambda: made.append(create_token(person=lead, label="laptop", now=now))
    yield partial(revoke_token, person=lead, token_id=made[0].stored.pk, now=now)


def _answering() -> Iterator[Step]:
    study, lead, now = trial(), person("lead@example.org"), timezone.now()
    setup = ModelSetupInput(engine="scripted", model="scripted", ability=0.8)
    arm = model_arms(study)[0].pk
    yield partial(configure_model, study_id=study.pk, person=lead, arm_id=arm, setup=setup, now=now)
    yield partial(open_answering, study_id=study.pk, person=lead, now=now)
    for member in members(study, Role.RESIDENT):
        place = PlannedResponse.objects.get(resident=member)
        text = f"As a resident in {member.level} I hold the tablets."
        answer = AnswerInput(sections={"assessment": text})
        yield partial(submit_answer, planned_id=place.pk, participant=member, answer=answer, now=now)
    while row := claim_next(now=timezone.now(), worker="test", lease_seconds=600):
        yield partial(run_generation, row.pk, row.lease_token)
    yield partial(close_answering, study_id=study.pk, person=lead, reason="the time is over", now=now)


def _sealing() -> Iterator[Step]:
    study, lead, now = trial(), person("lead@example.org"), timezone.now()
    curator = members(study, Role.CURATOR)[0]
    yield partial(prepare_sealing, study_id=study.pk, person=lead, now=now)
    for flag in ScanFlag.objects.all():
        choice, reason = FlagDecision.Choice.CUT, "tells the level"
        yield partial(decide_flag, flag_id=flag.pk, curator=curator, choice=choice, reason=reason, now=now)
    yield partial(seal_study, study_id=study.pk, person=lead, now=now)
    yield partial(derive_exclusions, study=study, person=lead, now=now)


def _rating() -> Iterator[Step]:
    study, lead, now = trial(), person("lead@example.org"), timezone.now()
    plan = current_plan(study)
    assert plan is not None
    text = plan.text + "# read again before the lock\n"
    yield partial(change_plan, study_id=study.pk, person=lead, text=text, reason="a note", now=now)
    yield partial(lock_plan, study_id=study.pk, person=lead, password=PASSWORD, now=now)
    yield partial(open_rating, study_id=study.pk, person=lead, now=now)
    for place in Assignment.objects.select_related("rater__study", "rater__person"):
        rated = {"assignment": place, "participant": place.rater, "now": now}
        yield partial(save_rating, judgement=RATING, **rated)  # type: ignore[arg-type]
        if place.guess_asked:
            yield partial(save_guess, guess=GuessInput("model", 2, "The lists."), **rated)  # type: ignore[arg-type]
    other = RatingInput(cannot_judge=True, cannot_judge_reason="Not my field.")
    yield partial(revise_rating, judgement=other, reason="a slip", **rated)  # type: ignore[arg-type]


def _locking() -> Iterator[Step]:
    study, now = trial(), timezone.now()
    for sign, statement in ((sign_data_lock, LOCK_STATEMENT), (sign_unblinding, UNBLINDING_STATEMENT)):
        for email in ("lead@example.org", "second@example.org"):
            yield partial(
                sign, study_id=study.pk, person=person(email), password=PASSWORD, statement=statement, now=now
            )


# All steps of the draft.
DRAFT = 17


def play(steps: int | None = None) -> Study:
    """Take all steps, or the first ones, and return the study."""
    for number, step in enumerate(whole_study(), start=1):
        step()
        if number == steps:
            break
    return trial()


def play_to(phase: str) -> Study:
    """Take the steps up to the one that moves the study to the phase."""
    for number, step in enumerate(whole_study(), start=1):
        step()
        if number > DRAFT and trial().phase == phase:
            break
    return trial()
