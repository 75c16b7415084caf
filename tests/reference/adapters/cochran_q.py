"""Answers for yes/no outcomes of several treatments on the same blocks."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

from analysis.categorical.blocks import PairedP
from analysis.categorical.cochran import cochran_q, mcnemar_pairs
from tests.reference.cases import Case

REASONS: dict[str, str] = {}
DRAWS = 999_999


def treatments(table: pd.DataFrame) -> pd.DataFrame:
    """The columns that hold outcomes or scores, without the one that names the block."""
    return table.iloc[:, 1:]


def pair_records(
    pairs: Sequence[PairedP], names: Sequence[str], fields: Mapping[str, str], *, by_row: bool = True
) -> list[dict[str, Any]]:
    """Pairs as records; `fields` maps the record's name to the attribute.

    By row: 1-2, 1-3, 2-3 for the first treatment first; otherwise by column of the lower triangle.
    """
    order = pairs if by_row else sorted(pairs, key=lambda pair: (pair.second, pair.first))
    return [
        {
            "pair": f"{names[pair.first]}-{names[pair.second]}",
            **{name: getattr(pair, attribute) for name, attribute in fields.items()},
        }
        for pair in order
    ]


def cochran_record(outcomes: pd.DataFrame) -> dict[str, Any]:
    """Blocks, statistic, degrees of freedom and p-value of a table of outcomes, one column per treatment."""
    test = cochran_q(outcomes.to_numpy(float))
    return {"n": test.n, "Q": test.q, "df": test.df, "p": test.p}


def answers(case: Case) -> dict[str, Callable[[], Any]]:
    """A thunk per key of the area."""
    outcomes = treatments(case.table)
    values, names = outcomes.to_numpy(float), list(outcomes.columns)

    @cache
    def test() -> Any:
        return cochran_q(values)

    def permuted() -> Any:
        return cochran_q(values, draws=DRAWS, rng=np.random.default_rng(1)).p_permutation

    return {
        "undefined": lambda: bool(test().reason),
        "Q": lambda: test().q,
        "df": lambda: test().df,
        "p": lambda: test().p,
        "n": lambda: test().n,
        "permutation.p_mc": permuted,
        "posthoc.mcnemar_exact_holm": lambda: pair_records(
            mcnemar_pairs(values), names, {"p": "p", "p_holm": "p_adjusted"}
        ),
    }
