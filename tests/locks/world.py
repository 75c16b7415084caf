"""A study that the real services sealed and opened, with a custodian and every rating saved."""

import json
from pathlib import Path
from typing import Any

from study.datasets.emergency import unblind_item
from study.datasets.models import EmergencyUnblinding, FrozenDataset
from study.datasets.verification import dataset_folder
from study.participants.models import Participant, Role
from study.protocol.models import Study
from study.ratings.models import Assignment
from study.ratings.services import save_rating
from tests.builders import NOW, PASSWORD, members, participant
from tests.ratings.world import RATING, opened_study

REASON = "A ward was given the dose that this answer recommends."


def rated_study(**design: Any) -> Study:
    study = opened_study(vignettes=2, **design)
    participant(study, Role.CUSTODIAN, "custodian@example.org")
    for assignment in Assignment.objects.filter(item__study=study).select_related("rater"):
        save_rating(assignment=assignment, participant=assignment.rater, judgement=RATING, now=NOW)
    return study


def custodian(study: Study) -> Participant:
    return members(study, Role.CUSTODIAN)[0]


def unblind_one(study: Study, public_id: str, **changed: Any) -> EmergencyUnblinding:
    more = {"password": PASSWORD, "reason": REASON, "custodian": custodian(study), **changed}
    return unblind_item(study_id=study.pk, public_id=public_id, now=NOW, **more)


def folder_of(study: Study) -> Path:
    return dataset_folder(FrozenDataset.objects.get(study=study))


def manifest_of(study: Study) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder_of(study) / "manifest.json").read_text())
    return content
