"""Variants and judges added to a simulated study, as frames and as a dataset folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from analysis import schema
from analysis.plan import Plan, Robustness, default_plan
from tests.analysis.simulate import Frames, Study, default_arms, simulate_study, write_dataset

VARIANTS = ("names", "paraphrase")


@dataclass(frozen=True)
class Judge:
    """A judge: its family, how many points it lies above the clinicians, and how much it scatters."""

    name: str
    family: str = schema.UNKNOWN_FAMILY
    bias: float = 0.0
    scatter: float = 0.0
    lost: float = 0.0


def with_variants(
    frames: Frames, rng: np.random.Generator, variants: Sequence[str], *, rated: bool
) -> Frames:
    """The frames with one answer of every model to every variant, scored by raters of its own if rated."""
    found = dict(frames)
    models = frames["responders"].loc[~frames["responders"]["arm"].isin(["A", "B"]), "responder"]
    own = frames["responses"][frames["responses"]["responder"].isin(models)]
    status = "rated" if rated else "unrated"
    for place, variant in enumerate(variants):
        change = {"variant": variant, "status": status}
        names = dict(zip(own["response"], own["response"] + variant[0], strict=True))
        asked = own.assign(response=own["response"].map(names), **change)
        found["responses"] = pd.concat([found["responses"], asked])
        if rated:
            scores = frames["ratings"][frames["ratings"]["response"].isin(own["response"])]
            panel = [f"{name}{place}" for name in frames["raters"]["rater"]]
            moved = np.clip(scores["score"] + rng.integers(-1, 2, len(scores)), 1, 5)
            added = scores.assign(
                response=scores["response"].map(names),
                rater=scores["rater"] + str(place),
                variant=variant,
                score=moved,
            )
            found["ratings"] = pd.concat([found["ratings"], added])
            found["raters"] = pd.concat([found["raters"], frames["raters"].assign(rater=panel)])
    return found


def with_judges(frames: Frames, rng: np.random.Generator, judges: Sequence[Judge]) -> Frames:
    """The frames with every judge's score of every answer: the raters' mean, moved, scattered and rounded."""
    responses = frames["responses"]
    original = responses["response"].str.slice(0, 5)
    rows = []
    for judge in judges:
        for dimension in schema.DIMENSIONS:
            own = frames["ratings"][frames["ratings"]["dimension"] == dimension]
            centre = original.map(own.groupby("response")["score"].mean()).to_numpy(float)
            noise = judge.scatter * rng.standard_normal(len(centre))
            score = np.clip(np.rint(centre + judge.bias + noise), 1, 5)
            is_lost = rng.random(len(centre)) < judge.lost
            rows.append(
                responses.assign(
                    judge=judge.name,
                    dimension=dimension,
                    score=pd.Series(np.where(is_lost, np.nan, score), index=responses.index).astype("Int64"),
                    outcome=np.where(is_lost, "unparsed", "scored"),
                )
            )
    told = {"model": "m", "profile": "p 1", "engine": "scripted", "revision": ""}
    table = pd.DataFrame([{"judge": judge.name, "family": judge.family, **told} for judge in judges])
    return {**frames, "judges": table, "judgements": pd.concat(rows)}


def robust_plan(study: Study, robustness: Robustness) -> Plan:
    """The default plan with another part on robustness."""
    return replace(default_plan(list(study.models), simulated=True), robustness=robustness)


def instrument_folder(
    folder: Path,
    study: Study,
    judges: Sequence[Judge],
    robustness: Robustness,
    *,
    families: Mapping[str, str] | None = None,
    blinded: bool = False,
) -> Plan:
    """Write a study with variants and judges as the freeze does; returns the plan."""
    rng = np.random.default_rng(7)
    frames = simulate_study(np.random.default_rng(11), study)
    frames = with_variants(frames, rng, robustness.variants, rated=robustness.rated)
    if judges:
        frames = with_judges(frames, rng, judges)
    arms = default_arms(study, families or {})
    return write_dataset(folder, frames, study, robust_plan(study, robustness), blinded=blinded, arms=arms)
