"""Reads of answering: a resident's list, the models' queue, what is open. Nothing here counts by arm."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, cast

from django.db.models import Count, F, Q, QuerySet, Sum

from study.participants.models import Participant, Role
from study.protocol.errors import NotFound
from study.protocol.models import Arm, Study, StudyVignette
from study.protocol.queries import (
    approval_exception,
    model_arms,
    resident_arms,
    robustness_of,
    unapproved_vignettes,
    variant_gaps,
)
from study.protocol.vocabulary import Phase
from study.responses.models import (
    AnsweringClosure,
    Draft,
    Generation,
    GenerationAttempt,
    ModelSetup,
    PlannedResponse,
    Response,
)
from vignettes.variants import ORIGINAL


@dataclass(frozen=True)
class PlannedAnswer:
    """One place of a resident's list: open, begun (a draft exists) or sent (with its receipt)."""

    planned: PlannedResponse
    response: Response | None
    is_begun: bool

    @property
    def position(self) -> int:
        return self.planned.position


def planned_for(participant: Participant) -> list[PlannedAnswer]:
    """Return the resident's own list in its stored order."""
    rows = PlannedResponse.objects.filter(resident=participant).select_related("study_vignette__version")
    responses = {response.study_vignette_id: response for response in responses_of(participant)}
    begun = set(Draft.objects.filter(planned__resident=participant).values_list("planned_id", flat=True))
    return [PlannedAnswer(row, responses.get(row.study_vignette_id), row.pk in begun) for row in rows]


def planned_at(participant: Participant, position: int) -> PlannedAnswer:
    """Return one place of the resident's own list, or raise NotFound."""
    for answer in planned_for(participant):
        if answer.position == position:
            return answer
    raise NotFound


def responses_of(participant: Participant) -> QuerySet[Response]:
    return Response.objects.filter(resident=participant)


def own_planned(planned_id: int, participant: Participant) -> PlannedResponse:
    """Return the planned response when it is the participant's, else raise NotFound."""
    rows = PlannedResponse.objects.filter(pk=planned_id, resident=participant)
    planned = rows.select_related("study", "study_vignette").first()
    if planned is None:
        raise NotFound
    return planned


def draft_of(planned: PlannedResponse) -> Draft | None:
    return Draft.objects.filter(planned=planned).first()


def closure_of(study: Study) -> AnsweringClosure | None:
    return AnsweringClosure.objects.filter(study=study).first()


def is_accepting(study: Study) -> bool:
    """Whether answers are accepted: the phase is answering and nobody has closed it."""
    return study.phase == Phase.ANSWERING and closure_of(study) is None


def consented_residents(study: Study) -> QuerySet[Participant]:
    """Return the residents who agreed, in the order in which they joined."""
    residents = study.participants.filter(role=Role.RESIDENT, consent__agreed=True, person__is_active=True)
    return residents.select_related("person").order_by("pk")


def opening_blockers(study: Study) -> list[str]:
    """Return, as sentences, what keeps answering from opening."""
    vignettes = study.study_vignettes.count()
    missing = [] if vignettes else ["The study has no vignette."]
    if 0 < vignettes < study.vignettes_per_resident:
        missing.append(
            f"Each resident answers {study.vignettes_per_resident} vignettes; the study has {vignettes}."
        )
    levels = set(consented_residents(study).values_list("level", flat=True))
    missing += [
        f"The arm {arm.label} has no resident who agreed to take part."
        for arm in resident_arms(study)
        if arm.level not in levels
    ]
    for arm in model_arms(study):
        missing += _model_blockers(study, arm)
    missing += variant_gaps(study)
    unapproved = [] if study.simulated else [vignette.code for vignette in unapproved_vignettes(study)]
    if unapproved and approval_exception(study) is None:
        missing.append(f"No clinician has approved {', '.join(unapproved)}, and no exception is signed.")
    return missing


def _model_blockers(study: Study, arm: Arm) -> list[str]:
    setup = ModelSetup.objects.filter(arm=arm).first()
    if setup is None:
        return [f"The arm {arm.label} has no model set up."]
    if setup.engine == ModelSetup.Engine.SCRIPTED and not study.simulated:
        return [f"The arm {arm.label} is scripted: a scripted engine answers in simulated studies only."]
    return []


@dataclass(frozen=True)
class PlannedDraw:
    """One draw that a model arm owes, whichever engine gives it."""

    arm: Arm
    study_vignette: StudyVignette
    variant: str
    draw: int


def planned_draws(study: Study) -> list[PlannedDraw]:
    """Return every draw that the study's model arms owe, imported ones too, by arm, vignette and draw.

    Beside its draws of the original, each arm owes one draw of each variant that the plan asks for.
    """
    variants = [(name, 1) for name in robustness_of(study).variants]
    setups = {setup.arm_id: setup for setup in ModelSetup.objects.filter(arm__study=study)}
    vignettes = list(study.study_vignettes.all())
    return [
        PlannedDraw(arm, vignette, variant, draw)
        for arm in model_arms(study)
        if arm.pk in setups
        for vignette in vignettes
        for variant, draw in [*((ORIGINAL, n + 1) for n in range(setups[arm.pk].draws)), *variants]
    ]


