"""The texts of the responses, as their authors wrote them and as they were sealed.

They stand in texts.json, as {written: {response: text}, sealed: {response: text}}, and nowhere else in a
dataset: typography before normalising tells models from residents at a glance, so no text leaves the
application before the names of the arms do. The manifest fixes the file's hash. A dataset can be passed on
without the file: people agreed to be rated, not to be published.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from analysis import schema
from analysis.dataset_files import released_object
from analysis.references import DatasetError

SCOPES = ("written", "sealed")


@dataclass(frozen=True)
class Texts:
    """One response before and after normalising and the curator's cuts, its sections apart by empty lines."""

    written: str
    sealed: str


def read_texts(folder: Path, manifest: Mapping[str, Any], responses: AbstractSet[str]) -> dict[str, Texts]:
    """Texts by public identifier of the response; none where the folder came without them.

    Parameters
    ----------
    folder : Path
        Of a dataset whose arms are named.
    manifest : mapping
        With the SHA-256 of the file, unless the dataset was frozen before texts were.
    responses : set of str
        Identifiers in responses.csv.

    Raises
    ------
    DatasetError
        If the file is not the one of the manifest, has another form or names an unknown response.
    """
    path = folder / schema.TEXTS_FILE
    if not path.exists():
        return {}
    entry = released_object(path, manifest.get("texts_file_sha256"))
    written, sealed = (_of_responses(entry, scope) for scope in SCOPES)
    unknown = sorted({*written, *sealed} - responses)
    if unknown:
        raise DatasetError(f"{schema.TEXTS_FILE}: response {unknown[0]} is not in responses.csv")
    if set(written) != set(sealed):
        raise DatasetError(f"{schema.TEXTS_FILE}: {' and '.join(SCOPES)} must name the same responses")
    return {name: Texts(written[name], sealed[name]) for name in sorted(written)}


def _of_responses(entry: Mapping[str, Any], scope: str) -> dict[str, str]:
    texts = entry.get(scope)
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise DatasetError(f"{schema.TEXTS_FILE}: {scope} must be an object of texts by response")
    return texts
