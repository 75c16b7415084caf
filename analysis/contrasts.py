"""Everything that the report says about one contrast on one dimension."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.bootstrap import bootstrap_mean
from analysis.canonical import p_text
from analysis.dataset import Arm, Dataset
from analysis.decision import NO_CLAIM, NOT_ADJUSTED, describe, design_faults, interval_word
from analysis.differences import Differences, block_table, mean_test, paired_differences
from analysis.estimate import Interval, MeanTest, t_interval
from analysis.lattice import common_denominator, to_lattice
from analysis.plan import Plan
from analysis.primary import NARROW_CONFIDENCE
from analysis.schema import DIMENSION_LABELS
from analysis.signed_rank import hodges_lehmann, sign_flip, sign_test, signed_rank

Record = dict[str, Any]
SINGULAR_NOTE = "estimated at 0, which is not evidence that there is no such variation"


@dataclass(frozen=True)
class Contrast:
    """Two sides whose difference is estimated.

    Attributes
    ----------
    first, second : tuple of Arm
        Arms of either side; the second side holds the residents of one level.
    level : str
        Resident level, empty for a pair of arm codes.
    first_responders, second_responders : tuple of str
    blocks : {"second", "vignette"}
    """

    first: tuple[Arm, ...]
    second: tuple[Arm, ...]
    level: str
    first_responders: tuple[str, ...]
    second_responders: tuple[str, ...]
    blocks: str = "second"


def _responders(dataset: Dataset, arms: Sequence[Arm]) -> tuple[str, ...]:
    table = dataset.responders
    return tuple(table.loc[table["arm"].isin([arm.code for arm in arms]), "responder"])


def plan_contrast(dataset: Dataset, model: str, level: str) -> Contrast:
    """The contrast of one model of the plan with the residents of one level; a side may be empty."""
    first = tuple(arm for arm in dataset.arms if arm.kind == "model" and arm.name == model)
    second = tuple(arm for arm in dataset.arms if arm.kind == "resident" and arm.level == level)
    return Contrast(first, second, level, _responders(dataset, first), _responders(dataset, second))


def code_contrasts(dataset: Dataset) -> list[Contrast]:
    """All pairs of arm codes; the arm with more responders is the second side and gives the blocks."""
    contrasts = []
    for i, a in enumerate(dataset.arms):
        for b in dataset.arms[i + 1 :]:
            first, second = sorted((a, b), key=lambda arm: (len(_responders(dataset, [arm])), arm.code))
            one, other = _responders(dataset, [first]), _responders(dataset, [second])
            blocks = "vignette" if len(other) == 1 else "second"
            contrasts.append(Contrast((first,), (second,), "", one, other, blocks))
    return contrasts


def _limits(interval: Interval | None, confidence: float) -> Record | None:
    return None if interval is None else {"confidence": confidence, "low": interval[0], "high": interval[1]}


def _test_record(test: MeanTest, confidence: float) -> Record:
    p_values = {"superior": test.p_superior, "noninferior": test.p_noninferior, "upper": test.p_upper}
    return {
        "engine": test.engine,
        "estimable": test.estimable,
        "reason": test.reason,
        "estimate": test.estimate,
        "se": test.se,
        "df": test.df,
        "interval": _limits(test.interval, confidence),
        "narrow_interval": _limits(test.narrow_interval, NARROW_CONFIDENCE),
        "p": p_values,
        "p_text": {name: p_text(p) for name, p in p_values.items()},
        "components": test.components,
        "rater_share": test.rater_share,
        "singular": dict.fromkeys(test.singular, SINGULAR_NOTE),
    }


def _median_raters(differences: Differences) -> float:
    pairs = np.stack([differences.vignette, differences.first, differences.second], axis=1)
    return float(np.median(np.unique(pairs, axis=0, return_counts=True)[1])) if len(pairs) else 0.0


def _counts(differences: Differences) -> Record:
    return {
        "differences": len(differences),
        "vignettes": len(np.unique(differences.vignette)),
        "first_responders": len(np.unique(differences.first)),
        "second_responders": len(np.unique(differences.second)),
        "raters": len(np.unique(differences.rater)),
        "raters_per_response": _median_raters(differences),
        "imputed_first": int(differences.first_imputed.sum()),
        "imputed_second": int(differences.second_imputed.sum()),
    }


def _panel_only(differences: Differences, blocks: NDArray[np.str_], confidence: float) -> Record:
    """One-sample t over blocks with the raters fixed: it speaks of this panel of raters only."""
    table = block_table(differences, blocks)
    means = table.sums.sum(axis=1) / table.counts.sum(axis=1)
    n = len(means)
    if n < 2 or np.ptp(means) < 1e-12:
        return {"reason": "fewer than 2 blocks" if n < 2 else "all block means are equal", "blocks": n}
    se = float(means.std(ddof=1) / np.sqrt(n))
    low, high = t_interval(means.mean(), se, n - 1, confidence)
    limits = _limits((float(low), float(high)), confidence)
    return {
        "reason": "",
        "blocks": n,
        "estimate": float(means.mean()),
        "se": se,
        "df": n - 1,
        "interval": limits,
    }


def _signed_rank_record(per_vignette: pd.DataFrame, confidence: float) -> Record:
    denominator = common_denominator(per_vignette["n"])
    steps = to_lattice(per_vignette["difference"], denominator)
    location = hodges_lehmann(steps, denominator, confidence)
    return {
        "unit": "vignette",
        "n": len(steps),
        "pratt": vars(signed_rank(steps, "pratt")),
        "wilcoxon": vars(signed_rank(steps, "wilcoxon")),
        "sign_flip": vars(sign_flip(steps, denominator)),
        "sign": vars(sign_test(steps, confidence)),
        "hodges_lehmann": {
            "estimate": location.estimate,
            "interval": _limits(location.interval, confidence),
            "coverage": location.coverage,
        },
    }


def _per_vignette(differences: Differences) -> pd.DataFrame:
    """Mean scores and mean difference by vignette, with the number of differences behind each."""
    frame = pd.DataFrame(
        {
            "vignette": differences.vignette,
            "first": differences.first_score,
            "second": differences.second_score,
            "difference": differences.value,
        }
    )
    grouped = frame.groupby("vignette", sort=True)
    return grouped.mean().assign(n=grouped.size()).reset_index()


def _per_rater(differences: Differences) -> list[Record]:
    frame = pd.DataFrame({"rater": differences.rater, "d": differences.value})
    grouped = frame.groupby("rater", sort=True)["d"]
    return [{"rater": str(name), "n": len(group), "mean": float(group.mean())} for name, group in grouped]


def _beside(differences: Differences, contrast: Contrast, plan: Plan) -> Record:
    """What stands beside the primary test and never decides."""
    blocks = differences.second if contrast.blocks == "second" else differences.vignette
    table = block_table(differences, blocks)
    boot = bootstrap_mean(
        table.sums, table.counts, plan.bootstrap.draws, plan.bootstrap.seed, plan.confidence
    )
    vignettes = _per_vignette(differences)
    return {
        "means": {
            "first": float(differences.first_score.mean()),
            "second": float(differences.second_score.mean()),
        },
        "zero_share": float((differences.value == 0).mean()),
        "panel_only": _panel_only(differences, blocks, plan.confidence),
        "bootstrap": {
            "se": boot.se,
            "interval": _limits(boot.interval, plan.confidence),
            "draws": boot.draws,
        },
        "signed_rank": _signed_rank_record(vignettes, plan.confidence),
        "raters": _per_rater(differences),
        "vignettes": vignettes.to_dict("records"),
    }


def _empty_beside() -> Record:
    nothing = dict.fromkeys(("means", "zero_share", "panel_only", "bootstrap", "signed_rank"))
    return {**nothing, "raters": [], "vignettes": []}


def _word(test: MeanTest, faults: Sequence[str], margin: float, plan: Plan) -> str:
    if faults:
        return f"{NO_CLAIM}: {'; '.join(faults)}"
    return describe(interval_word(test, margin=margin, equivalence_alpha=plan.equivalence_alpha), margin)


def contrast_faults(contrast: Contrast, differences: Differences, plan: Plan) -> list[str]:
    """Why this contrast may carry no claim word: an absent arm, or a design below the plan's minimums."""
    absent = [side for side, arms in (("model", contrast.first), ("residents", contrast.second)) if not arms]
    if absent:
        return [f"the dataset has no arm for the {name}" for name in absent]
    counts = _counts(differences)
    # A resident who gave nothing enters the mean by imputation but shows nothing of residents of the level.
    heard = differences.second[~differences.second_imputed]
    return design_faults(
        plan,
        raters=counts["raters"],
        raters_per_response=counts["raters_per_response"],
        residents=len(np.unique(heard)),
        level=contrast.level,
    )


