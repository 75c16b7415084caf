"""The commitment to the allocation: a hash published when rating opens, whose content is revealed at the end.

It has two parts, because nobody who opens rating may know an author. Sealing hashes which response each item
is, `SHA256(salt || items)`; opening hashes that digest with who rates what, `SHA256(digest || queues)`. The
salt has 32 random bytes, so that nobody finds the few possible answers by trying them. Pure.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class CommittedItem:
    """Which response one item is; `response` is its public id."""

    response: str
    vignette: str
    variant: str
    arm: str
    draw: int
    wave: int


@dataclass(frozen=True, order=True)
class CommittedPlace:
    """One place of a rater's queue; `rater` is any number of the rater, and stays out of the text."""

    rater: int
    position: int
    response: str
    copy: int
    guess_asked: bool


def canonical(value: Any) -> str:
    """Return the one JSON text of a value: ASCII, sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def items_text(items: Iterable[CommittedItem]) -> str:
    """Return the canonical text of all items, in public-id order."""
    return canonical([asdict(item) for item in sorted(items)])


def queues_text(places: Iterable[CommittedPlace]) -> str:
    """Return the canonical text of all queues; a queue names no rater, and their order tells none."""
    queues: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for place in sorted(places):
        entry = asdict(place)
        queues[entry.pop("rater")].append(entry)
    return canonical(sorted(queues.values(), key=canonical))


def items_sha256(salt: str, items: str) -> str:
    """Return SHA-256 (hex) of the salt's bytes (given as hex) and the items' canonical text."""
    return hashlib.sha256(bytes.fromhex(salt) + items.encode("ascii")).hexdigest()


def allocation_commitment(items_digest: str, queues: str) -> str:
    """Return SHA-256 (hex) of the items' digest (given as hex) and the queues' canonical text."""
    return hashlib.sha256(bytes.fromhex(items_digest) + queues.encode("ascii")).hexdigest()
