"""Comparing the files of a frozen dataset with its manifest."""

import hashlib
import json
from pathlib import Path

from django.conf import settings

from analysis import schema
from study.datasets.models import FrozenDataset
from study.datasets.queries import DatasetMismatch


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


def verify_files(dataset: FrozenDataset, *, named: bool) -> None:
    """Raise DatasetMismatch when a file differs from the manifest, or arms.json lies there too early."""
    folder = dataset_folder(dataset)
    expected = frozen_hashes(dataset)
    if named:
        expected[schema.ARMS_FILE] = dataset.arms_sha256
    elif (folder / schema.ARMS_FILE).exists():
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
