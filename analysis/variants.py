"""Robustness of the safety verdict, and unsafe answers of each model against the baseline model.

An answer is unsafe when the median medication-safety score of its raters, or a judge's score of it, is at
most the plan's threshold. An answer that was never given or never scored has no verdict: its vignette is left
out and counted, and bounds say what the share could be if it were not.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
import pandas as pd

from analysis.categorical.events import cross_table, event_rate
from analysis.categorical.mcnemar import paired_proportions
from analysis.categorical.verdicts import split_half_agreement, unchanged_throughout, verdict_stability
from analysis.dataset import Arm, Dataset
from analysis.plan import Plan
from analysis.schema import ORIGINAL
from analysis.verdicts import (
    Source,
    Verdicts,
    plan_models,
    planned_answers,
    rater_scores,
    safety_ratings,
    sources,
    verdicts_of,
)

Record = dict[str, Any]
BLINDED = "the arms are not released"
NO_MODEL = "the dataset has no model of the plan"
NO_VARIANTS = "the plan asks for no variant"
NOT_RATED = "the plan gives variants to judges only"
NO_BASELINE = "the plan names no baseline model"
NO_OTHER = "the baseline is the only model"
NONE_UNSAFE = "no answer of either model was unsafe"
NOT_ASKED = "the dataset has no answer to this variant"
STREAM = 4


class _Study:
    """Everything that the records of one dataset share."""

    def __init__(self, dataset: Dataset, plan: Plan) -> None:
        self.plan = plan
        self.models = plan_models(dataset, plan)
        self.answers = planned_answers(dataset, plan)
        self.ratings = safety_ratings(dataset)
        self.sources = sources(dataset)
        self._found: dict[tuple[str, bool, str, str], Verdicts] = {}

    def verdicts(self, source: Source, arm: Arm, variant: str) -> Verdicts:
        """Verdicts of a source on an arm's answers to a variant, found once."""
        key = (source.name, source.is_judge, arm.code, variant)
        if key not in self._found:
            self._found[key] = verdicts_of(self.answers, arm, variant, source, self.plan)
        return self._found[key]

    def sources_of(self, variant: str) -> list[Source]:
        """Clinicians give a verdict on a variant only where the plan has them rate it."""
        rated = self.plan.robustness.rated or variant == ORIGINAL
        return [source for source in self.sources if rated or source.is_judge]


def _head(source: Source, arm: Arm) -> Record:
    return {"source": source.name, "is_judge": source.is_judge, "model": arm.name, "label": arm.title}


def _rates(study: _Study) -> list[Record]:
    """Unsafe answers of every model to the original and to each variant."""
    records = []
    for variant in (ORIGINAL, *study.plan.robustness.variants):
        for source in study.sources_of(variant):
            for arm in study.models:
                found = study.verdicts(source, arm, variant)
                rate = event_rate(sum(found.unsafe.values()), len(found.unsafe), study.plan.confidence)
                records.append(
                    {
                        **_head(source, arm),
                        "variant": variant,
                        "planned": len(found.planned),
                        "never_given": found.never_given,
                        "unjudged": found.unjudged,
                        **asdict(rate),
                    }
                )
    return records


def _stability(study: _Study, source: Source, arm: Arm, variant: str) -> Record:
    before, after = (study.verdicts(source, arm, each) for each in (ORIGINAL, variant))
    planned = before.planned | after.planned
    found = verdict_stability(before.unsafe, after.unsafe, len(planned), study.plan.confidence)
    record = {
        **_head(source, arm),
        "variant": variant,
        **asdict(found),
        "left_out": len(planned) - found.items,
    }
    if not after.planned:
        record["reason"] = NOT_ASKED
    return record


def _throughout(study: _Study, source: Source, arm: Arm) -> Record:
    variants = study.plan.robustness.variants
    after = [study.verdicts(source, arm, variant).unsafe for variant in variants]
    before = study.verdicts(source, arm, ORIGINAL).unsafe
    rate = unchanged_throughout(before, after, study.plan.confidence)
    return {
        **_head(source, arm),
        "variants": list(variants),
        "items": rate.responses,
        "unchanged": rate.events,
        "share": rate.share,
        "interval": rate.interval,
        "reason": "" if rate.responses else "no vignette has every verdict",
    }


def _yardstick(study: _Study) -> list[Record]:
    """Agreement of two halves of the original's raters, by model."""
    records = []
    for place, arm in enumerate(study.models):
        found = split_half_agreement(
            rater_scores(study.answers, study.ratings, arm),
            study.plan.robustness.unsafe_at_most,
            rng=np.random.default_rng([study.plan.bootstrap.seed, STREAM, place]),
        )
        records.append({"model": arm.name, "label": arm.title, **asdict(found)})
    return records


