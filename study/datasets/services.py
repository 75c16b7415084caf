"""The data lock freezes the dataset on arm codes; the unblinding releases the names of the arms."""

from datetime import datetime
from pathlib import Path

from django.conf import settings

from analysis import schema
from study.datasets import writer
from study.datasets.commitment import Reveal, reveal_of
from study.datasets.documents import WATERMARK, counts_of, manifest_of, sha256_of, to_json
from study.datasets.emergency import unblinding_times
from study.datasets.mismatch import DatasetMismatch
from study.datasets.models import FrozenDataset
from study.datasets.queries import frozen_dataset, signatures_for
from study.datasets.rating_rows import open_assignments
from study.datasets.snapshot import Snapshot, take_snapshot
from study.datasets.verification import dataset_folder, released_files, verify_files
from study.judging.services.judges import end_judging
from study.participants.models import Person, Role
from study.participants.policies import participant_of
from study.privacy.queries import withdrawal_counts
from study.protocol.errors import InvalidInput, PreconditionMissing
from study.protocol.models import Signature, Study
from study.protocol.queries import signatures
from study.protocol.services import sign
from study.protocol.transactions import locked_study, move_phase, record_event
from study.protocol.vocabulary import Meaning, Phase

SIGNATURES_NEEDED = 2
LOCK_STATEMENT = "I have read the list of open ratings. The data are final as they stand; I lock them."
UNBLINDING_STATEMENT = "The data are locked and will not change. I release the names of the arms."
WATERMARK_FILE = "WATERMARK.txt"
NAMES_RELEASED = (Phase.UNBLINDED, Phase.REPORTED)


def sign_data_lock(
    *, study_id: int, person: Person, password: str, statement: str, reason: str = "", now: datetime
) -> Signature:
    """Sign the data as they stand; the second investigator's signature on the same data freezes them.

    A signature names the hash of the data: a rating that is saved after it voids it. Raises InvalidInput for
    a wrong password, an empty statement, or open ratings without a reason; Conflict for a second signature
    by the same person; PreconditionMissing when there is no rating; DatasetMismatch when rows do not add up.
    """
    with locked_study(study_id, Phase.RATING) as study:
        participant_of(person, study.slug, Role.INVESTIGATOR)
        _require_statement(statement)
        reason = reason.strip()
        left = _open_ratings(study, reason)
        snapshot = take_snapshot(study)
        _require_ratings(snapshot)
        reveal = reveal_of(study)
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
        detail: dict[str, object] = {"data_sha256": snapshot.data_sha256, "open_ratings": left}
        if signatures_for(study, snapshot.data_sha256).count() >= SIGNATURES_NEEDED:
            detail["manifest_sha256"] = _freeze(study, snapshot, reveal, now).manifest_sha256
        action = "datasets.sign_data_lock"
        record_event(study=study, person=person, action=action, now=now, detail=detail, reason=reason)
    return signature


def _require_statement(statement: str) -> None:
    if not statement.strip():
        raise InvalidInput("A signature needs its statement: what you sign. Nothing was signed.")


def _open_ratings(study: Study, reason: str) -> int:
    left = open_assignments(study).count()
    if left and not reason:
        message = f"Open ratings: {left}. Say why the data are locked nevertheless: the report prints it."
        raise InvalidInput(f"{message} Nothing was signed.")
    return left


def _require_ratings(snapshot: Snapshot) -> None:
    if not snapshot.tables[schema.RATINGS.name]:
        raise PreconditionMissing("No rating was saved yet: there is nothing to lock. Nothing was signed.")


def _freeze(study: Study, snapshot: Snapshot, reveal: Reveal, now: datetime) -> FrozenDataset:
    """Write the dataset, store its manifest and lock the study; the folder gets its name last."""
    draft = writer.draft_folder(exports_dir(), study.slug)
    try:
        manifest = _write(study, draft, snapshot, reveal, now)
        dataset = FrozenDataset.objects.create(
            study=study,
            folder=study.slug,
            manifest=manifest[1],
            manifest_sha256=sha256_of(manifest[0]),
            data_sha256=snapshot.data_sha256,
            arms=snapshot.arms,
            arms_sha256=snapshot.arms_sha256,
            texts=snapshot.texts,
            allocation=reveal.text,
            pseudonyms=snapshot.pseudonyms,
            frozen_at=now,
        )
        end_judging(study, now=now)
        move_phase(study, Phase.LOCKED)
        writer.publish(draft, dataset_folder(dataset))
    except BaseException:
        writer.discard(draft)
        raise
    return dataset


