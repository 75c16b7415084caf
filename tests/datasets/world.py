"""A small study with saved ratings, its rows written directly: the stages before have tests of their own."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np

from analysis.plan import dump_plan, parse_plan
from study.blinding.key import SealKey, StudySecret
from study.blinding.models import BlindedItem
from study.datasets.services import LOCK_STATEMENT, UNBLINDING_STATEMENT, sign_data_lock, sign_unblinding
from study.participants.models import Participant, Person, Role
from study.protocol.models import Arm, Study, StudyVignette
from study.protocol.queries import current_plan, model_arms
from study.protocol.rubric import DIMENSION_CODES, SECTIONS
from study.protocol.services import change_plan, lock_plan, sign_approval_exception
from study.protocol.transactions import move_phase
from study.protocol.vocabulary import Phase
from study.ratings.models import Assignment, Rating, Score, SourceGuess
from study.responses.models import PlannedResponse, Response
from tests.builders import NOW, PASSWORD, add_people, draft_study, members, person

PHASES = [Phase.ANSWERING, Phase.SEALED, Phase.RATING]


def lead() -> Person:
    return person("lead@example.org")


def second() -> Person:
    return person("second@example.org")


def rated_study(
    *,
    slug: str = "trial",
    vignettes: int = 2,
    residents_per_level: int = 2,
    raters: int = 3,
    simulated: bool = True,
) -> Study:
    """Return a study in the phase rating: every response is sealed and rated, models a point better."""
    study = draft_study(slug=slug, vignettes=vignettes, simulated=simulated)
    if not simulated:
        reason = "A pilot."
        sign_approval_exception(study_id=study.pk, person=lead(), password=PASSWORD, reason=reason, now=NOW)
    add_people(study, residents_per_level=residents_per_level, raters=raters)
    _plan_less(study)
    lock_plan(study_id=study.pk, person=lead(), password=PASSWORD, now=NOW)
    responses = [*_resident_responses(study), *_model_responses(study)]
    items = _seal(study, responses)
    _rate(study, items)
    for phase in PHASES:
        move_phase(study, phase)
    return study


def _plan_less(study: Study) -> None:
    """Fewer draws and two sensitivities: these tests look at files, not at the third digit."""
    stored = current_plan(study)
    assert stored is not None
    plan = parse_plan(stored.text)
    few = tuple(each for each in plan.sensitivities if each["name"] in ("leave_one_rater_out", "strata"))
    small = replace(plan, bootstrap=replace(plan.bootstrap, draws=999), sensitivities=few)
    change_plan(study_id=study.pk, person=lead(), text=dump_plan(small), reason="A test.", now=NOW)


def _resident_responses(study: Study) -> Iterator[Response]:
    """Give each resident one vignette, level by level in turn."""
    vignettes = list(study.study_vignettes.all())
    for place, resident in enumerate(members(study, Role.RESIDENT)):
        vignette = vignettes[place % len(vignettes)]
        PlannedResponse.objects.create(
            study=study, resident=resident, study_vignette=vignette, position=1, seed=1, algorithm="1"
        )
        yield _response(study, vignette, f"Resident answer {place}.", resident=resident)


def _model_responses(study: Study) -> Iterator[Response]:
    for arm, vignette in product(model_arms(study), study.study_vignettes.all()):
        yield _response(study, vignette, f"Answer of {arm.name} to {vignette.code}.", model_arm=arm)


def _response(
    study: Study,
    vignette: StudyVignette,
    text: str,
    *,
    resident: Participant | None = None,
    model_arm: Arm | None = None,
) -> Response:
    sections = dict.fromkeys(SECTIONS, f"{text} Give 5 mg.\n- First point")
    return Response.objects.create(
        study=study,
        study_vignette=vignette,
        resident=resident,
        model_arm=model_arm,
        sections=sections,
        text_sha256=hashlib.sha256(text.encode()).hexdigest(),
        receipt="ABCDEFGH",
        submitted_at=NOW,
    )


def _seal(study: Study, responses: list[Response]) -> list[tuple[BlindedItem, float]]:
    StudySecret.objects.create(study_id=study.pk, secret=hashlib.sha256(study.slug.encode()).hexdigest())
    items = []
    for response in responses:
        public_id = hashlib.sha256(f"{study.slug}{response.pk}".encode()).hexdigest()[:26].upper()
        item = BlindedItem.objects.create(
            study=study,
            study_vignette_id=response.study_vignette_id,
            public_id=public_id,
            sections=response.sections,
            normaliser_version="1",
            sealed_at=NOW,
        )
        SealKey.objects.create(study_id=study.pk, item_id=item.pk, response_id=response.pk)
        items.append((item, 4.0 if response.model_arm_id else 3.0))
    return items


def _rate(study: Study, items: list[tuple[BlindedItem, float]]) -> None:
    rng = np.random.default_rng(11)
    for rater in members(study, Role.RATER):
        for position, (item, quality) in enumerate(items, start=1):
            assignment = Assignment.objects.create(
                rater=rater, item=item, position=position, guess_asked=position == 1
            )
            save_rating(assignment, {code: quality + rng.integers(-1, 2) for code in DIMENSION_CODES})
            if assignment.guess_asked:
                SourceGuess.objects.create(
                    assignment=assignment, guess="model", certainty=2, reason="tone,\n length", guessed_at=NOW
                )


def save_rating(
    assignment: Assignment, scores: dict[str, float], *, revision: int = 1, active_seconds: float = 30.5
) -> Rating:
    """Save one rating; without scores the rater could not judge."""
    judged = {"harm_extent": "mild", "harm_likelihood": "low", "omission": True, "confidence": 2}
    abstained = {"cannot_judge": True, "cannot_judge_reason": "Not my field."}
    rating = Rating.objects.create(
        assignment=assignment,
        revision=revision,
        reason="" if revision == 1 else "A slip.",
        error_tags=["omission", "hallucination"] if scores else [],
        active_seconds=active_seconds,
        saved_at=NOW,
        **(judged if scores else abstained),
    )
    Score.objects.bulk_create(
        Score(rating=rating, dimension=code, value=int(value)) for code, value in scores.items()
    )
    return rating


def lock(study: Study, *people: Person, reason: str = "") -> None:
    """Sign the data lock; by both investigators when nobody is named."""
    for signer in people or (lead(), second()):
        sign_data_lock(
            study_id=study.pk,
            person=signer,
            password=PASSWORD,
            statement=LOCK_STATEMENT,
            reason=reason,
            now=NOW,
        )
    study.refresh_from_db()


def unblind(study: Study, *people: Person) -> None:
    """Sign the unblinding; by both investigators when nobody is named."""
    for signer in people or (lead(), second()):
        sign_unblinding(
            study_id=study.pk, person=signer, password=PASSWORD, statement=UNBLINDING_STATEMENT, now=NOW
        )
    study.refresh_from_db()