def _shared_raters(study: _Study) -> Record:
    """How many pairs of an answer to the original and one to a variant have a rater in common."""
    codes = [arm.code for arm in study.models]
    kept = study.ratings[study.ratings["response"].isin(study.answers["response"])]
    raters: dict[tuple[str, str, str], set[str]] = {}
    for row in kept[kept["arm"].isin(codes)].itertuples():
        raters.setdefault((str(row.vignette), str(row.arm), str(row.variant)), set()).add(str(row.rater))
    pairs = [
        bool(found & raters[vignette, arm, ORIGINAL])
        for (vignette, arm, variant), found in raters.items()
        if variant != ORIGINAL and (vignette, arm, ORIGINAL) in raters
    ]
    return {"pairs": len(pairs), "with_shared_rater": sum(pairs)}


def _robustness(study: _Study) -> Record:
    """Verdicts of the variants compared with those of the original."""
    variants = study.plan.robustness.variants
    rated = study.plan.robustness.rated
    pairs = [(source, arm) for source in study.sources if rated or source.is_judge for arm in study.models]
    nobody = "" if pairs else f"{NOT_RATED}, and no judge scored anything"
    return {
        "reason": nobody if variants else NO_VARIANTS,
        "stability": [
            _stability(study, source, arm, variant) for source, arm in pairs for variant in variants
        ],
        "throughout": [_throughout(study, source, arm) for source, arm in pairs] if variants else [],
        "yardstick": _yardstick(study) if variants and rated else [],
        "shared_raters": _shared_raters(study) if rated else None,
    }


def _against(study: _Study, source: Source, arm: Arm, baseline: Arm, variant: str) -> Record:
    own, other = (study.verdicts(source, each, variant).unsafe for each in (arm, baseline))
    table = cross_table(own, list(other.items()))
    found = paired_proportions(table, study.plan.confidence)
    both, own_only, other_only, neither = table
    record = {
        **_head(source, arm),
        "baseline": baseline.name,
        "baseline_label": baseline.title,
        "variant": variant,
        "pairs": sum(table),
        "unsafe": both + own_only,
        "unsafe_baseline": both + other_only,
        **asdict(found),
    }
    if sum(table) and sum(table) == neither:
        record["reason"] = NONE_UNSAFE
    return record


def _baseline(study: _Study) -> Record:
    """Unsafe answers of every other model, paired by vignette with those of the baseline."""
    name = study.plan.robustness.baseline
    found = [arm for arm in study.models if arm.name == name]
    others = [arm for arm in study.models if arm.name != name]
    if name is None or not found or not others:
        absent = f"the dataset has no arm for the baseline {name}"
        reason = NO_BASELINE if name is None else absent if not found else NO_OTHER
        return {"reason": reason, "comparisons": []}
    comparisons = [
        _against(study, source, arm, found[0], variant)
        for variant in (ORIGINAL, *study.plan.robustness.variants)
        for source in study.sources_of(variant)
        for arm in others
    ]
    return {"reason": "", "comparisons": comparisons}


def _absent(reason: str) -> Record:
    return {
        "rates": [],
        "robustness": {
            "reason": reason,
            "stability": [],
            "throughout": [],
            "yardstick": [],
            "shared_raters": None,
        },
        "baseline": {"reason": reason, "comparisons": []},
    }


def unplanned_variants(responses: pd.DataFrame, planned: Sequence[str]) -> list[str]:
    """Variants that the dataset has and the plan does not name."""
    return sorted(set(responses["variant"]) - {ORIGINAL, *planned})


def variants_section(dataset: Dataset, plan: Plan) -> Record:
    """Rates of unsafe answers, robustness of the verdict, and comparison with the baseline model.

    Returns
    -------
    dict
        ``asked`` (whether the plan has variants or a baseline), ``rated``, ``variants``, ``unplanned``,
        ``unsafe_at_most``, ``confidence``, ``rates``, ``robustness`` and ``baseline``, the last two each with
        a ``reason`` that is empty or says why it holds nothing. Every record names its ``source``: the
        clinicians or one judge.
    """
    wanted = plan.robustness
    head = {
        "asked": bool(wanted.variants or wanted.baseline),
        "rated": wanted.rated,
        "variants": list(wanted.variants),
        "unplanned": unplanned_variants(dataset.responses, wanted.variants),
        "unsafe_at_most": wanted.unsafe_at_most,
        "confidence": plan.confidence,
    }
    if not dataset.unblinded:
        return head | _absent(BLINDED)
    study = _Study(dataset, plan)
    if not study.models:
        return head | _absent(NO_MODEL)
    rates = _rates(study) if head["asked"] else []
    return head | {"rates": rates, "robustness": _robustness(study), "baseline": _baseline(study)}
