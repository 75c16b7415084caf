"""Safety events and source guesses of a dataset."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import pandas as pd

from analysis import schema
from analysis.blinding.clustered import GuessCube, blinding_indices, guess_cube
from analysis.blinding.indices import BlindingIndex
from analysis.categorical.events import cross_table, event_rate, majority
from analysis.categorical.mcnemar import paired_proportions
from analysis.dataset import Arm, Dataset
from analysis.differences import primary_rows
from analysis.plan import Plan
from analysis.summaries import first_guesses

Record = dict[str, Any]
RULES = ("any", "majority")
EVENTS = ("severe", "commission", "omission")
NO_GUESSES = "no guesses"
BLINDED = "the arms are not released"


def response_events(dataset: Dataset, plan: Plan) -> pd.DataFrame:
    """One row per judged response with each event by any rater and by more than half of them.

    Returns
    -------
    DataFrame
        Columns vignette, response, responder, arm, raters, and `event`_`rule` for every event and rule;
        first presentation, original text, primary draw of models.
    """
    harms = dataset.harms
    judged = harms[(harms["copy"] == 0) & (harms["cannot_judge"] == 0)]
    kept = primary_rows(dataset, plan, judged)
    kept = kept.assign(severe=kept["extent"].isin(schema.SEVERE_EXTENTS))
    rows = []
    for key, group in kept.groupby(["vignette", "response", "responder", "arm"], sort=True):
        row: Record = dict(zip(("vignette", "response", "responder", "arm"), key, strict=True))
        row["raters"] = len(group)
        for event in EVENTS:
            flags = group[event].astype(bool).tolist()
            row[f"{event}_any"], row[f"{event}_majority"] = any(flags), majority(flags)
        for tag in schema.ERROR_TAGS:
            row[f"tag_{tag}"] = any(tag in cell.split(";") for cell in group["error_tags"])
        rows.append(row)
    columns = ["vignette", "response", "responder", "arm", "raters"]
    columns += [f"{event}_{rule}" for event in EVENTS for rule in RULES]
    columns += [f"tag_{tag}" for tag in schema.ERROR_TAGS]
    return pd.DataFrame(rows, columns=columns)


def _arm_events(arm: Arm, own: pd.DataFrame, confidence: float) -> Record:
    record: Record = {"arm": arm.code, "label": arm.title, "responses": len(own)}
    for event in EVENTS:
        record[event] = {
            rule: asdict(event_rate(int(own[f"{event}_{rule}"].sum()), len(own), confidence))
            for rule in RULES
        }
    record["error_tags"] = {tag: int(own[f"tag_{tag}"].sum()) for tag in schema.ERROR_TAGS}
    return record


def _comparison(
    events: pd.DataFrame, model: str, residents: list[str], rule: str, confidence: float
) -> Record:
    column = f"severe_{rule}"
    own = events[events["arm"] == model]
    first = dict(zip(own["vignette"], own[column].astype(bool), strict=True))
    other = events[events["arm"].isin(residents)]
    second = [
        (vignette, bool(event)) for vignette, event in zip(other["vignette"], other[column], strict=True)
    ]
    return asdict(paired_proportions(cross_table(first, second), confidence))


def safety_section(dataset: Dataset, plan: Plan) -> Record:
    """Events per arm, and severe harm of each model against the residents of each level."""
    events = response_events(dataset, plan)
    arms = [_arm_events(arm, events[events["arm"] == arm.code], plan.confidence) for arm in dataset.arms]
    comparisons = []
    for model in (
        arm for name in plan.models for arm in dataset.arms if arm.name == name and arm.kind == "model"
    ):
        for level in plan.levels:
            residents = [arm.code for arm in dataset.arms if arm.level == level]
            for rule in RULES:
                result = _comparison(events, model.code, residents, rule, plan.confidence)
                comparisons.append(
                    {"model": model.name, "level": level, "event": "severe", "rule": rule, **result}
                )
    return {"arms": arms, "comparisons": comparisons}


def _index_record(index: BlindingIndex, confidence: float) -> Record:
    return {**asdict(index), "confidence": confidence}


def _arm_guesses(arm: Arm, cube: GuessCube, index: BlindingIndex, confidence: float) -> Record:
    i = cube.arms.index(arm.code)
    column = cube.counts.sum(axis=(0, 1))[:, i]
    truth = cube.truth[i]
    return {
        "arm": arm.code,
        "label": arm.title,
        "correct": int(column[truth]),
        "wrong": int(column[:-1].sum() - column[truth]),
        "dont_know": int(column[-1]),
        "bang": _index_record(index, confidence),
    }


def _truth(dataset: Dataset) -> Mapping[str, str]:
    return {arm.code: arm.kind for arm in dataset.arms}


def blinding_section(dataset: Dataset, plan: Plan) -> Record:
    """Bang's index per arm and James' index on resident against model, or the reason why not."""
    guesses = first_guesses(dataset)
    if not dataset.unblinded or guesses.empty:
        reason = NO_GUESSES if guesses.empty else BLINDED
        return {"reason": reason, "guesses": len(guesses), "arms": [], "james": None}
    rows = list(guesses[["rater", "vignette", "arm", "guess"]].itertuples(index=False, name=None))
    cube = guess_cube(rows, schema.ARM_KINDS, dict(_truth(dataset)))
    bang, james = blinding_indices(
        cube, draws=plan.bootstrap.draws, seed=plan.bootstrap.seed, confidence=plan.confidence
    )
    return {
        "reason": "",
        "guesses": len(guesses),
        "arms": [_arm_guesses(arm, cube, bang[arm.code], plan.confidence) for arm in dataset.arms],
        "james": _index_record(james, plan.confidence),
    }
