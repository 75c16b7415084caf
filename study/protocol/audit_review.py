"""Reads of the trail for the page that reviews it: who changed what from what to what, and why."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.apps import apps
from django.db.models import Count, Max, Min, QuerySet

from study.protocol.audit_blinding import BARE_ACTIONS, OPEN_ACTIONS, OPEN_TABLES
from study.protocol.models import AuditEvent, RowChange, Study
from study.protocol.row_changes import AUDITED_TABLES

VALUES_SHOWN: Final = 20


@dataclass(frozen=True)
class Wanted:
    """What the reviewer looks for; empty means anything. `person` is an id or "system"; days are UTC."""

    action: str = ""
    person: str = ""
    first_day: date | None = None
    last_day: date | None = None
    table: str = ""
    row: int | None = None
    request: str = ""


# No row has this number.
NOTHING: Final = Wanted(row=0)


@dataclass(frozen=True)
class ShownChange:
    """One or several changes: "2 rows of arm inserted", or one row with its columns before and after."""

    what: str
    columns: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class ShownEvent:
    """An event as the reviewer may see it."""

    event: AuditEvent
    is_bare: bool
    detail: list[tuple[str, str]]
    reason: str
    changes: list[ShownChange]


def visible_events(study: Study, *, whole: bool) -> QuerySet[AuditEvent]:
    """Return the study's events, the newest first: all of them, or those that a blinded person may see."""
    events = AuditEvent.objects.filter(chain=study.pk).select_related("person").order_by("-sequence")
    return events if whole else events.filter(action__in=OPEN_ACTIONS | BARE_ACTIONS)


def visible_tables(*, whole: bool) -> list[str]:
    """Return the audited tables whose rows may be named."""
    return sorted(AUDITED_TABLES if whole else OPEN_TABLES)


def found_events(study: Study, wanted: Wanted, *, whole: bool) -> QuerySet[AuditEvent]:
    """Return the visible events that the reviewer looks for; what is hidden is found by nothing."""
    events = visible_events(study, whole=whole)
    if wanted.action:
        events = events.filter(action=wanted.action)
    if wanted.person:
        person = None if wanted.person == "system" else int(wanted.person)
        events = events.filter(person__isnull=True) if person is None else events.filter(person=person)
    if wanted.first_day:
        events = events.filter(recorded_at__gte=_midnight(wanted.first_day))
    if wanted.last_day:
        events = events.filter(recorded_at__lt=_midnight(wanted.last_day + timedelta(days=1)))
    if wanted.request:
        events = events.filter(request_id=wanted.request)
    if wanted.table or wanted.row is not None:
        named = visible_tables(whole=whole)
        changes = RowChange.objects.filter(
            table_name__in=set(named) & {wanted.table or each for each in named}
        )
        if wanted.row is not None:
            changes = changes.filter(row_id=wanted.row)
        events = events.filter(act__in=changes.values("act"))
    return events


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=UTC)


def shown_events(events: Iterable[AuditEvent], *, whole: bool) -> list[ShownEvent]:
    """Return the events with what may be told of them."""
    listed = list(events)
    changes = _changes_by_act([event.act for event in listed], visible_tables(whole=whole))
    shown = []
    for event in listed:
        is_bare = not whole and event.action not in OPEN_ACTIONS
        detail = [] if is_bare else [(name, _text(value)) for name, value in event.detail.items()]
        reason = "" if is_bare else event.reason
        shown.append(ShownEvent(event, is_bare, detail, reason, changes.get(event.act, [])))
    return shown


def _changes_by_act(acts: list[str], tables: list[str]) -> dict[str, list[ShownChange]]:
    """Return per act: updated and deleted rows one by one with their values, all others as numbers."""
    changes = RowChange.objects.filter(act__in=acts, table_name__in=tables)
    groups = changes.values("act", "table_name", "operation").annotate(
        rows=Count("id"), first=Min("row_id"), last=Max("row_id")
    )
    valued = changes.filter(operation__in=["UPDATE", "DELETE"]).select_related("values").order_by("id")
    rows: dict[tuple[str, str, str], list[RowChange]] = defaultdict(list)
    for change in valued:
        rows[change.act, change.table_name, change.operation].append(change)
    found: dict[str, list[ShownChange]] = defaultdict(list)
    for group in groups.order_by("act", "table_name", "operation"):
        single = rows.get((group["act"], group["table_name"], group["operation"]), [])
        if single and len(single) <= VALUES_SHOWN:
            found[group["act"]] += [_one(change) for change in single]
        else:
            found[group["act"]].append(_several(group))
    return found


def _several(group: Mapping[str, Any]) -> ShownChange:
    label, verb = table_label(group["table_name"]), _VERBS[group["operation"]]
    if group["rows"] == 1:
        return ShownChange(f"{label} {group['first']} {verb}")
    return ShownChange(f"{group['rows']} rows of {label} {verb} ({group['first']} to {group['last']})")


def _one(change: RowChange) -> ShownChange:
    what = f"{table_label(change.table_name)} {change.row_id} {_VERBS[change.operation]}"
    values = change.values
    if values is None or values.erased_at is not None:
        return ShownChange(f"{what}; its values are erased")
    old, new = (json.loads(text) if text else {} for text in (values.old_values, values.new_values))
    return ShownChange(what, [(name, _text(old.get(name)), _text(new.get(name))) for name in old])


_VERBS: Final = {
    "INSERT": "added",
    "UPDATE": "changed",
    "DELETE": "deleted",
    "BASELINE": "found when the trail began",
    "ERASE": "erased",
}


def table_label(table: str) -> str:
    """Return a table as people call it: "study_sealkey" is the "seal key"."""
    for model in apps.get_models():
        if model._meta.db_table == table:
            return str(model._meta.verbose_name)
    return table


def _text(value: Any) -> str:
    if value is None or value == "":
        return "—"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
