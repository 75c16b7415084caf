"""Answers for scores of several treatments on the same blocks."""

from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
import pandas as pd

from analysis.categorical.blocks import PairedP
from analysis.categorical.friedman import (
    conover,
    exact_rank_sum_difference,
    friedman,
    nemenyi,
    signed_rank_pairs,
)
from tests.reference.adapters.cochran_q import pair_records, treatments
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
DRAWS = 999_999
FIELDS = {
    "n_blocks": "n",
    "mean_ranks": "mean_ranks",
    "rank_sums": "rank_sums",
    "chi2": "chi2",
    "df": "df",
    "p": "p",
    "iman_davenport.F": "f",
    "iman_davenport.p": "f_p",
    "kendalls_W": "kendall_w",
    "undefined": "reason",
}
PAIRS: dict[str, Callable[..., tuple[PairedP, ...]]] = {
    "nemenyi.p": nemenyi,
    "conover.none.p": partial(conover, adjustment="none"),
    "conover.holm.p": partial(conover, adjustment="holm"),
    "conover.single_step.p": partial(conover, adjustment="single-step"),
    "exact_ranksum_diff.p": exact_rank_sum_difference,
}


def friedman_record(scores: pd.DataFrame) -> dict[str, Any]:
    """Complete blocks, mean ranks by name, statistic, p-value and W; one column of scores per treatment."""
    test = friedman(scores.to_numpy(float))
    return {
        "n_blocks": test.n,
        "mean_ranks": dict(zip(scores.columns, test.mean_ranks, strict=True)),
        "chi2": test.chi2,
        "df": test.df,
        "p": test.p,
        "kendall_W": test.kendall_w,
    }


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """A thunk per key of the area."""
    scores = treatments(case.table)
    values, names = scores.to_numpy(float), list(scores.columns)

    @cache
    def test() -> Any:
        return friedman(values)

    def permuted() -> Any:
        return friedman(values, draws=DRAWS, rng=np.random.default_rng(1)).p_permutation

    def compared(key: str) -> Any:
        return pair_records(PAIRS[key](values), names, {"p": "p_adjusted"}, by_row=False)

    found: dict[str, Callable[[], Any]] = {
        key: partial(lambda name: getattr(test(), name), name) for key, name in FIELDS.items()
    }
    found |= {key: partial(compared, key) for key in PAIRS}
    found["permutation.p_mc"] = permuted
    found["pairwise_wilcoxon_exact_holm"] = lambda: pair_records(
        signed_rank_pairs(values), names, {"p": "p", "p_holm": "p_adjusted"}
    )
    return found
