"""Comparing the files of a frozen dataset with its manifest."""

import hashlib
import json
from pathlib import Path

from django.conf import settings

from analysis import schema
from study.datasets.emergency import EMERGENCY_FILE, emergency_csv
from study.datasets.mismatch import DatasetMismatch
from study.datasets.models import FrozenDataset


def dataset_folder(dataset: FrozenDataset) -> Path:
    return Path(settings.EXPORTS_DIR) / dataset.folder


def file_sha256(path: Path) -> str:
    """Return the SHA-256 (hex) of a file; raises DatasetMismatch when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise DatasetMismatch(
            f"{path.name} of the frozen dataset cannot be read. Put the folder back from a backup."
        ) from error


def frozen_hashes(dataset: FrozenDataset) -> dict[str, str]:
    """Return the SHA-256 that each frozen file must have, the manifest included, arms.json left out."""
    files = {name: entry["sha256"] for name, entry in dataset.manifest["files"].items()}
    return {**files, schema.MANIFEST_FILE: dataset.manifest_sha256}


def released_files(dataset: FrozenDataset) -> dict[str, bytes]:
    """Return the files that the unblinding releases: names, texts, allocation, early unblindings."""
    files = {schema.ARMS_FILE: dataset.arms.encode()}
    if dataset.texts:
        files[schema.TEXTS_FILE] = dataset.texts.encode()
    if dataset.allocation:
        files[schema.ALLOCATION_FILE] = dataset.allocation.encode()
    listed = emergency_csv(dataset.study_id)
    return files | ({EMERGENCY_FILE: listed} if listed else {})


def released_hashes(dataset: FrozenDataset) -> dict[str, str]:
    """Return the SHA-256 of each file that the unblinding releases."""
    return {name: hashlib.sha256(each).hexdigest() for name, each in released_files(dataset).items()}


def verify_files(dataset: FrozenDataset, *, named: bool) -> None:
    """Raise DatasetMismatch when a file differs from the manifest, or a released one lies there too early."""
    folder = dataset_folder(dataset)
    expected = frozen_hashes(dataset)
    released = released_hashes(dataset)
    if named:
        expected |= released
    elif any((folder / name).exists() for name in released):
        raise DatasetMismatch(
            "The names of the arms lie in the export folder of a study that is still blinded."
        )
    wrong = sorted(name for name, sha256 in expected.items() if file_sha256(folder / name) != sha256)
    if wrong:
        message = (
            "These files are not those that were frozen. Nothing was done with them; put them back first."
        )
        raise DatasetMismatch(message, details=wrong)
    if json.loads((folder / schema.MANIFEST_FILE).read_bytes()) != dataset.manifest:
        raise DatasetMismatch("The stored manifest is not the one in the folder. Nothing was done.")
