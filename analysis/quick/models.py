"""Both models of all scores of each dimension, which stand beside the tests and never decide."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from analysis.estimate import MeanTest
from analysis.mixed.linear import LinearMixedFit
from analysis.ordinal.mixed import CumulativeLinkMixedFit
from analysis.quick import options as setting
from analysis.quick.comparison import limits, two_sided_p
from analysis.quick.designs import Design, design_of
from analysis.quick.engine import level_limit
from analysis.quick.linear import fit_scores, linear_contrasts
from analysis.quick.options import Options
from analysis.quick.ordinal import WALD, fit_categories, high_cut, ordinal_record
from analysis.quick.pairs import Pair, pairs_of
from analysis.quick.ratings import Arm, Ratings

Record = dict[str, Any]
WHAT_THEY_ARE = (
    "Beside the tests and never deciding: a linear mixed model with Kenward-Roger (Satterthwaite above 5,000 "
    f"rows) and a cumulative link mixed model ({WALD}) of all scores of a dimension."
)


def _linear_record(test: MeanTest, note: str) -> Record:
    return {
        "engine": test.engine,
        "estimate": test.estimate,
        "se": test.se,
        "df": test.df,
        "interval": limits(test.interval, setting.CONFIDENCE),
        "p": two_sided_p(test),
        "note": note,
        "reason": test.reason,
    }


def _fit_record(
    design: Design,
    linear: LinearMixedFit | None,
    ordinal: CumulativeLinkMixedFit | None,
    reasons: Sequence[str],
) -> Record:
    return {
        "rows": len(design.score),
        "random_effects": list(design.codes),
        "linear": {
            "reason": reasons[0],
            "variances": linear.variances if linear else {},
            "singular": list(linear.singular) if linear else [],
        },
        "ordinal": {
            "reason": reasons[1],
            "sd": ordinal.sd if ordinal else {},
            "singular": list(ordinal.singular) if ordinal else [],
            "flags": list(ordinal.convergence.flags) if ordinal else [],
            "approximation": ordinal.approximation if ordinal else "",
            "inference": WALD,
        },
    }


def _group_record(
    rows: pd.DataFrame, arms: Sequence[Arm], pairs: Sequence[Pair], fits: int, options: Options
) -> tuple[Record, list[Record]]:
    """Both fits of some arms, and the contrasts of the pairs among them."""
    design = design_of(rows, arms, options)
    linear, why_not_linear = fit_scores(design, level_limit(fits))
    ordinal, why_not_ordinal = fit_categories(design, fits, options)
    tests = linear_contrasts(design, linear, why_not_linear, pairs, options)
    contrasts = [
        {
            "title": pair.title,
            "linear": _linear_record(*tests[pair.title]),
            "ordinal": ordinal_record(ordinal, why_not_ordinal, design, pair, options),
        }
        for pair in pairs
    ]
    return _fit_record(design, linear, ordinal, (why_not_linear, why_not_ordinal)), contrasts


def model_records(ratings: Ratings, options: Options) -> list[Record]:
    """Both models of each dimension with all contrasts of arms.

    All arms share a model. With differences as scores each arm has its own, because its mean is tested.
    """
    pairs = pairs_of(ratings, options)
    groups: list[tuple[Sequence[Arm], list[Pair]]] = [(ratings.arms, pairs)]
    if options.paired:
        groups = [([pair.first], [pair]) for pair in pairs]
    fits = len(groups) * len(ratings.dimensions)
    records = []
    for dimension in ratings.dimensions:
        rows = ratings.frame[ratings.frame["dimension"] == dimension]
        made = [_group_record(rows, arms, own, fits, options) for arms, own in groups]
        contrasts = [contrast for _, found in made for contrast in found]
        record = {"dimension": dimension, "fits": [fit for fit, _ in made], "contrasts": contrasts}
        records.append({**record, "cut": high_cut(options)})
    return records


def model_sentences(models: Sequence[Record]) -> list[str]:
    """What the models are, what could not be fitted, and what was estimated at 0, with the dimensions."""
    remarks: dict[str, list[str]] = {}
    for model in models:
        for fit in model["fits"]:
            for kind in ("linear", "ordinal"):
                remark = _remark(fit[kind], kind)
                if remark:
                    remarks.setdefault(remark, []).append(model["dimension"])
    return [WHAT_THEY_ARE, *[f"{remark} ({', '.join(where)})." for remark, where in remarks.items()]]


def _remark(part: Record, kind: str) -> str:
    if part["reason"]:
        return f"{kind} model not estimable, because {part['reason']}"
    if part["singular"]:
        effects = ", ".join(part["singular"])
        return f"{kind} model: {effects} estimated at 0, which is not evidence that there is none"
    return ""
