"""Whether the allocation that was revealed is the one whose hash was published before rating began.

Nobody needs the site for this: the hashes are those of `allocation.json`, and its arms and queues are
compared with the dataset's tables.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from analysis import schema
from analysis.dataset_files import released_object
from analysis.references import DatasetError

KEY = "allocation_commitment"
NAMES_SHOWN = 5


def check_commitment(
    folder: Path, manifest: Mapping[str, Any], names: Mapping[str, str], frames: Mapping[str, pd.DataFrame]
) -> None:
    """Compare allocation.json with the published hash, with the arms and with the ratings.

    A manifest without a commitment is of a study that was sealed before there were any.

    Parameters
    ----------
    names : mapping
        Arm code -> name, from arms.json.
    frames : mapping
        The tables of the dataset by name.

    Raises
    ------
    DatasetError
        If the file is missing or changed, does not give the published hash, or tells of a response another
        arm, vignette, variant or draw than the tables do, or of a rater another queue.
    """
    entry = manifest.get(KEY)
    if entry is None:
        return
    path = folder / schema.ALLOCATION_FILE
    if not path.exists():
        raise _fault("cannot be read, although the names of the arms are released")
    document = released_object(path, manifest.get("allocation_file_sha256"))
    try:
        _check_hashes(document, entry)
        _check_items(document["items"], names, frames)
        _check_queues(document["queues"], frames["ratings"])
    except DatasetError:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _fault("is of another form than the commitment of the manifest") from error


def _check_hashes(document: Mapping[str, Any], entry: Mapping[str, Any]) -> None:
    salt = bytes.fromhex(document["salt"])
    items = hashlib.sha256(salt + _canonical(document["items"]))
    commitment = hashlib.sha256(items.digest() + _canonical(document["queues"]))
    if (items.hexdigest(), commitment.hexdigest()) != (entry["items_sha256"], entry["sha256"]):
        raise _fault(f"does not give the hash that was published on {entry['published_at'][:10]}")


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _check_items(
    items: Sequence[Mapping[str, Any]], names: Mapping[str, str], frames: Mapping[str, pd.DataFrame]
) -> None:
    committed = {
        each["response"]: (each["vignette"], each["arm"], each["variant"], each["draw"]) for each in items
    }
    given = frames["responses"].loc[frames["responses"]["response"] != ""]
    told = zip(
        given["response"], given["vignette"], given["arm"], given["variant"], given["draw"], strict=True
    )
    wrong = [
        response
        for response, vignette, arm, variant, draw in told
        if committed.get(response) != (vignette, names.get(arm), variant, draw)
    ]
    if wrong:
        raise _fault(f"tells another vignette, arm, variant or draw of {_listed(wrong)}")


def _check_queues(queues: Sequence[Sequence[Mapping[str, Any]]], ratings: pd.DataFrame) -> None:
    """Give each rater a queue that holds the ratings; no queue serves two."""
    places = [{(each["response"], each["copy"], each["position"]) for each in queue} for queue in queues]
    fitting: dict[str, list[int]] = {}
    for rater, rows in ratings.groupby("rater"):
        rated = set(zip(rows["response"], rows["copy"], rows["position"], strict=True))
        fitting[str(rater)] = [number for number, queue in enumerate(places) if rated <= queue]
    rater_of: dict[int, str] = {}
    for rater in fitting:
        if not _seated(rater, fitting, rater_of, set()):
            raise _fault(f"has no queue with the ratings of {rater}")


def _seated(
    rater: str, fitting: Mapping[str, Sequence[int]], rater_of: dict[int, str], tried: set[int]
) -> bool:
    """Give the rater a queue along an augmenting path (Kuhn 1955)."""
    for queue in fitting[rater]:
        if queue in tried:
            continue
        tried.add(queue)
        if queue not in rater_of or _seated(rater_of[queue], fitting, rater_of, tried):
            rater_of[queue] = rater
            return True
    return False


def _listed(names: Sequence[str]) -> str:
    more = len(names) - NAMES_SHOWN
    return ", ".join(names[:NAMES_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _fault(what: str) -> DatasetError:
    return DatasetError(f"{schema.ALLOCATION_FILE}: {what}")
