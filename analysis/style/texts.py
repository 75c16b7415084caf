"""The texts of the responses, as their authors wrote them and as they were sealed.

They stand under the key "texts" of arms.json, as {written: {response: text}, sealed: {response: text}}, and
nowhere else in a dataset: typography before normalising tells models from residents at a glance, so no text
leaves the application before the names of the arms do. The manifest fixes the hash of arms.json.
"""

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path

from analysis import schema
from analysis.references import DatasetError

KEY = "texts"
SCOPES = ("written", "sealed")


@dataclass(frozen=True)
class Texts:
    """One response before and after normalising and the curator's cuts, its sections apart by empty lines."""

    written: str
    sealed: str


def read_texts(folder: Path, responses: AbstractSet[str]) -> dict[str, Texts]:
    """Texts by public identifier of the response; none in a dataset that was frozen without them.

    Parameters
    ----------
    folder : Path
        With an arms.json whose checksum was compared with the manifest's.
    responses : set of str
        Identifiers in responses.csv.

    Raises
    ------
    DatasetError
        If the entry has another form or names an unknown response.
    """
    entry = json.loads((folder / schema.ARMS_FILE).read_bytes()).get(KEY)
    if entry is None:
        return {}
    written, sealed = (_of_responses(entry, scope) for scope in SCOPES)
    unknown = sorted({*written, *sealed} - responses)
    if unknown:
        raise DatasetError(f"{schema.ARMS_FILE}: {KEY}: response {unknown[0]} is not in responses.csv")
    if set(written) != set(sealed):
        raise DatasetError(f"{schema.ARMS_FILE}: {KEY}: {' and '.join(SCOPES)} must name the same responses")
    return {name: Texts(written[name], sealed[name]) for name in sorted(written)}


def _of_responses(entry: object, scope: str) -> dict[str, str]:
    texts = entry.get(scope) if isinstance(entry, dict) else None
    if not isinstance(texts, dict) or not all(isinstance(text, str) for text in texts.values()):
        raise DatasetError(f"{schema.ARMS_FILE}: {KEY}: {scope} must be an object of texts by response")
    return texts
