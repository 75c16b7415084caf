"""The reveal of the commitment that was published when rating opened.

The reveal holds the arms. So it is fixed at the data lock, where its hash enters the manifest, and becomes a
file only together with arms.json, when two people release the names.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from study.blinding.commitment import committed_items
from study.blinding.key import CommittedItems, SealKey
from study.blinding.models import ItemCommitment
from study.datasets.mismatch import DatasetMismatch
from study.protocol.commitments import (
    CommittedPlace,
    allocation_commitment,
    canonical,
    items_sha256,
    items_text,
    queues_text,
)
from study.protocol.models import Study
from study.ratings.models import Allocation, Assignment


@dataclass(frozen=True)
class Reveal:
    """The text of allocation.json, and what the manifest says of it; both empty without a commitment."""

    text: str
    entry: dict[str, Any] | None

    @property
    def sha256(self) -> str:
        """The hash of allocation.json, or an empty text."""
        return hashlib.sha256(self.text.encode()).hexdigest() if self.text else ""

    @property
    def entries(self) -> dict[str, Any]:
        """What the manifest says of the commitment and of the file that will reveal it."""
        return {"allocation_commitment": self.entry, "allocation_file_sha256": self.sha256 or None}


def reveal_of(study: Study) -> Reveal:
    """Return the reveal after the rows were compared with what was committed to.

    Raises DatasetMismatch, with the names of the responses, when an item is another response than it was at
    sealing, or a queue is another than it was when rating opened.
    """
    allocation = Allocation.objects.filter(study=study).exclude(commitment="").first()
    if allocation is None:  # sealed before there were commitments
        return Reveal("", None)
    committed = CommittedItems.objects.filter(study_id=study.pk).first()
    sealed = ItemCommitment.objects.filter(study=study).first()
    if committed is None or sealed is None:
        raise _mismatch("What was committed to at sealing is gone.")
    _require_same_items(study, committed)
    digest = items_sha256(committed.salt, committed.document)
    queues = queues_text(_places(study))
    if not digest == sealed.sha256 == allocation.items_sha256:
        raise _mismatch("The salt and the items do not give the hash that sealing published.")
    if allocation_commitment(digest, queues) != allocation.commitment:
        raise _mismatch("The queues are not those that were drawn when rating opened.")
    items = json.loads(committed.document)
    text = canonical({"salt": committed.salt, "items": items, "queues": json.loads(queues)}) + "\n"
    published = {"sha256": allocation.commitment, "published_at": allocation.allocated_at.isoformat()}
    return Reveal(text, {**published, "items_sha256": digest})


def _require_same_items(study: Study, committed: CommittedItems) -> None:
    keys = dict(SealKey.objects.filter(study_id=study.pk).values_list("item_id", "response_id"))
    now = json.loads(items_text(committed_items(study, keys)))
    then = json.loads(committed.document)
    if now == then:
        return
    before, after = ({each["response"]: each for each in rows} for rows in (then, now))
    changed = sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    raise _mismatch("These responses are not what they were when they were sealed.", changed)


def _places(study: Study) -> Iterable[CommittedPlace]:
    rows = Assignment.objects.filter(item__study=study).values_list(
        "rater_id", "position", "item__public_id", "copy", "guess_asked"
    )
    return (CommittedPlace(*row) for row in rows)


def _mismatch(what: str, details: Iterable[str] = ()) -> DatasetMismatch:
    sentence = f"{what} The allocation is not the one that was committed to. Nothing was signed."
    return DatasetMismatch(sentence, details=list(details))
