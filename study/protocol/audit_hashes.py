"""The canonical form of events and changes, and their hashes. It never changes: stored hashes depend on it.

A form is a JSON list of the fields below in their order, ASCII, without spaces, keys sorted, instants in UTC
with microseconds.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

GENESIS: Final = "0" * 64
EVENT_FIELDS: Final = (
    "chain",
    "sequence",
    "previous_sha256",
    "study_id",
    "person_id",
    "role",
    "action",
    "detail",
    "reason",
    "request_id",
    "at",
    "recorded_at",
    "act",
    "changes",
    "changes_sha256",
)
CHANGE_FIELDS: Final = (
    "id",
    "table_name",
    "row_id",
    "operation",
    "old_sha256",
    "new_sha256",
    "values_sha256",
    "values_id",
    "actor",
    "request_id",
    "act",
    "recorded_at",
)


def canonical(values: Sequence[Any]) -> bytes:
    text = json.dumps(values, default=_instant, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def _instant(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} has no canonical form")
    return value.astimezone(UTC).isoformat(timespec="microseconds")


def event_sha256(event: Any) -> str:
    """Return the hash of an event, or of anything with its fields."""
    return hashlib.sha256(canonical([getattr(event, name) for name in EVENT_FIELDS])).hexdigest()


def changes_sha256(changes: Iterable[Sequence[Any]]) -> tuple[int, str]:
    """Return the number of changes and the hash of them all, in the order given; each as CHANGE_FIELDS."""
    count, digest = 0, hashlib.sha256()
    for count, change in enumerate(changes, start=1):  # noqa: B007  the last one is the number
        digest.update(canonical(change) + b"\n")
    return count, digest.hexdigest()


def plain(value: Any) -> Any:
    """Return a JSON value that comes back from either database as it went in.

    PostgreSQL keeps numbers as decimals: 1e22 and -0.0 come back as whole numbers.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    return value
