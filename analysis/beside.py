"""What stands beside the primary test of one contrast and never decides."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.differences import Differences, block_table
from analysis.estimate import Interval
from analysis.paired.lattice import common_denominator, to_lattice
from analysis.paired.location import hodges_lehmann, sign_test
from analysis.paired.signed_rank import ExactTest, sign_flip, signed_rank
from analysis.plan import Plan
from analysis.resampling.cluster import bootstrap_mean
from analysis.sensitivities.panel import ENGINE_FIXED, block_means, t_over_blocks

Record = dict[str, Any]
SUPPRESSED = "fewer differences than the plan shows"


def limits(interval: Interval | None, confidence: float) -> Record | None:
    """An interval as a record with its confidence."""
    return None if interval is None else {"confidence": confidence, "low": interval[0], "high": interval[1]}


def _panel_only(differences: Differences, blocks: NDArray[np.str_], plan: Plan) -> Record:
    """One-sample t over blocks with the raters fixed: it speaks of this panel of raters only."""
    means = block_means(differences, blocks)
    # The margin does not enter what is reported of this test.
    test = t_over_blocks(means, ENGINE_FIXED, margin=1.0, confidence=plan.confidence)
    return {
        "reason": test.reason,
        "blocks": len(means),
        "estimate": test.estimate,
        "se": test.se,
        "df": test.df,
        "interval": limits(test.interval, plan.confidence),
    }


def _signed_rank(per_vignette: pd.DataFrame, plan: Plan) -> Record:
    denominator = common_denominator(per_vignette["n"])
    steps = to_lattice(per_vignette["difference"], denominator)
    location = hodges_lehmann(steps, denominator, plan.confidence)
    absent = ExactTest(0.0, 0.0, reason="not in the plan")
    return {
        "unit": "vignette",
        "n": len(steps),
        "pratt": vars(signed_rank(steps, "pratt") if "pratt" in plan.signed_rank_zeros else absent),
        "wilcoxon": vars(signed_rank(steps, "wilcoxon") if "wilcoxon" in plan.signed_rank_zeros else absent),
        "sign_flip": vars(sign_flip(steps, denominator)),
        "sign": vars(sign_test(steps, plan.confidence)),
        "hodges_lehmann": {
            "estimate": location.estimate,
            "interval": limits(location.interval, plan.confidence),
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


def _per_resident(differences: Differences, least: int) -> list[Record]:
    """Each resident's own mean difference; a mean of few differences would speak of one answer."""
    records = []
    for name in np.unique(differences.second):
        own = differences.second == name
        n = int(own.sum())
        shown = n >= least
        records.append(
            {
                "resident": str(name),
                "n": n,
                "vignettes": len(np.unique(differences.vignette[own])),
                "mean": float(differences.value[own].mean()) if shown else None,
                "reason": "" if shown else SUPPRESSED,
            }
        )
    return records


def beside(differences: Differences, blocks: str, plan: Plan) -> Record:
    """Means, zero share, and every test and interval that never decides.

    Parameters
    ----------
    differences : Differences
        Not empty.
    blocks : {"second", "vignette"}
    plan : Plan
    """
    labels = differences.second if blocks == "second" else differences.vignette
    table = block_table(differences, labels)
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
        "panel_only": _panel_only(differences, labels, plan),
        "bootstrap": {
            "se": boot.se,
            "interval": limits(boot.interval, plan.confidence),
            "draws": boot.draws,
        },
        "signed_rank": _signed_rank(vignettes, plan),
        "raters": _per_rater(differences),
        "residents": (
            _per_resident(differences, plan.minimums.differences_per_resident) if blocks == "second" else []
        ),
        "vignettes": vignettes.to_dict("records"),
    }


def empty_beside() -> Record:
    """The same keys where there is no difference at all."""
    nothing = dict.fromkeys(("means", "zero_share", "panel_only", "bootstrap", "signed_rank"))
    return {**nothing, "raters": [], "residents": [], "vignettes": []}
