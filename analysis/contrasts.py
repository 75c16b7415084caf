"""Everything that the report says about one contrast on one dimension."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.beside import beside, empty_beside, limits
from analysis.canonical import p_text
from analysis.dataset import Arm, Dataset
from analysis.decision import NO_CLAIM, NOT_ADJUSTED, describe, design_faults, interval_word
from analysis.differences import Differences, mean_test, paired_differences
from analysis.estimate import MeanTest
from analysis.plan import Plan
from analysis.primary import NARROW_CONFIDENCE
from analysis.schema import DIMENSION_LABELS

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


@dataclass(frozen=True)
class Compared:
    """One contrast on one dimension: its record, its test, the differences behind it and its faults."""

    record: Record
    test: MeanTest
    differences: Differences
    faults: tuple[str, ...]


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


def _test_record(test: MeanTest, confidence: float) -> Record:
    p_values = {"superior": test.p_superior, "noninferior": test.p_noninferior, "upper": test.p_upper}
    return {
        "engine": test.engine,
        "estimable": test.estimable,
        "reason": test.reason,
        "estimate": test.estimate,
        "se": test.se,
        "df": test.df,
        "interval": limits(test.interval, confidence),
        "narrow_interval": limits(test.narrow_interval, NARROW_CONFIDENCE),
        "p": p_values,
        "p_text": {name: p_text(p) for name, p in p_values.items()},
        "components": test.components,
        "rater_share": test.rater_share,
        "singular": dict.fromkeys(test.singular, SINGULAR_NOTE),
    }


def _median_raters(differences: Differences) -> float:
    """Median number of raters per pair of responses; differences come sorted, so pairs stand together."""
    if not len(differences):
        return 0.0
    keys = (differences.second, differences.vignette, differences.first)
    starts = np.any([key[1:] != key[:-1] for key in keys], axis=0)
    ends = np.append(np.flatnonzero(starts) + 1, len(differences))
    return float(np.median(np.diff(ends, prepend=0)))


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


def contrast_faults(contrast: Contrast, differences: Differences, plan: Plan) -> list[str]:
    """Why this contrast may carry no claim word: an absent arm, or a design below the plan's minimums."""
    absent = [side for side, arms in (("model", contrast.first), ("residents", contrast.second)) if not arms]
    if absent:
        return [f"the dataset has no arm for the {name}" for name in absent]
    # A resident who gave nothing enters the mean by imputation but shows nothing of residents of the level.
    heard = differences.second[~differences.second_imputed]
    return design_faults(
        plan,
        raters=len(np.unique(differences.rater)),
        raters_per_response=_median_raters(differences),
        residents=len(np.unique(heard)),
        level=contrast.level,
    )


def contrast_record(
    contrast: Contrast, scores: pd.DataFrame, dimension: str, plan: Plan, study_faults: Sequence[str] = ()
) -> Compared:
    """One contrast on one dimension.

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
    Compared
        Its record has the form in `analysis.run`; a contrast without a resident level (arm codes) has no
        claim word.
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
        **(beside(differences, contrast.blocks, plan) if len(differences) else empty_beside()),
    }
    if not contrast.level:
        return Compared(record, test, differences, ())
    faults = (*study_faults, *contrast_faults(contrast, differences, plan))
    word = f"{NO_CLAIM}: {'; '.join(faults)}" if faults else ""
    word = word or interval_word(test, margin=margin, equivalence_alpha=plan.equivalence_alpha)
    record |= {
        "faults": list(faults),
        "unadjusted": word,
        "word": describe(word, margin),
        "role": NOT_ADJUSTED,
    }
    return Compared(record, test, differences, faults)
