"""Reads for the freeze. The key is read here, once: rows in and rows out are asserted equal."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import QuerySet

from study.blinding.key import SealKey, StudySecret
from study.blinding.models import BlindedItem
from study.blinding.normalise import is_empty, normalise_sections
from study.datasets.inputs import (
    Author,
    Collected,
    Planned,
    Pseudonyms,
    Sealed,
)
from study.datasets.judging import judge_facts, judged_items
from study.datasets.mismatch import require
from study.datasets.models import FrozenDataset
from study.datasets.pseudonyms import lettered, numbered, shuffled
from study.datasets.rating_rows import (
    Gone,
    guesses_of,
    judgements_of,
    open_assignments,
    open_guesses,
    raters_of,
    withdrawn,
)
from study.datasets.style import style_counts
from study.judging.queries import OpenJudgements, open_judgements
from study.participants.models import Role
from study.protocol.models import Signature, Study
from study.protocol.queries import resident_arms, signatures
from study.protocol.vocabulary import Meaning
from study.responses.models import PlannedResponse, Response
from study.responses.queries import planned_draws

ORIGINAL = "original"


def frozen_dataset(study: Study) -> FrozenDataset | None:
    return FrozenDataset.objects.filter(study=study).first()


def study_secret(study: Study) -> str:
    secret = StudySecret.objects.filter(study_id=study.pk).values_list("secret", flat=True).first()
    require(secret is not None, "the study has no secret, so it was never sealed")
    return str(secret)


def signatures_for(study: Study, data_sha256: str) -> QuerySet[Signature]:
    """Return the data-lock signatures that name exactly these data; a rating saved later voids them."""
    return signatures(study, Meaning.DATA_LOCK).filter(subject_sha256=data_sha256)


@dataclass(frozen=True)
class OpenRatings:
    """What one rater still owes: how many, and at which places of the own queue."""

    rater: str
    positions: list[int]


@dataclass(frozen=True)
class LockState:
    """What the data lock waits for; `voided` counts signatures under data that have changed since.

    Open judgements do not hold it up.
    """

    open_ratings: list[OpenRatings]
    open_guesses: int
    open_judgements: list[OpenJudgements]
    signatures: list[Signature]
    voided: int
    dataset: FrozenDataset | None


def lock_state(study: Study, data_sha256: str) -> LockState:
    """Return the state of the lock for the data with this hash."""
    left: dict[str, list[int]] = {}
    for assignment in open_assignments(study):
        person = assignment.rater.person
        left.setdefault(person.name or person.email, []).append(assignment.position)
    dataset = frozen_dataset(study)
    counted = list(signatures_for(study, dataset.data_sha256 if dataset else data_sha256))
    return LockState(
        open_ratings=[OpenRatings(rater, positions) for rater, positions in left.items()],
        open_guesses=open_guesses(study),
        open_judgements=open_judgements(study),
        signatures=counted,
        voided=signatures(study, Meaning.DATA_LOCK).count() - len(counted),
        dataset=dataset,
    )


@dataclass(frozen=True)
class UnblindingState:
    signatures: list[Signature]
    dataset: FrozenDataset | None


def unblinding_state(study: Study) -> UnblindingState:
    return UnblindingState(list(signatures(study, Meaning.UNBLINDING)), frozen_dataset(study))


def sealed_responses(study: Study) -> list[tuple[BlindedItem, Response]]:
    """Return each item with its response: from the key by its ids, in two queries."""
    keys = SealKey.objects.filter(study_id=study.pk)
    items = {item.pk: item for item in BlindedItem.objects.filter(pk__in=keys.values("item_id"))}
    answers = Response.objects.filter(pk__in=keys.values("response_id")).select_related("resident")
    responses = {response.pk: response for response in answers}
    pairs = [(items[key.item_id], responses[key.response_id]) for key in keys.order_by("item_id")]
    sealed = BlindedItem.objects.filter(study=study).count()
    require(
        len(pairs) == len(items) == len(responses) == sealed,
        f"{len(pairs)} keys, {len(items)} items, {len(responses)} responses and {sealed} sealed items",
    )
    same = all(
        item.study_id == response.study_id == study.pk
        and item.study_vignette_id == response.study_vignette_id
        for item, response in pairs
    )
    require(same, "a key ties an item and a response of two vignettes")
    return pairs


def collect(study: Study) -> Collected:
    """Gather every planned response with what became of it, and every judgement and guess.

    What was withdrawn is not there at all: neither planned nor given.
    """
    gone = withdrawn(study)
    codes = dict(study.study_vignettes.values_list("pk", "code"))
    arm_of_level = {arm.level: arm.pk for arm in resident_arms(study)}
    pairs = [pair for pair in sealed_responses(study) if pair[0].pk not in gone.items]
    sealed = {
        _planned(response, codes, arm_of_level): Sealed(
            item.pk, item.public_id, item.wave, style_counts(item.sections)
        )
        for item, response in pairs
    }
    require(len(sealed) == len(pairs), "two sealed responses answer the same plan")
    keyed = SealKey.objects.filter(study_id=study.pk).values("response_id")
    rest = Response.objects.filter(study=study).exclude(pk__in=keyed).select_related("resident")
    rest = rest.exclude(resident__in=gone.residents, resident__isnull=False)
    lost = [response.pk for response in rest if not is_empty(normalise_sections(response.sections))]
    require(not lost, f"{len(lost)} responses with text have no sealed item")
    unsealed = frozenset(_planned(response, codes, arm_of_level) for response in rest)
    planned = _plan_of_residents(study, codes, arm_of_level, gone) | _plan_of_models(study, codes)
    return Collected(
        planned=tuple(sorted(planned | set(sealed) | unsealed)),
        sealed=sealed,
        unsealed=unsealed,
        judgements=judgements_of(study, gone),
        guesses=guesses_of(study, gone),
        raters=raters_of(study, gone),
        judges=judge_facts(study),
        judged=tuple(each for each in judged_items(study) if each.item not in gone.items),
    )


def _planned(response: Response, codes: Mapping[int, str], arm_of_level: Mapping[str, int]) -> Planned:
    resident = response.resident
    if resident is not None:
        author = Author("resident", resident.pk, arm_of_level[resident.level])
    else:
        arm = response.model_arm_id
        assert arm is not None  # noqa: S101  a CHECK constraint: exactly one author
        author = Author("model", arm, arm)
    return Planned(codes[response.study_vignette_id], author, response.draw, response.variant)


def _plan_of_residents(
    study: Study, codes: Mapping[int, str], arm_of_level: Mapping[str, int], gone: Gone
) -> set[Planned]:
    rows = PlannedResponse.objects.filter(study=study).exclude(resident__in=gone.residents)
    return {
        Planned(
            codes[row.study_vignette_id],
            Author("resident", row.resident_id, arm_of_level[row.resident.level]),
            1,
            ORIGINAL,
        )
        for row in rows.select_related("resident")
    }


def _plan_of_models(study: Study, codes: Mapping[int, str]) -> set[Planned]:
    return {
        Planned(
            codes[owed.study_vignette.pk], Author("model", owed.arm.pk, owed.arm.pk), owed.draw, owed.variant
        )
        for owed in planned_draws(study)
    }


def draw_pseudonyms(study: Study, collected: Collected) -> Pseudonyms:
    """Permute arms, authors and raters by the study's secret; models and residents share one series."""
    secret = study_secret(study)
    arms = {arm.pk: arm.name for arm in study.arms.all()}
    people = dict(
        study.participants.filter(role__in=[Role.RESIDENT, Role.RATER]).values_list("pk", "person__email")
    )
    authors = {
        author: arms[author.arm] if author.kind == "model" else people[author.number]
        for author in {planned.author for planned in collected.planned}
    }
    raters = {rater: people[rater] for rater in collected.raters}
    return Pseudonyms(
        authors=numbered("S", shuffled(secret, "datasets.responder", authors)),
        arms=lettered(shuffled(secret, "datasets.arm", arms)),
        raters=numbered("R", shuffled(secret, "datasets.rater", raters)),
    )