def exports_dir() -> Path:
    return Path(settings.EXPORTS_DIR)


def _write(
    study: Study, draft: Path, snapshot: Snapshot, reveal: Reveal, now: datetime
) -> tuple[str, dict[str, object]]:
    watermark = WATERMARK if study.simulated else ""
    contents = dict(snapshot.files)
    for table in schema.TABLES:
        rows = snapshot.tables[table.name]
        contents[f"{table.name}.parquet"] = writer.parquet_bytes(table, rows, watermark)
    contents[schema.DICTIONARY_FILE] = writer.dictionary_bytes(watermark)
    contents[schema.PLAN_FILE] = snapshot.plan.text.encode()
    if watermark:
        notice = "Simulated data: scripted people and engines made everything in this folder.\n"
        contents[WATERMARK_FILE] = notice.encode()
    manifest = manifest_of(
        study,
        files=writer.with_rows(writer.write_files(draft, contents), snapshot.tables),
        counts=counts_of(snapshot.tables),
        said={
            **snapshot.hashes,
            **reveal.entries,
            "emergency_unblindings": unblinding_times(study),
            "withdrawals": withdrawal_counts(study),
        },
        now=now,
    )
    text = to_json(manifest)
    writer.write_files(draft, {schema.MANIFEST_FILE: text.encode()})
    return text, manifest


def sign_unblinding(
    *, study_id: int, person: Person, password: str, statement: str, now: datetime
) -> Signature:
    """Sign the release of the arms' names; the second investigator's signature releases arms.json.

    Raises as `sign_data_lock`, and DatasetMismatch when a frozen file is not what the manifest says.
    """
    with locked_study(study_id, Phase.LOCKED) as study:
        participant_of(person, study.slug, Role.INVESTIGATOR)
        _require_statement(statement)
        dataset = verify_frozen(study)
        signature = sign(
            study=study,
            person=person,
            meaning=Meaning.UNBLINDING,
            password=password,
            statement=statement.strip(),
            subject_sha256=dataset.manifest_sha256,
            now=now,
        )
        signed = signatures(study, Meaning.UNBLINDING).filter(subject_sha256=dataset.manifest_sha256)
        released = signed.count() >= SIGNATURES_NEEDED
        if released:
            move_phase(study, Phase.UNBLINDED)
        detail = {
            "manifest_sha256": dataset.manifest_sha256,
            "arms_sha256": dataset.arms_sha256,
            "released": released,
        }
        record_event(study=study, person=person, action="datasets.sign_unblinding", now=now, detail=detail)
    if released:
        # After the commit: before it, a crash would leave the names on disk of a study that is still blinded.
        release_arms(dataset)
    return signature


def release_arms(dataset: FrozenDataset) -> None:
    """Write the released files beside the frozen ones; repeating it changes nothing."""
    folder = dataset_folder(dataset)
    for name, content in released_files(dataset).items():
        if not (folder / name).exists():
            writer.replace_file(folder, name, content)


def _require_as_signed(dataset: FrozenDataset) -> None:
    """Refuse what is stored for the release unless it is what the manifest says; older datasets hold less."""
    stored = (
        ("names of the arms", dataset.arms, "arms_sha256"),
        ("texts", dataset.texts, "texts_file_sha256"),
        ("allocation", dataset.allocation, "allocation_file_sha256"),
    )
    for what, text, key in stored:
        if dataset.manifest.get(key) not in {None, sha256_of(text)}:
            raise DatasetMismatch(f"The stored {what}: not that of the manifest. Nothing was released.")


def verify_frozen(study: Study) -> FrozenDataset:
    """Return the frozen dataset after every file was compared with the manifest.

    Raises DatasetMismatch when a file is missing, differs, or when the arms' names lie there too early.
    """
    dataset = frozen_dataset(study)
    if dataset is None:
        raise PreconditionMissing("There is no dataset before the data lock.")
    _require_as_signed(dataset)
    if study.phase in NAMES_RELEASED:
        release_arms(dataset)
    verify_files(dataset, named=study.phase in NAMES_RELEASED)
    return dataset
