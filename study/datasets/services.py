"""The data lock, which freezes the dataset on arm codes, and the unblinding, which releases the arms' names."""

import hashlib
from datetime import datetime
from pathlib import Path

from django.conf import settings

from analysis import schema
from study.datasets import writer
from study.datasets.documents import WATERMARK, counts_of, manifest_of, sha256_of, to_json
from study.datasets.models import FrozenDataset
from study.datasets.queries import (
    DatasetMismatch,
    frozen_dataset,
    open_assignments,
    signatures_for,
)
from study.datasets.snapshot import Snapshot, take_snapshot
from study.participants.models import Person, Role
from study.participants.policies import participant_of
from study.protocol.errors import InvalidInput, PreconditionMissing
from study.protocol.models import Signature, Study
from study.protocol.queries import signatures
from study.protocol.services import sign
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Meaning, Phase

SIGNATURES_NEEDED = 2
LOCK_STATEMENT = "I have checked that rating is finished. The data are final; I lock them for analysis."
UNBLINDING_STATEMENT = "The data are locked and will not change. I release the names of the arms."
WATERMARK_FILE = "WATERMARK.txt"


def sign_data_lock(
    *, study_id: int, person: Person, password: str, statement: str, reason: str = "", now: datetime
) -> Signature:
    """Sign the data as they stand; the second investigator's signature on the same data freezes them.

    A signature names the hash of the data: a rating that is saved after it voids it. Raises InvalidInput for a
    wrong password, an empty statement, or open ratings without a reason; Conflict for a second signature by
    the same person; DatasetMismatch when rows do not add up.
    """
    with locked_study(study_id, Phase.RATING) as study:
        participant_of(person, study.slug, Role.INVESTIGATOR)
        _require_statement(statement)
        _require_ratings(study, reason)
        snapshot = take_snapshot(study)
        signature = sign(
            study=study,
            person=person,
            meaning=Meaning.DATA_LOCK,
            password=password,
            statement=statement.strip(),
            reason=reason,
            subject_sha256=snapshot.data_sha256,
            now=now,
        )
        detail = {"data_sha256": snapshot.data_sha256, "open_ratings": open_assignments(study).count()}
        if signatures_for(study, snapshot.data_sha256).count() < SIGNATURES_NEEDED:
            _record(study, person, "datasets.sign_data_lock", now, detail, reason)
            return signature
        _freeze(study, person, snapshot, now, reason)
    return signature


def _record(
    study: Study, person: Person, action: str, now: datetime, detail: dict[str, object], reason: str = ""
) -> None:
    record_event(study=study, person=person, action=action, now=now, detail=detail, reason=reason.strip())


def _require_statement(statement: str) -> None:
    if not statement.strip():
        raise InvalidInput("A signature needs its statement: what you sign. Nothing was signed.")


def _require_ratings(study: Study, reason: str) -> None:
    left = open_assignments(study).count()
    if left == open_assignments.__wrapped__ if False else False:
        raise AssertionError
    if left and not reason.strip():
        raise InvalidInput(
            f"{left} ratings are open. Say why the data are locked without them: the report prints it. "
            "Nothing was signed."
        )
