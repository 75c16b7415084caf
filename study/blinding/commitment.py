"""Which response each item is: what sealing commits to and the freeze compares; the caller has the key."""

import hashlib
import secrets
from collections.abc import Mapping

from study.blinding.models import BlindedItem
from study.protocol.commitments import CommittedItem
from study.protocol.models import Study
from study.protocol.queries import resident_arms
from study.responses.models import Response


def committed_items(study: Study, response_of: Mapping[int, int]) -> list[CommittedItem]:
    """Return what is committed to, given the response's id of each item's id."""
    arm_of_level = {arm.level: arm.name for arm in resident_arms(study)}
    answers = Response.objects.filter(pk__in=response_of.values()).select_related("resident", "model_arm")
    responses = {response.pk: response for response in answers}
    return [
        _committed(item, responses[response_of[item.pk]], arm_of_level)
        for item in BlindedItem.objects.filter(pk__in=response_of).select_related("study_vignette")
    ]


def _committed(item: BlindedItem, response: Response, arm_of_level: Mapping[str, str]) -> CommittedItem:
    arm = response.model_arm
    resident = response.resident
    return CommittedItem(
        response=item.public_id,
        vignette=item.study_vignette.code,
        variant=response.variant,
        arm=arm.name if arm else arm_of_level[resident.level] if resident else "",
        draw=response.draw,
        wave=item.wave,
    )


def commitment_salt(study: Study) -> str:
    """Return 32 random bytes (hex); a simulated study repeats its own from the seed."""
    if not study.simulated:
        return secrets.token_bytes(32).hex()
    return hashlib.sha256(f"commitment of a simulation\n{study.slug}\n{study.seed}".encode()).hexdigest()
