"""Reads of judging: the judges, their queue, what is open. No score and no statistic is read here."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Min, Q, QuerySet

from study.blinding.models import BlindedItem
from study.judging.models import Judge, Judgement, Outcome
from study.protocol.errors import NotFound
from study.protocol.leases import UNFINISHED
from study.protocol.models import Study
from study.protocol.vocabulary import Phase

# Items exist from sealing on, and the data lock freezes what was scored.
JUDGING_PHASES = (Phase.SEALED, Phase.RATING)


def is_judging(study: Study) -> bool:
    """Whether judges may be set up and run now."""
    return study.phase in JUDGING_PHASES


def judges_of(study: Study) -> QuerySet[Judge]:
    return Judge.objects.filter(study=study)


def judge_named(study: Study, name: str) -> Judge:
    """Return the study's judge of that name, or raise NotFound."""
    judge = judges_of(study).filter(name=name).first()
    if judge is None:
        raise NotFound
    return judge


def items_to_judge(study: Study) -> QuerySet[BlindedItem]:
    """Return every sealed item, in the order of the public ids, those that no rater gets among them."""
    return BlindedItem.objects.filter(study=study).order_by("public_id")


def has_started(judge: Judge) -> bool:
    return judge.judgements.exists()


def owed_judgements(study: Study | None = None) -> QuerySet[Judgement]:
    """Return the judgements that somebody has to work on, due or not, where judges may run."""
    rows = Judgement.objects.filter(state__in=UNFINISHED, judge__study__phase__in=JUDGING_PHASES)
    return rows.filter(judge__study=study) if study else rows


def due_judgements(now: datetime) -> QuerySet[Judgement]:
    """Return the rows that may be claimed now, longest due first."""
    rows = owed_judgements().filter(state=Judgement.State.QUEUED, due_at__lte=now)
    return rows.order_by("due_at", "pk")


def last_finished(study: Study | None = None) -> datetime | None:
    rows = Judgement.objects.filter(judge__study=study) if study else Judgement.objects.all()
    last: datetime | None = rows.aggregate(last=Max("finished_at"))["last"]
    return last


def waiting_since(rows: QuerySet[Judgement]) -> datetime | None:
    since: datetime | None = rows.aggregate(since=Min("queued_at"))["since"]
    return since


@dataclass(frozen=True)
class JudgeProgress:
    """How far one judge is: rows by state, finished ones by outcome, and what troubles the others.

    `problems` are (reason, number of rows), the commonest first.
    """

    judge: Judge
    total: int
    queued: int
    running: int
    done: int
    failed: int
    outcomes: list[tuple[str, int]] = field(default_factory=list)
    problems: list[tuple[str, int]] = field(default_factory=list)


def progress_of(judge: Judge) -> JudgeProgress:
    """Return how far the judge is; all counts are 0 before its start."""
    rows = judge.judgements.all()
    states: dict[str, Any] = {state: Count("pk", filter=Q(state=state)) for state in Judgement.State.values}
    counts = rows.aggregate(total=Count("pk"), **states)
    by_outcome = dict(_counted(rows.exclude(outcome=""), "outcome"))
    troubled = rows.exclude(problem="").exclude(state=Judgement.State.DONE)
    return JudgeProgress(
        judge=judge,
        outcomes=[(str(each.label), by_outcome[each]) for each in Outcome if each in by_outcome],
        problems=_counted(troubled, "problem"),
        **counts,
    )


def _counted(rows: QuerySet[Judgement], name: str) -> list[tuple[str, int]]:
    found = rows.order_by().values_list(name).annotate(number=Count("pk"))
    return sorted(found, key=lambda row: (-row[1], row[0]))


@dataclass(frozen=True)
class OpenJudgements:
    """What one judge still owes: how many waiting or in work, and how many failed."""

    judge: str
    unfinished: int
    failed: int


def open_judgements(study: Study) -> list[OpenJudgements]:
    """Return what is not judged, by judge; a judge that owes nothing is left out."""
    rows = judges_of(study).annotate(
        unfinished=Count("judgements", filter=Q(judgements__state__in=UNFINISHED)),
        failed=Count("judgements", filter=Q(judgements__state=Judgement.State.FAILED)),
    )
    return [
        OpenJudgements(judge.name, judge.unfinished, judge.failed)
        for judge in rows
        if judge.unfinished or judge.failed
    ]
