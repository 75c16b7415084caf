"""Reads of the judges for the freeze: what each one is, and what became of every judgement that is done."""

from typing import Any

from study.datasets.inputs import JudgedItem, JudgeFacts
from study.engines.text import canonical_json
from study.judging.models import Judge, Judgement, JudgementAttempt
from study.judging.queries import progress_of
from study.protocol.models import Study
from study.protocol.records import NO_PROFILE

_TOLD = ("engine", "engine_version", "model", "revision", "simulated", "environment")


def started_judges(study: Study) -> list[Judge]:
    """Return the judges that were asked at all, by name."""
    return list(Judge.objects.filter(study=study, judgements__isnull=False).distinct().order_by("name"))


def judge_facts(study: Study) -> dict[str, JudgeFacts]:
    """Return what judges.csv says of each judge, by its name."""
    return {
        judge.name: JudgeFacts(
            model=judge.model,
            family=judge.profile["family"],
            profile=_profile(judge),
            engine=judge.engine,
            revision=judge.revision,
        )
        for judge in started_judges(study)
    }


def _profile(judge: Judge) -> str:
    name, version = judge.profile["name"], judge.profile["version"]
    return f"{name} {version}" if name != NO_PROFILE["name"] else name


def judged_items(study: Study) -> tuple[JudgedItem, ...]:
    """Return the judgements that are done; one that is waiting, in work or failed has no row."""
    rows = Judgement.objects.filter(judge__study=study, state=Judgement.State.DONE)
    return tuple(
        JudgedItem(
            item=row.item_id,
            judge=row.judge.name,
            outcome=row.outcome,
            scores={score.dimension: score.value for score in row.scores.all()},
        )
        for row in rows.select_related("judge").prefetch_related("scores").order_by("pk")
    )


def judge_entries(study: Study) -> list[dict[str, Any]]:
    """Return what the manifest says of each judge: how it was asked, with what, and what stayed open."""
    return [_entry(judge) for judge in started_judges(study)]


def _entry(judge: Judge) -> dict[str, Any]:
    told = JudgementAttempt.objects.filter(judgement__judge=judge).values(*_TOLD)
    recorded = {canonical_json(each): each for each in told}
    progress = progress_of(judge)
    return {
        "judge": judge.name,
        "profile": judge.profile,
        "prompt_version": judge.prompt_version,
        "system_prompt": judge.system_prompt,
        "sampling": judge.sampling,
        "max_attempts": judge.max_attempts,
        "seed": judge.seed,
        "recorded": [recorded[text] for text in sorted(recorded)],
        "done": progress.done,
        "unfinished": progress.queued + progress.running,
        "failed": progress.failed,
    }
