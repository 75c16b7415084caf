"""Short-lived values that every web process shares: counts of attempts, codes that were used.

They lie in the site's database. A count of its own per process would let each process be tried anew; a
server beside the database could fail alone, and would then either keep everybody out or stop counting.
Values are JSON, so that whoever can write a row cannot make a process run code; names are hashed with the
site's key, because they hold addresses of people and networks.
"""

import time
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.db import IntegrityError, models, transaction
from django.utils.crypto import salted_hmac

SWEEP_AT_ONCE = 100
NEVER = 10.0 * 365 * 24 * 3600


class SharedValue(models.Model):
    name = models.CharField(max_length=64, primary_key=True)
    value = models.JSONField()
    ends_at = models.FloatField(db_index=True, help_text="seconds since 1970")


class SharedCache(BaseCache):
    """Django's cache interface over that table; `add` is atomic, as a lock must be."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:  # noqa: ARG002  Django's
        super().__init__(params)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        row = self._row(key, value, timeout, version)
        ended = SharedValue.objects.filter(pk=row.pk, ends_at__lte=time.time())
        if ended.update(value=row.value, ends_at=row.ends_at):
            return True
        try:
            with transaction.atomic():
                row.save(force_insert=True)
        except IntegrityError:
            return False
        _sweep()
        return True

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        kept = SharedValue.objects.filter(pk=self._name(key, version), ends_at__gt=time.time())
        found = kept.values_list("value", flat=True).first()
        return default if found is None else found

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        SharedValue.objects.bulk_create(
            [self._row(key, value, timeout, version)],
            update_conflicts=True,
            unique_fields=["name"],
            update_fields=["value", "ends_at"],
        )

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        kept = SharedValue.objects.filter(pk=self._name(key, version), ends_at__gt=time.time())
        return bool(kept.update(ends_at=self._end(timeout)))

    def delete(self, key: Any, version: int | None = None) -> bool:
        return bool(SharedValue.objects.filter(pk=self._name(key, version)).delete()[0])

    def clear(self) -> None:
        SharedValue.objects.all().delete()

    def _row(self, key: Any, value: Any, timeout: Any, version: int | None) -> SharedValue:
        return SharedValue(name=self._name(key, version), value=value, ends_at=self._end(timeout))

    def _name(self, key: Any, version: int | None) -> str:
        return salted_hmac(__name__, self.make_key(key, version), algorithm="sha256").hexdigest()

    def _end(self, timeout: Any) -> float:
        end = self.get_backend_timeout(timeout)
        return time.time() + NEVER if end is None else end


def _sweep() -> None:
    """Delete some values that have ended; rows that another process sweeps at this moment are left to it."""
    ended = SharedValue.objects.filter(ends_at__lt=time.time())
    if not ended.exists():
        return
    with transaction.atomic():
        names = ended.select_for_update(skip_locked=True).values_list("pk", flat=True)[:SWEEP_AT_ONCE]
        SharedValue.objects.filter(pk__in=list(names)).delete()
