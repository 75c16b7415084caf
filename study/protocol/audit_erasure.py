"""Erasure of what the trail remembers of rows: salts and values go, the chain of hashes stays verifiable.

An erasing use case changes or deletes its rows inside `without_values`, calls `erase_history`, and records
its event. The hashes that stay tell nothing: whoever guesses a value cannot test the guess without the salt.
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Max, Q

from study.protocol.models import RowChange, RowChangeValue
from study.protocol.row_changes import DELETE


def erase_history(*, table: str, row_ids: Collection[int], now: datetime) -> int:
    """Empty what is kept beside every change of these rows and return the number of changes.

    The last change of a row that still stands keeps its salt, by which the row is compared. Raises ValueError
    when that change holds values: then the row was not erased inside `without_values` before.
    """
    changes = RowChange.objects.filter(table_name=table, row_id__in=row_ids)
    newest = changes.values("row_id").annotate(last=Max("id")).values("last")
    standing = changes.filter(id__in=newest).exclude(operation=DELETE)
    if standing.exclude(Q(values__old_values="") & Q(values__new_values="")).exists():
        raise ValueError(f"{table}: the last change of a row still holds values")
    kept = set(standing.values_list("values_id", flat=True))
    erased = set(changes.filter(values__erased_at__isnull=True).values_list("values_id", flat=True)) - kept
    RowChangeValue.objects.filter(pk__in=erased).update(
        salt=None, old_values=None, new_values=None, erased_at=now
    )
    return len(erased)
