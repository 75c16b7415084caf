"""Answering opens: every resident gets a stored list, every model draw a row in the queue."""

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from django.db.models import Count

from study.participants.models import Participant, Person
from study.participants.policies import has_agreed
from study.protocol.errors import PreconditionMissing
from study.protocol.models import Study
from study.protocol.seeds import derive_seed
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Phase
from study.responses.design import DESIGN_ALGORITHM, choose_vignettes
from study.responses.models import Generation, ModelSetup, PlannedResponse
from study.responses.queries import (
    PlannedDraw,
    consented_residents,
    is_accepting,
    opening_blockers,
    planned_draws,
)
from vignettes.variants import ORIGINAL


def open_answering(*, study_id: int, person: Person, now: datetime) -> Study:
    """Open answering: plan the residents' lists, queue the models' draws, move the phase.

    Raises PreconditionMissing with every missing thing as a sentence, PhaseClosed when the study is no draft.
    """
    with locked_study(study_id, Phase.DRAFT) as study:
        missing = opening_blockers(study)
        if missing:
            raise PreconditionMissing("Answering cannot open yet. Nothing was changed.", details=missing)
        residents = list(consented_residents(study))
        for resident in residents:
            _plan_resident(study, resident)
        draws = _queue_draws(study, now)
        move_phase(study, Phase.ANSWERING)
        detail = {"residents": len(residents), "draws": draws, "algorithm": DESIGN_ALGORITHM}
        record_event(study=study, person=person, action="responses.open_answering", now=now, detail=detail)
    return study


def ensure_planned(*, participant: Participant, now: datetime) -> None:
    """Give a resident who agreed after the opening a list of the least-covered vignettes; once only."""
    if not has_agreed(participant) or not is_accepting(participant.study) or _is_planned(participant):
        return
    with locked_study(participant.study_id) as study:
        if _is_planned(participant) or not is_accepting(study):
            return
        _plan_resident(study, participant)
        record_event(study=study, person=participant.person, action="responses.plan_late_resident", now=now)


def _is_planned(participant: Participant) -> bool:
    return PlannedResponse.objects.filter(resident=participant).exists()


def _plan_resident(study: Study, resident: Participant) -> None:
    peers = PlannedResponse.objects.filter(study=study, resident__level=resident.level)
    # The ordinal within the level and no database id: the same study plans the same lists on every machine.
    ordinal = peers.aggregate(people=Count("resident", distinct=True))["people"]
    seed = derive_seed(study.seed, "vignettes", resident.level, ordinal)
    chosen = choose_vignettes(
        _coverage(study, resident.level), study.vignettes_per_resident, np.random.default_rng(seed)
    )
    PlannedResponse.objects.bulk_create(
        PlannedResponse(
            study=study,
            resident=resident,
            study_vignette_id=vignette_id,
            position=position,
            seed=seed,
            algorithm=DESIGN_ALGORITHM,
        )
        for position, vignette_id in enumerate(chosen, start=1)
    )


def _coverage(study: Study, level: str) -> Mapping[int, int]:
    """Return how many residents of the level have each vignette.

    Keyed by id; ids of a study rise with its stored order, so that sorting them gives the stored order.
    """
    counts = dict.fromkeys(study.study_vignettes.order_by("pk").values_list("pk", flat=True), 0)
    planned = PlannedResponse.objects.filter(study=study, resident__level=level)
    counts.update(planned.values_list("study_vignette").annotate(people=Count("id")))
    return counts


def _queue_draws(study: Study, now: datetime) -> int:
    """Queue the models' draws, those of the originals first, and return their number.

    Imported answers have no queue.
    """
    imported = ModelSetup.objects.filter(arm__study=study, engine=ModelSetup.Engine.IMPORTED)
    arms = set(imported.values_list("arm_id", flat=True))
    rows = [
        Generation(
            study=study,
            arm=owed.arm,
            study_vignette=owed.study_vignette,
            variant=owed.variant,
            draw=owed.draw,
            seed=_first_seed(study, owed),
            queued_at=now,
            due_at=now,
        )
        for owed in planned_draws(study)
        if owed.arm.pk not in arms
    ]
    # Whatever cuts answering short then costs variants, and not the primary analysis.
    rows.sort(key=lambda row: row.variant != ORIGINAL)
    return len(Generation.objects.bulk_create(rows))


def _first_seed(study: Study, owed: PlannedDraw) -> int:
    return draw_seed(
        study, owed.arm.name, owed.study_vignette.code, owed.draw, attempt=1, variant=owed.variant
    )


def draw_seed(
    study: Study, arm_name: str, code: str, draw: int, *, attempt: int, variant: str = ORIGINAL
) -> int:
    """Return the seed of one attempt at one draw."""
    return derive_seed(study.seed, "draw", arm_name, code, variant, draw, attempt)
