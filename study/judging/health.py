"""What an investigator must know of the judges' queue: interruptions that go on, and a standstill."""

from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.db.models import Count, Max

from study.judging.models import Judgement
from study.judging.queries import last_finished, owed_judgements, waiting_since
from study.protocol.models import Study

ALARM_AT: Final = 3


def alarms(study: Study, now: datetime) -> list[str]:
    """Return one sentence each; usually nothing."""
    return [*_interrupted(study), *filter(None, [standstill(now, study)])]


def _interrupted(study: Study) -> list[str]:
    rows = owed_judgements(study).filter(interruptions__gt=0)
    found = rows.aggregate(number=Count("pk"), most=Max("interruptions"))
    if (found["most"] or 0) < ALARM_AT:
        return []
    latest = rows.exclude(problem="").order_by("-due_at", "-pk").values_list("problem", flat=True).first()
    judgements = "1 judgement was" if found["number"] == 1 else f"{found['number']} judgements were"
    times = f"up to {found['most']} times: last reason: {latest}"
    return [f"{judgements} interrupted, {times}. Nothing is lost; the worker tries again by itself."]


def standstill(now: datetime, study: Study | None = None) -> str:
    """Say that judgements wait and none gets finished, of this study or of any; "" when that is not so."""
    owed = owed_judgements(study)
    since, last = waiting_since(owed), last_finished()
    patience = timedelta(seconds=settings.QUEUE_STALL_S)
    if since is None or now - max(since, last or since) < patience:
        return ""
    due = owed.filter(state=Judgement.State.QUEUED, due_at__lte=now).count()
    told = f"{last:%Y-%m-%d %H:%M:%S} UTC" if last else "never"
    head = f"No judgement was finished for {settings.QUEUE_STALL_S / 60:g} minutes (the last one: {told})"
    return f"{head}, and {due} are due: is a worker running?"