def contrast_record(
    contrast: Contrast, scores: pd.DataFrame, dimension: str, plan: Plan, study_faults: Sequence[str] = ()
) -> tuple[Record, MeanTest]:
    """The record of one contrast on one dimension, and its test.

    Parameters
    ----------
    contrast : Contrast
    scores : DataFrame
        From `analysis.differences.primary_scores`, all dimensions.
    dimension : str
    plan : Plan
    study_faults : sequence of str
        Faults of the whole study, which forbid every claim word.

    Returns
    -------
    record : dict
        Form in `analysis.run`; a contrast without a resident level (arm codes) has no claim word.
    test : MeanTest
    """
    rows = scores[scores["dimension"] == dimension]
    differences = paired_differences(rows, contrast.first_responders, contrast.second_responders)
    margin = plan.margins[dimension]
    test = mean_test(differences, margin=margin, confidence=plan.confidence, blocks=contrast.blocks)
    record: Record = {
        "dimension": dimension,
        "dimension_label": DIMENSION_LABELS[dimension],
        "margin": margin,
        "first": [arm.code for arm in contrast.first],
        "second": [arm.code for arm in contrast.second],
        "n": _counts(differences),
        **_test_record(test, plan.confidence),
        **(_beside(differences, contrast, plan) if len(differences) else _empty_beside()),
    }
    if contrast.level:
        faults = [*study_faults, *contrast_faults(contrast, differences, plan)]
        record["faults"] = faults
        record["word"] = _word(test, faults, margin, plan)
        record["role"] = NOT_ADJUSTED
    return record, test