@dataclass(frozen=True)
class QueueRow:
    """The generations of one vignette by state, all model arms together."""

    code: str
    queued: int
    running: int
    done: int
    failed: int


@dataclass(frozen=True)
class GenerationBoard:
    """The models' queue: in all, by vignette, and why draws failed. `tokens_per_s` may be unmeasured."""

    total: QueueRow
    vignettes: list[QueueRow]
    problems: list[tuple[str, int, str]]
    awaited_imports: int
    tokens_per_s: float | None


def generation_board(study: Study) -> GenerationBoard:
    rows = Generation.objects.filter(study=study)
    by_vignette = rows.values(code=F("study_vignette__code")).annotate(**_state_counts())
    return GenerationBoard(
        total=QueueRow(code="", **rows.aggregate(**_state_counts())),
        vignettes=[
            QueueRow(**cast(dict[str, Any], row)) for row in by_vignette.order_by("study_vignette__position")
        ],
        problems=_problems(rows),
        awaited_imports=_awaited_imports(study),
        tokens_per_s=_tokens_per_s(study),
    )


def _state_counts() -> dict[str, Any]:
    return {state: Count("id", filter=Q(state=state)) for state in Generation.State.values}


def _problems(rows: QuerySet[Generation]) -> list[tuple[str, int, str]]:
    """Return (problem, number of rows, vignette codes) of failed and of waiting rows, commonest first."""
    troubled = rows.exclude(problem="").exclude(state=Generation.State.DONE)
    codes: dict[str, list[str]] = {}
    for problem, code in troubled.order_by("study_vignette__position").values_list(
        "problem", "study_vignette__code"
    ):
        codes.setdefault(problem, []).append(code)
    found = [(problem, len(items), ", ".join(dict.fromkeys(items))) for problem, items in codes.items()]
    return sorted(found, key=lambda row: -row[1])


def _awaited_imports(study: Study) -> int:
    imported = ModelSetup.objects.filter(arm__study=study, engine=ModelSetup.Engine.IMPORTED)
    arms = set(imported.values_list("arm_id", flat=True))
    return sum(owed.arm.pk in arms for owed in _owed_draws(study)) if arms else 0


def _tokens_per_s(study: Study) -> float | None:
    measured = GenerationAttempt.objects.filter(
        generation__study=study, completion_tokens__isnull=False, duration_s__gt=0
    ).aggregate(tokens=Sum("completion_tokens"), seconds=Sum("duration_s"))
    return measured["tokens"] / measured["seconds"] if measured["seconds"] else None


@dataclass(frozen=True)
class OpenAnswers:
    """What answering still owes: residents' answers and models' draws, as counts by vignette code."""

    residents: int
    resident_vignettes: dict[str, int]
    model_vignettes: dict[str, int]
    drafts: int

    @property
    def total(self) -> int:
        return sum(self.resident_vignettes.values()) + sum(self.model_vignettes.values())

    def as_json(self) -> dict[str, Any]:
        """Return the list as it is stored beside the closure."""
        return {
            "residents": self.residents,
            "resident_vignettes": self.resident_vignettes,
            "model_vignettes": self.model_vignettes,
            "drafts": self.drafts,
        }


def open_answers(study: Study) -> OpenAnswers:
    """Return what is not answered yet; people are counted, never named."""
    sent = set(
        Response.objects.filter(study=study, resident__isnull=False).values_list(
            "resident_id", "study_vignette_id"
        )
    )
    rows = PlannedResponse.objects.filter(study=study).values_list(
        "resident_id", "study_vignette_id", "study_vignette__code"
    )
    owed = [(resident, code) for resident, vignette, code in rows if (resident, vignette) not in sent]
    return OpenAnswers(
        residents=len({resident for resident, _ in owed}),
        resident_vignettes=_sorted_counts([code for _, code in owed]),
        model_vignettes=_sorted_counts([owed.study_vignette.code for owed in _owed_draws(study)]),
        drafts=Draft.objects.filter(planned__study=study).count(),
    )


def _owed_draws(study: Study) -> list[PlannedDraw]:
    given = set(
        Response.objects.filter(study=study, model_arm__isnull=False).values_list(
            "model_arm_id", "study_vignette_id", "variant", "draw"
        )
    )
    return [
        owed
        for owed in planned_draws(study)
        if (owed.arm.pk, owed.study_vignette.pk, owed.variant, owed.draw) not in given
    ]


def _sorted_counts(codes: list[str]) -> dict[str, int]:
    return dict(sorted(Counter(codes).items()))
